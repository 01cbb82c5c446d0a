import { type IncomingMessage, request } from 'node:http';
import type { SidecarCall } from './table.js';

/** What a sidecar may take for an answer. It is in the same pod, and a healthy one answers within milliseconds. */
const LIMIT_MS = 1_000;

/** More than any answer that is read here. */
const LONGEST_ANSWER = 65_536;

/** What came of a question. `did` is the rest of a sentence that begins with the sidecar's name: "answered 503". */
export type Answer = { readonly isYes: true; readonly body: string } | { readonly isYes: false; readonly did: string };

/** A question as a log names it: `GET http://127.0.0.1:9901/ready`. */
export function questionAt(url: string, { method, path }: SidecarCall): string {
  return `${method} ${new URL(path, url).href}`;
}

/** Asks a sidecar, for {@link LIMIT_MS} to the last byte of the answer. Never rejects. */
export async function ask(url: string, { method, path, statuses }: SidecarCall): Promise<Answer> {
  const signal = AbortSignal.timeout(LIMIT_MS);
  try {
    const { status, body } = await exchange(new URL(path, url), method, signal);
    return statuses.includes(status) ? { isYes: true, body } : { isYes: false, did: `answered ${status}` };
  } catch (error) {
    return { isYes: false, did: signal.aborted ? `gave no whole answer within ${LIMIT_MS} ms` : wordsFor(error) };
  }
}

async function exchange(url: URL, method: string, signal: AbortSignal): Promise<{ status: number; body: string }> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    // On a connection of its own: one that is kept would be a client that the sidecar waits for.
    request(url, { method, agent: false, signal }, resolve).on('error', reject).end();
  });
  let body = '';
  for await (const chunk of response.setEncoding('utf8')) {
    body += String(chunk);
    if (body.length > LONGEST_ANSWER) {
      throw new Error(`answered more than ${LONGEST_ANSWER} bytes`);
    }
  }
  return { status: response.statusCode ?? 0, body };
}

function wordsFor(error: unknown): string {
  if (!(error instanceof Error)) {
    return String(error);
  }
  const code = 'code' in error ? String(error.code) : '';
  if (code === 'ECONNREFUSED') {
    return 'refused the connection (ECONNREFUSED)';
  }
  if (code === 'ECONNRESET') {
    return 'broke the connection off (ECONNRESET)';
  }
  return code.startsWith('HPE_') ? `answered what is not HTTP (${code})` : error.message;
}
