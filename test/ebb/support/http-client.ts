/** An HTTP client that never retries, so that nothing a service loses stays hidden. */
import { Agent, type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** From sending to the last byte. */
  readonly ms: number;
}

export interface RequestOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** A connection of its own when absent. */
  readonly agent?: Agent;
}

/** The ceiling of a request. */
const CEILING_MS = 30_000;

/** One connection that is kept and used again, as long as the other side lets it. */
export function keepAlive(): Agent {
  return new Agent({ keepAlive: true, maxSockets: 1 });
}

/** Sends one request to 127.0.0.1. Rejects with the socket's error when it gets no whole answer. */
export function send(port: number, path: string, options: RequestOptions = {}): Promise<Answer> {
  const { method = 'GET', headers = {}, body, agent } = options;
  const startedAt = performance.now();
  return new Promise((resolve, reject) => {
    const outgoing = request(
      { host: '127.0.0.1', port, path, method, headers, agent: agent ?? false },
      (response: IncomingMessage) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => (text += chunk));
        response.on('error', reject);
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: text,
            ms: performance.now() - startedAt,
          }),
        );
      },
    );
    outgoing.setTimeout(CEILING_MS, () => outgoing.destroy(new Error(`no answer within ${CEILING_MS} ms`)));
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

/** What came of a request, in one word: the status, or the code of the error. Never rejects. */
export async function outcome(sent: Promise<Answer>): Promise<string> {
  try {
    return String((await sent).status);
  } catch (error) {
    // Jest's realm has an Error of its own, so that instanceof says nothing here.
    return (error as NodeJS.ErrnoException).code ?? String(error);
  }
}
