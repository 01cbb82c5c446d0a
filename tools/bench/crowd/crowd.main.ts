/** Holds idle connections, in a process of its own: what they cost here is not to be taken for what they cost the server. */
import { Crowd } from './crowd.js';

/** `size` connections to a port, however many there are; 0 closes them. */
export interface CrowdQuestion {
  readonly port: number;
  readonly size: number;
}

export interface CrowdAnswer {
  readonly size: number;
}

let crowd: Crowd | undefined;
let at = 0;

process.on('message', (question: CrowdQuestion) => {
  answer(question).then(
    (message) => process.send?.(message),
    (error: unknown) => process.send?.({ error: error instanceof Error ? error.message : String(error) }),
  );
});

async function answer({ port, size }: CrowdQuestion): Promise<CrowdAnswer> {
  if (size === 0 || port !== at) {
    crowd?.close();
    crowd = undefined;
    at = port;
  }
  if (size > 0) {
    crowd ??= new Crowd(port);
    await crowd.growTo(size);
  }
  return { size: crowd?.size ?? 0 };
}
