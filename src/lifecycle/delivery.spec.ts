import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { unacknowledgedBytes } from './delivery.js';

const PORT = 3_000; // 0BB8
const ESTABLISHED = '01';
const FIN_WAIT1 = '04';
const TIME_WAIT = '06';

const folder = mkdtempSync(join(tmpdir(), 'delivery-'));

afterAll(() => rmSync(folder, { recursive: true }));

/** A table as the kernel writes it: local and remote address, state, bytes sent and not acknowledged. */
function table(...rows: [local: string, remote: string, state: string, unacknowledged: string][]): string[] {
  const head = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode';
  const lines = rows.map(
    ([local, remote, state, bytes]) => `   0: ${local} ${remote} ${state} ${bytes}:00000000 00:00000000`,
  );
  const path = join(folder, 'tcp');
  writeFileSync(path, [head, ...lines, ''].join('\n'));
  return [path];
}

describe('the bytes that clients have not acknowledged', () => {
  it('are summed over the connections from the port, closed ones included', async () => {
    const paths = table(
      ['0100007F:0BB8', '0100007F:D431', ESTABLISHED, '00000A2B'],
      ['0100007F:0BB8', '0100007F:D432', FIN_WAIT1, '00000011'],
    );
    expect(await unacknowledgedBytes(PORT, paths)).toBe(0xa_2b + 0x11 - 1);
  });

  it('are none where only a FIN is not acknowledged: a client that vanished while idle misses nothing', async () => {
    expect(await unacknowledgedBytes(PORT, table(['0100007F:0BB8', '0100007F:D431', FIN_WAIT1, '00000001']))).toBe(0);
  });

  it('are not those of other ports, of clients of the same port elsewhere, or of what has ended', async () => {
    const paths = table(
      ['0100007F:0BB9', '0100007F:D431', ESTABLISHED, '000000FF'],
      ['0100007F:D431', '0100007F:0BB8', ESTABLISHED, '000000FF'],
      ['0100007F:0BB8', '0100007F:D433', TIME_WAIT, '00000000'],
    );
    expect(await unacknowledgedBytes(PORT, paths)).toBe(0);
  });

  it('are none where there is no such table', async () => {
    expect(await unacknowledgedBytes(PORT, [join(folder, 'absent')])).toBe(0);
  });
});
