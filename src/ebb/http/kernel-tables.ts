import { readFile } from 'node:fs/promises';

/** The kernel's tables of TCP connections, of the network namespace of this process: the pod's. */
const TABLES = ['/proc/net/tcp', '/proc/net/tcp6'];

const LISTEN = '0A';

/** A connection that nobody has answered yet has nothing of ours. */
const SYN_SENT = '02';

/**
 * FIN_WAIT1, LAST_ACK and CLOSING: the FIN counts as a byte. A client that vanished while it was idle will never acknowledge
 * it, and misses nothing.
 */
const AWAITS_ACK_OF_FIN = new Set(['04', '09', '0B']);

const NOTHING_QUEUED = ' 00000000:00000000 ';

/** Bytes of one connection that are on their way. */
export interface QueuedBytes {
  /** Local and remote address: the same as long as the connection is. */
  readonly connection: string;
  readonly bytes: number;
  /** Whether they are certainly of an answer: sent by this process, or not read yet by the proxy that asked. */
  readonly isOwn: boolean;
}

/**
 * What is still on its way to those who asked, connections included that are closed already. Empty where there is no such
 * table (not Linux).
 *
 * Behind a proxy in the pod the client of this process is the proxy, which ends as soon as this process has. Then what the proxy
 * has not read yet counts as well, and what is to be sent on connections that somebody in the pod has accepted. What somebody
 * in the pod has opened to elsewhere is no answer.
 *
 * @param port where this process listens.
 * @param paths for tests; the kernel's are {@link TABLES}.
 * @see https://docs.kernel.org/networking/proc_net_tcp.html
 */
export async function queuedBytes(port: number, isProxied: boolean, paths = TABLES): Promise<QueuedBytes[]> {
  const tables = await Promise.all(paths.map((table) => readFile(table, 'utf8').catch(() => '')));
  const rows = tables.flatMap(rowsOf);
  const accepting = new Set(rows.filter(({ state }) => state === LISTEN).map(({ local }) => portOf(local)));
  const own = port.toString(16).toUpperCase().padStart(4, '0');
  return rows.flatMap(({ local, remote, state, sent, unread }): QueuedBytes[] => {
    const connection = `${local}-${remote}`;
    if (state === LISTEN || state === SYN_SENT) {
      return [];
    }
    const bytes = sent > 0 && AWAITS_ACK_OF_FIN.has(state) ? sent - 1 : sent;
    if (portOf(local) === own) {
      return [{ connection, bytes, isOwn: true }];
    }
    if (isProxied && portOf(remote) === own) {
      return [{ connection, bytes: unread, isOwn: true }];
    }
    const isClients = isProxied && accepting.has(portOf(local)) && !isLoopback(local) && !isLoopback(remote);
    return isClients ? [{ connection, bytes, isOwn: false }] : [];
  });
}

interface Row {
  readonly local: string;
  readonly remote: string;
  readonly state: string;
  readonly sent: number;
  readonly unread: number;
}

/** A row reads `0: 0100007F:0BB8 0100007F:D431 01 00000A2B:00000000 …`: local address, remote one, state, tx:rx queue. */
function rowsOf(table: string): Row[] {
  return table.split('\n').flatMap((line) => {
    // Cheap first: a busy pod leaves tens of thousands of rows behind, nearly all of them in TIME_WAIT. Listeners are looked at
    // whatever they hold.
    if ((line.includes(NOTHING_QUEUED) && !line.includes(` ${LISTEN} `)) || !/^ *\d+: /.test(line)) {
      return [];
    }
    const [, local = '', remote = '', state = '', queues = ''] = line.trim().split(/\s+/, 5);
    const [sent = 0, unread = 0] = queues.split(':').map((bytes) => Number.parseInt(bytes, 16));
    return [{ local, remote, state, sent, unread }];
  });
}

function portOf(address: string): string {
  return address.slice(address.lastIndexOf(':') + 1);
}

/** The kernel writes an address as words of the machine's own order: 127.0.0.1 is 0100007F, and its IPv6 form ends so too. */
function isLoopback(address: string): boolean {
  const [host = ''] = address.split(':');
  return /^(?:0{16}FFFF0000)?[0-9A-F]{6}7F$/.test(host) || host === '00000000000000000000000001000000';
}
