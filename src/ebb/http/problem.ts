/** Problem documents: how every error is answered that Ebb itself answers. @see RFC 9457 */
import { type ServerResponse, STATUS_CODES } from 'node:http';

export const PROBLEM_TYPE = 'application/problem+json';

/** What a document says; members of an exception's own stand beside these. */
export interface Problem {
  readonly type: 'about:blank';
  readonly title: string;
  readonly status: number;
  readonly detail?: string;
}

/** The document of a status. */
export function problemOf(status: number): Problem {
  return { type: 'about:blank', title: STATUS_CODES[status] ?? 'Error', status };
}

/** A document in JSON, and the fields that describe it. */
export function written(document: unknown, type = PROBLEM_TYPE) {
  const text = JSON.stringify(document);
  return { text, headers: { 'Content-Type': type, 'Content-Length': Buffer.byteLength(text) } };
}

/** Answers with the document of a status, and then ends the connection: the rest of the request will not be read. */
export function refuse(response: ServerResponse, status: number): void {
  const { text, headers } = written(problemOf(status));
  response.writeHead(status, { ...headers, Connection: 'close' }).end(text);
}
