/**
 * What is answered before there is a request to answer: the parser's refusals, and an expectation that nobody can meet. Node
 * writes these itself and closes at once, so that a client which still sends gets a reset instead of the answer.
 */
import { type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { linger } from './linger.js';

const STATUS_BY_CODE: Readonly<Record<string, number>> = {
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
};

const BAD_REQUEST = 400;

/** Answers them, as problem documents (RFC 9457) that say `Connection: close`. */
export function answerForParser(server: Server): void {
  const answered = new WeakSet<Socket>();
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    // The parser complains again of everything that comes after the first complaint.
    if (answered.has(socket) || socket.destroyed) {
      return;
    }
    answered.add(socket);
    // Nobody to answer, or in the middle of an answer to an earlier request.
    if (error.code === 'ECONNRESET' || !socket.writable || isAnswering(socket)) {
      socket.destroy(error);
      return;
    }
    socket.write(written(STATUS_BY_CODE[error.code ?? ''] ?? BAD_REQUEST));
    discard(socket);
    linger(socket);
  });
  server.on('checkExpectation', (request: IncomingMessage, response: ServerResponse) => {
    const body = problem(417);
    response.writeHead(417, { ...headersOf(body), Connection: 'close' });
    response.end(request.method === 'HEAD' ? undefined : body);
  });
}

/** Whether the head of an answer to an earlier, pipelined request is out. */
function isAnswering(socket: Socket): boolean {
  const message: unknown = Reflect.get(socket, '_httpMessage');
  return typeof message === 'object' && message !== null && 'headersSent' in message && message.headersSent === true;
}

/** Takes the socket from the parser, which has nothing to say any more, and reads on so that nothing piles up. */
function discard(socket: Socket): void {
  // The first listener has Node give the socket's data to JavaScript; from then on the parser is one listener among others.
  socket.on('data', () => undefined);
  socket.removeAllListeners('data').on('data', () => undefined);
  socket.resume();
}

function problem(status: number): string {
  return JSON.stringify({ type: 'about:blank', title: STATUS_CODES[status], status });
}

function headersOf(body: string): Record<string, string> {
  return { 'Content-Type': 'application/problem+json', 'Content-Length': String(Buffer.byteLength(body)) };
}

function written(status: number): string {
  const body = problem(status);
  const headers = Object.entries({ ...headersOf(body), Connection: 'close' }).map(
    ([name, value]) => `${name}: ${value}`,
  );
  return [`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, ...headers, '', body].join('\r\n');
}
