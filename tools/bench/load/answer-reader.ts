/** Reads answers to one request that is sent again and again: as cheaply as can be, and not one is taken on trust. */

/** An answer is not the one that was to come. */
export class WrongAnswer extends Error {}

const HEAD_END = '\r\n\r\n';

/** Of `HTTP/1.1 200 OK`: where the status stands. */
const STATUS_AT = 9;

export class AnswerReader {
  /** How long the last whole answer was; the next one is as long unless something is unusual. */
  #usualLength = 0;
  #held: Buffer | undefined;

  /** @param body what has to come; when undefined, the first answer says how long the others have to be. */
  constructor(private body: Buffer | undefined) {}

  /**
   * Reads what came, `buffer` up to `length`. True when an answer is complete.
   *
   * @throws {@link WrongAnswer} for another status, another body, another length.
   */
  read(buffer: Buffer, length: number): boolean {
    const { body } = this;
    if (
      this.#held === undefined &&
      length === this.#usualLength &&
      body !== undefined &&
      isOk(buffer) &&
      buffer.compare(body, 0, body.length, length - body.length, length) === 0
    ) {
      return true;
    }
    return this.#readUnusual(buffer, length);
  }

  /** The first answer, one in several pieces, or one whose head has another length. */
  #readUnusual(buffer: Buffer, length: number): boolean {
    const piece = Buffer.from(buffer.subarray(0, length));
    const all = this.#held === undefined ? piece : Buffer.concat([this.#held, piece]);
    this.#held = all;
    const headEnd = all.indexOf(HEAD_END);
    if (headEnd === -1) {
      return false;
    }
    const head = all.toString('latin1', 0, headEnd);
    if (!isOk(all)) {
      throw new WrongAnswer(`It answered "${head.split('\r\n', 1)[0]}" and not 200.`);
    }
    const announced = /^content-length: *(\d+)$/im.exec(head)?.[1];
    if (announced === undefined) {
      throw new WrongAnswer('It answered without Content-Length, by which answers are told apart here.');
    }
    const whole = headEnd + HEAD_END.length + Number(announced);
    if (all.length < whole) {
      return false;
    }
    this.#check(all.subarray(headEnd + HEAD_END.length), Number(announced));
    this.#held = undefined;
    this.#usualLength = whole;
    return true;
  }

  #check(body: Buffer, announced: number): void {
    if (body.length > announced) {
      throw new WrongAnswer(`It sent ${body.length - announced} bytes more than one answer.`);
    }
    this.body ??= body;
    if (!body.equals(this.body)) {
      throw new WrongAnswer(`It answered "${body.toString()}" and not "${this.body.toString()}".`);
    }
  }
}

function isOk(buffer: Buffer): boolean {
  return buffer[STATUS_AT] === 0x32 && buffer[STATUS_AT + 1] === 0x30 && buffer[STATUS_AT + 2] === 0x30;
}
