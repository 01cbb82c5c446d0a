/** Microservices when the pod leaves: what was taken is done and answered before any hook runs, and nothing new is taken. */
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Ports } from '../../tools/lib/processes/ports.js';
import { Broker, describeWith, endBrokers } from './support/broker.js';
import { ask, client, endClients, tell } from './support/microservice-client.js';
import { app, CLEAN, endServices, Service } from './support/service.js';

// Above the ceilings of the helpers, so that it is they who say what was missing.
jest.setTimeout(40_000);

afterEach(async () => {
  await endClients();
  await endServices();
});
afterAll(endBrokers);

const ports = new Ports();

const stock = (...transports: string[]) => ['dist-test/test/ebb/apps/messages.stock.js', ...transports];

/** Waits until a task is in work. */
const taken = (service: Service, id: string) =>
  service.line((line) => line.event === 'taken' && line['id'] === id, `"${id}" to be taken`);

/** The events of the application in their order: `taken slow`, `done slow`, `pool.freed`. */
const story = (service: Service) =>
  service.lines.flatMap(({ event = '', id }) =>
    /^(?:done|pool\.)/.test(event) ? [typeof id === 'string' ? `${event} ${id}` : event] : [],
  );

/** A request and an event of 600 ms are in work when the signal comes. What the client of the request heard. */
async function leaveWithBothInWork(service: Service, transport: string, port: number): Promise<string> {
  const via = await client(transport, port);
  const answer = ask(via, { id: 'request', ms: 600 });
  await tell(via, { id: 'event', ms: 600 });
  await taken(service, 'request');
  await taken(service, 'event');
  service.kill('SIGTERM');
  return Promise.race([answer, service.exited.then(() => answer)]);
}

/** What Ebb promises of a request and an event in work, and what stock Nest makes of them. */
function finishesWhatWasTaken(transport: string, portOf: () => Promise<number>): void {
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
    const service = await Service.start({ args: stock(`${transport}:${port}`) });
    let heard = 'nothing';
    void leaveWithBothInWork(service, transport, port).then((answer) => (heard = answer));
    await service.exited;
    expect(story(service)[0]).toBe('pool.freed');
    expect(story(service)).not.toContain('done request');
    expect(heard).not.toBe('request');
  });
}

describe('messages over TCP', () => {
  finishesWhatWasTaken('tcp', () => ports.take());
});

describeWith(['nats'], 'messages over NATS', () => {
  let broker: Broker;
  beforeAll(async () => {
    broker = await Broker.start('nats');
  });

  finishesWhatWasTaken('nats', () => Promise.resolve(broker.port));
});

describeWith(['redis'], 'messages over Redis', () => {
  let broker: Broker;
  beforeAll(async () => {
    broker = await Broker.start('redis');
  });

  finishesWhatWasTaken('redis', () => Promise.resolve(broker.port));
});

describeWith(['mqtt'], 'messages over MQTT', () => {
  let broker: Broker;
  beforeAll(async () => {
    broker = await Broker.start('mqtt');
  });

  finishesWhatWasTaken('mqtt', () => Promise.resolve(broker.port));
});
