/** Express alone, as it is: with its ETag. */
import express from 'express';
import { ANSWER, HOST, KEEP_ALIVE_MS, PORT } from './answer.js';

const app = express();
app.get('/', (_request, response) => {
  response.json(ANSWER);
});
app.get('/readyz', (_request, response) => {
  response.json({ status: 'ok' });
});
const server = app.listen(PORT, HOST);
server.keepAliveTimeout = KEEP_ALIVE_MS;
process.once('SIGTERM', () => server.close());
