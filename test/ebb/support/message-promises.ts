/** What is promised of every transport, as tests of it. */
import { expect, it } from '@jest/globals';
import { ask, client, tell } from './microservice-client.js';
import { app, CLEAN, Service, stock } from './service.js';

/** Waits until a task is in work. */
export const taken = (service: Service, id: string) =>
  service.line((line) => line.event === 'taken' && line['id'] === id, `"${id}" to be taken`);

/** Waits until a task is done. */
export const done = (service: Service, id: string) =>
  service.line((line) => line.event === 'done' && line['id'] === id, `"${id}" to be done`);

/** Waits until a pod that leaves has stopped its intake. */
export const takesNoMore = (service: Service) =>
  service.line(({ msg = '' }) => msg.endsWith('takes no more messages'), 'the pod to take no more messages');

/** The tasks that an event was printed of. */
export const idsOf = (service: Service, event: string) =>
  service.lines.flatMap((line) => (line.event === event && typeof line['id'] === 'string' ? [line['id']] : []));

/** The events of the application in their order: `taken slow`, `done slow`, `pool.freed`. */
export const story = (service: Service) =>
  service.lines.flatMap(({ event = '', id }) =>
    /^(?:done|pool\.)/.test(event) ? [typeof id === 'string' ? `${event} ${id}` : event] : [],
  );

/** A request and an event of 600 ms are in work when the signal comes. What the client of the request heard. */
export async function leaveWithBothInWork(service: Service, transport: string, port: number): Promise<string> {
  const via = await client(transport, port);
  const answer = ask(via, { id: 'request', ms: 600 });
  await tell(via, { id: 'event', ms: 600 });
  await taken(service, 'request');
  await taken(service, 'event');
  service.kill('SIGTERM');
  return Promise.race([answer, service.exited.then(() => answer)]);
}

/** What Ebb promises of a request and an event in work, and what stock Nest makes of them. */
export function finishesWhatWasTaken(transport: string, portOf: () => Promise<number>): void {
  it('are done and answered before any hook runs', async () => {
    const port = await portOf();
    const service = await Service.start({ args: app('messages', `${transport}:${port}`) });
    expect(await leaveWithBothInWork(service, transport, port)).toBe('request');
    expect(await service.exited).toEqual(CLEAN);
    expect(story(service).at(-1)).toBe('pool.freed');
    expect(story(service).toSorted()).toEqual(['done event', 'done request', 'pool.freed']);
    expect(service.warnings).toEqual([]);
    expect(Number(service.moment('shutdown.complete')['elapsedMs'])).toBeLessThan(1_500);
  });

  it('are lost with stock Nest, or done on a closed pool (negative control)', async () => {
    const port = await portOf();
    const service = await Service.start({ args: stock('messages', `${transport}:${port}`) });
    let heard = 'nothing';
    void leaveWithBothInWork(service, transport, port).then((answer) => (heard = answer));
    await service.exited;
    expect(story(service)[0]).toBe('pool.freed');
    expect(story(service)).not.toContain('done request');
    expect(heard).not.toBe('request');
  });
}

/** What others send while a pod leaves that has something in work: another pod answers all of it. */
export function leavesTheRestToOthers(transport: string, portOf: () => Promise<number>): void {
  it('that come while a pod leaves are answered by another', async () => {
    const port = await portOf();
    const args = app('messages', `${transport}:${port}`);
    const leaves = await Service.start({ args });
    const via = await client(transport, port);
    await tell(via, { id: 'long', ms: 2_500 });
    await taken(leaves, 'long');
    const stays = await Service.start({ args });
    leaves.kill('SIGTERM');
    await takesNoMore(leaves);
    const ids = Array.from({ length: 20 }, (_, index) => `late-${index}`);
    expect(await Promise.all(ids.map((id) => ask(via, { id, ms: 1 })))).toEqual(ids);
    expect(await leaves.exited).toEqual(CLEAN);
    expect(idsOf(leaves, 'taken')).toEqual(['long']);
    expect(idsOf(leaves, 'done')).toEqual(['long']);
    expect(idsOf(stays, 'done')).toHaveLength(ids.length);
  });
}
