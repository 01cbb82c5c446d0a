/** An event of a stream. */
export interface StreamEvent {
  readonly id: string;
  readonly data: string;
}

/** Reads an event stream as an EventSource does. @see HTML, 9.2.6 Interpreting an event stream */
export class EventParser {
  /** What the server has said last, in milliseconds. */
  retryMs: number | undefined;
  #rest = '';
  #id = '';
  #data: string[] = [];

  /** @returns the events that are complete by now. */
  read(chunk: string): StreamEvent[] {
    // A CR at the end may be the half of a CRLF.
    const lines = (this.#rest + chunk).split(/\r\n|\n|\r(?!$)/);
    this.#rest = lines.pop() ?? '';
    return lines.flatMap((line) => this.#readLine(line) ?? []);
  }

  #readLine(line: string): StreamEvent | undefined {
    if (line === '') {
      const event = { id: this.#id, data: this.#data.join('\n') };
      const isEvent = this.#data.length > 0;
      this.#data = [];
      return isEvent ? event : undefined;
    }
    const [, field, value = ''] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? [];
    if (field === 'data') {
      this.#data.push(value);
    } else if (field === 'id') {
      this.#id = value;
    } else if (field === 'retry' && /^\d+$/.test(value)) {
      this.retryMs = Number(value);
    }
    return undefined;
  }
}
