/** Fastify, with a schema of the answer as its documentation advises. */
import { fastify } from 'fastify';
import { ANSWER, HOST, KEEP_ALIVE_MS, PORT } from './answer.js';

const schema = {
  response: { 200: { type: 'object', properties: { message: { type: 'string' }, num: { type: 'integer' } } } },
};

const app = fastify({ keepAliveTimeout: KEEP_ALIVE_MS });
app.get('/', { schema }, () => ANSWER);
app.get('/readyz', () => ({ status: 'ok' }));
process.once('SIGTERM', () => void app.close());
await app.listen({ port: PORT, host: HOST });
