import { readFile } from 'node:fs/promises';

/** The kernel's tables of TCP connections, of the network namespace of this process: the pod's. */
const TABLES = ['/proc/net/tcp', '/proc/net/tcp6'];

/**
 * How many bytes sent from a local port the other sides have not acknowledged yet, those of connections included that
 * this process has closed already. 0 where there is no such table (not Linux).
 *
 * An answer is out of Node's hands as soon as the kernel has taken it, up to some MB of it, and a process may exit then.
 * A pod must not: with its last container its network is taken down, and with it whatever the kernel still holds. The
 * client of a large answer would be left with a part of it, and with a connection that nobody closes.
 *
 * @param paths for tests; the kernel's are {@link TABLES}.
 * @see https://docs.kernel.org/networking/proc_net_tcp.html
 */
export async function unacknowledgedBytes(port: number, paths = TABLES): Promise<number> {
  const tables = await Promise.all(paths.map((table) => readFile(table, 'utf8').catch(() => '')));
  return tables.reduce((sum, table) => sum + bytesIn(table, port), 0);
}

/**
 * FIN_WAIT1, LAST_ACK and CLOSING: the FIN counts as a byte. A client that vanished while it was idle will never acknowledge
 * it, and misses nothing.
 */
const AWAITS_ACK_OF_FIN = new Set(['04', '09', '0B']);

/** A row reads `0: 0100007F:0BB8 0100007F:D431 01 00000A2B:00000000 …`: local address, remote one, state, tx:rx queue. */
function bytesIn(table: string, port: number): number {
  const isLocal = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  let sum = 0;
  for (const row of table.split('\n')) {
    // Cheap first: a busy pod leaves tens of thousands of rows behind, nearly all of them in TIME_WAIT.
    if (row.includes(isLocal)) {
      const [, local = '', , state = '', queues = ''] = row.trim().split(/\s+/, 5);
      const bytes = local.endsWith(isLocal) ? Number.parseInt(queues, 16) : 0;
      sum += bytes > 0 && AWAITS_ACK_OF_FIN.has(state) ? bytes - 1 : bytes;
    }
  }
  return sum;
}
