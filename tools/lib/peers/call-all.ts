import { request } from 'node:http';

const CALL_CEILING_MS = 3_000;

/** Who is called, and how: `host` where the URL is a proxy's. */
export interface Call {
  readonly name: string;
  readonly url: string;
  readonly host?: string;
}

/** Calls everybody of a JSON list of {@link Call}s now, and says what came of it: a status, or the code of the error. */
export async function callAll(list = '[]'): Promise<Record<string, string>> {
  const calls = JSON.parse(list) as Call[];
  return Object.fromEntries(await Promise.all(calls.map(async (one) => [one.name, await call(one)] as const)));
}

function call({ url, host }: Call): Promise<string> {
  return new Promise((resolve) => {
    const headers = host === undefined ? {} : { host };
    const signal = AbortSignal.timeout(CALL_CEILING_MS);
    const outgoing = request(url, { agent: false, headers, signal }, (response) => {
      response.resume();
      resolve(String(response.statusCode));
    });
    outgoing.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message)).end();
  });
}
