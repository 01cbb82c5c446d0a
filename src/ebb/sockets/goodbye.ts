/** A server that goes down. The clients of all common libraries come back after it. @see RFC 6455, 7.4.1 */
export const GOING_AWAY = 1001;

/** The first byte of a close frame: final, opcode 8. */
const CLOSE = 0x88;

/** A close frame of a server, which masks nothing. @see RFC 6455, 5.5.1 */
export function closeFrame(code: number): Buffer {
  return Buffer.from([CLOSE, 2, code >> 8, code & 0xff]);
}

/** How long a client may take to answer its goodbye, and an Observable that said nothing yet to bring its first reply. */
export const LONGEST_GOODBYE_MS = 2_500;
