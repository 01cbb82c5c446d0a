/**
 * What is answered before there is a request to answer: the parser's refusals, and an expectation that nobody can meet. Node
 * writes these itself and closes at once, so that a client which still sends gets a reset instead of the answer.
 */
import { type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { linger } from './linger.js';
import { problemOf, refuse, written } from './problem.js';

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
    socket.write(onTheWire(STATUS_BY_CODE[error.code ?? ''] ?? BAD_REQUEST));
    discard(socket);
    linger(socket);
  });
  server.on('checkExpectation', (_request: IncomingMessage, response: ServerResponse) => refuse(response, 417));
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

/** An answer as it stands on the wire, where there is no response to write it. */
function onTheWire(status: number): string {
  const { text, headers } = written(problemOf(status));
  const fields = Object.entries({ ...headers, Connection: 'close' }).map(([name, value]) => `${name}: ${value}`);
  return [`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, ...fields, '', text].join('\r\n');
}
