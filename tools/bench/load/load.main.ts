/**
 * The client of the requests: a fixed number of connections, each of which sends the next request when the answer to the last
 * one is there. On raw sockets, with a request whose bytes are made once: a client library costs more of a core for each request
 * than the fastest server here, and would be what is measured.
 */
import type { LoadOpening, LoadOutcome, LoadQuestion } from './load.js';
import { Load } from './load.js';

let load: Load | undefined;

process.on('message', (question: LoadQuestion) => {
  answer(question).then(
    (message) => process.send?.(message),
    (error: unknown) => process.send?.({ error: error instanceof Error ? error.message : String(error) }),
  );
});

async function answer(question: LoadQuestion): Promise<LoadOpening | LoadOutcome> {
  if (question.kind === 'open') {
    load?.close();
    load = await Load.open(question);
    return { opened: question.connections };
  }
  if (load === undefined) {
    throw new Error('No connection is open.');
  }
  return load.run(question.ms);
}
