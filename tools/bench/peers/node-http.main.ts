/** `node:http` alone: what no framework on it can beat. */
import { createServer } from 'node:http';
import { ANSWER, HOST, KEEP_ALIVE_MS, PORT } from './answer.js';

const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, ({ method, url }, response) => {
  const isKnown = method === 'GET' && (url === '/' || url === '/readyz');
  const body = JSON.stringify(isKnown ? ANSWER : { error: 'Not Found' });
  response
    .writeHead(isKnown ? 200 : 404, {
      'Content-Type': 'application/json; charset=utf-8',
      'Content-Length': Buffer.byteLength(body),
    })
    .end(body);
});
process.once('SIGTERM', () => server.close());
server.listen(PORT, HOST);
