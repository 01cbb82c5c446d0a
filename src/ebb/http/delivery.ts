import { readFile } from 'node:fs/promises';

/** The kernel's tables of TCP connections, of the network namespace of this process: the pod's. */
const TABLES = ['/proc/net/tcp', '/proc/net/tcp6'];

/**
 * How many bytes of answers are still on their way to those who asked, those of connections included that are closed
 * already. 0 where there is no such table (not Linux).
 *
 * An answer is out of Node's hands as soon as the kernel has taken it, up to some MB of it, and a process may exit then.
 * A pod must not: with its last container its network is taken down, and with it whatever the kernel still holds. The
 * client of a large answer would be left with a part of it, and with a connection that nobody closes.
 *
 * Behind a proxy in the pod the client of this process is the proxy, which ends as soon as this process has. Then it counts
 * as well what the proxy has not read yet, and what anything in the pod has still to send to the outside.
 *
 * @param port where this process listens.
 * @param paths for tests; the kernel's are {@link TABLES}.
 * @see https://docs.kernel.org/networking/proc_net_tcp.html
 */
export async function bytesOnTheirWay(port: number, isProxied: boolean, paths = TABLES): Promise<number> {
  const tables = await Promise.all(paths.map((table) => readFile(table, 'utf8').catch(() => '')));
  return tables.reduce((sum, table) => sum + bytesIn(table, port, isProxied), 0);
}

/**
 * FIN_WAIT1, LAST_ACK and CLOSING: the FIN counts as a byte. A client that vanished while it was idle will never acknowledge
 * it, and misses nothing.
 */
const AWAITS_ACK_OF_FIN = new Set(['04', '09', '0B']);

const NOTHING_QUEUED = ' 00000000:00000000 ';

/** A row reads `0: 0100007F:0BB8 0100007F:D431 01 00000A2B:00000000 …`: local address, remote one, state, tx:rx queue. */
function bytesIn(table: string, port: number, isProxied: boolean): number {
  const own = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  let sum = 0;
  for (const row of table.split('\n')) {
    // Cheap first: a busy pod leaves tens of thousands of rows behind, nearly all of them in TIME_WAIT.
    if (!row.includes(NOTHING_QUEUED) && /^ *\d+: /.test(row)) {
      const [, local = '', remote = '', state = '', queues = ''] = row.trim().split(/\s+/, 5);
      const [sent = 0, unread = 0] = queues.split(':').map((bytes) => Number.parseInt(bytes, 16));
      const isOutbound = isProxied && !isLoopback(local) && !isLoopback(remote) && state !== LISTEN;
      if (local.endsWith(own) ? state !== LISTEN : isOutbound) {
        sum += sent > 0 && AWAITS_ACK_OF_FIN.has(state) ? sent - 1 : sent;
      } else if (isProxied && remote.endsWith(own)) {
        sum += unread;
      }
    }
  }
  return sum;
}

/** Its queues count connections that wait to be accepted. */
const LISTEN = '0A';

/** The kernel writes an address as words of the machine's own order: 127.0.0.1 is 0100007F, and its IPv6 form ends so too. */
function isLoopback(address: string): boolean {
  const [host = ''] = address.split(':');
  return /^(?:0{16}FFFF0000)?[0-9A-F]{6}7F$/.test(host) || host === '00000000000000000000000001000000';
}
