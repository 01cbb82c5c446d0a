import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { queuedBytes } from './kernel-tables.js';

const PORT = 3_000; // 0BB8
const ESTABLISHED = '01';
const FIN_WAIT1 = '04';
const TIME_WAIT = '06';
const SYN_SENT = '02';
const LISTEN = '0A';

/** All of them in one sum. */
async function bytesOnTheirWay(...args: Parameters<typeof queuedBytes>): Promise<number> {
  return (await queuedBytes(...args)).reduce((sum, { bytes }) => sum + bytes, 0);
}

const folder = mkdtempSync(join(tmpdir(), 'delivery-'));

afterAll(() => rmSync(folder, { recursive: true }));

/** A table as the kernel writes it: local and remote address, state, bytes sent and not acknowledged. */
function table(...rows: [local: string, remote: string, state: string, sent: string, unread?: string][]): string[] {
  const head = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode';
  const lines = rows.map(
    ([local, remote, state, sent, unread = '00000000']) =>
      `   0: ${local} ${remote} ${state} ${sent}:${unread} 00:00000000 00000000`,
  );
  const path = join(folder, 'tcp');
  writeFileSync(path, [head, ...lines, ''].join('\n'));
  return [path];
}

describe('the bytes on their way to clients', () => {
  it('are summed over the connections from the port, closed ones included', async () => {
    const paths = table(
      ['0100007F:0BB8', '0100007F:D431', ESTABLISHED, '00000A2B'],
      ['0100007F:0BB8', '0100007F:D432', FIN_WAIT1, '00000011'],
    );
    expect(await bytesOnTheirWay(PORT, false, paths)).toBe(0xa_2b + 0x11 - 1);
  });

  it('are none where only a FIN is not acknowledged: a client that vanished while idle misses nothing', async () => {
    expect(await bytesOnTheirWay(PORT, false, table(['0100007F:0BB8', '0100007F:D431', FIN_WAIT1, '00000001']))).toBe(
      0,
    );
  });

  it('are not those of other ports, of clients of the same port elsewhere, or of what has ended', async () => {
    const paths = table(
      ['0100007F:0BB9', '0100007F:D431', ESTABLISHED, '000000FF'],
      ['0100007F:D431', '0100007F:0BB8', ESTABLISHED, '000000FF'],
      ['0100007F:0BB8', '0100007F:D433', TIME_WAIT, '00000000'],
    );
    expect(await bytesOnTheirWay(PORT, false, paths)).toBe(0);
  });

  it('are also what a proxy in the pod has not read, and has still to send to the outside', async () => {
    const paths = table(
      // The service to the proxy; the proxy's side of it; the proxy to its client, who connected to port 8080.
      ['0100007F:0BB8', '0600007F:D431', ESTABLISHED, '00000001'],
      ['0600007F:D431', '0100007F:0BB8', ESTABLISHED, '00000100', '00000020'],
      ['00000000:1F90', '00000000:0000', LISTEN, '00000000'],
      ['0501F40A:1F90', '0200140A:C001', ESTABLISHED, '00000300'],
      ['0000000000000000FFFF00000501F40A:1F90', '0000000000000000FFFF00000200140A:C002', FIN_WAIT1, '00004001'],
    );
    expect(await bytesOnTheirWay(PORT, true, paths)).toBe(0x1 + 0x20 + 0x3_00 + 0x40_00);
    expect(await bytesOnTheirWay(PORT, false, paths)).toBe(0x1);
  });

  it('are not what somebody in the pod sends to elsewhere, or only tries to', async () => {
    const paths = table(
      ['00000000:1F90', '00000000:0000', LISTEN, '00000000'],
      // From ports that nobody listens on, so opened from here: a neighbour that ships logs, and a SYN that leads nowhere.
      ['0501F40A:C350', '0200140A:26AD', ESTABLISHED, '00004000'],
      ['0501F40A:C351', '0200140A:26AD', SYN_SENT, '00000001'],
    );
    expect(await bytesOnTheirWay(PORT, true, paths)).toBe(0);
  });

  it('are known to be answers where this process sends them, or a proxy has not read them', async () => {
    const paths = table(
      ['00000000:1F90', '00000000:0000', LISTEN, '00000000'],
      ['0100007F:0BB8', '0600007F:D431', ESTABLISHED, '00000001'],
      ['0600007F:D431', '0100007F:0BB8', ESTABLISHED, '00000100', '00000020'],
      ['0501F40A:1F90', '0200140A:C001', ESTABLISHED, '00000300'],
    );
    const queued = await queuedBytes(PORT, true, paths);
    expect(queued.map(({ bytes, isOwn }) => [bytes, isOwn])).toEqual([
      [0x1, true],
      [0x20, true],
      [0x3_00, false],
    ]);
  });

  it('are not what stays within the pod, and not who waits to be accepted', async () => {
    const paths = table(
      ['0100007F:C350', '0100007F:26AD', ESTABLISHED, '000000FF'],
      ['0000000000000000FFFF00000100007F:C351', '0000000000000000FFFF00000100007F:26AD', ESTABLISHED, '000000FF'],
      ['00000000000000000000000001000000:C352', '00000000000000000000000001000000:26AD', ESTABLISHED, '000000FF'],
      ['00000000:1F90', '00000000:0000', LISTEN, '00000000', '00000003'],
      ['00000000:0BB8', '00000000:0000', LISTEN, '00000000', '00000003'],
    );
    expect(await bytesOnTheirWay(PORT, true, paths)).toBe(0);
  });

  it('are none where there is no such table', async () => {
    expect(await bytesOnTheirWay(PORT, false, [join(folder, 'absent')])).toBe(0);
  });
});
