/** Messages of RabbitMQ when the pod leaves: each is done once, by the pod that has it or by another, whoever acknowledges. */
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { until } from '../../tools/lib/processes/until.js';
import { Broker, describeWith, endBrokers } from './support/broker.js';
import {
  done,
  finishesWhatWasTaken,
  idsOf,
  leavesTheRestToOthers,
  taken,
  takesNoMore,
} from './support/message-promises.js';
import { client, endClients, tell } from './support/microservice-client.js';
import { app, CLEAN, endServices, Service, stock } from './support/service.js';
import { Balancer } from './support/balancer.js';

// Above the ceilings of the helpers, so that it is they who say what was missing. A broker takes several seconds to start.
jest.setTimeout(60_000);

let broker: Broker;
let balancer: Balancer | undefined;

afterEach(async () => {
  await endClients();
  await endServices();
  balancer?.close();
});
afterAll(endBrokers);

const EVENTS = 40;

/** How often each event of the queue was begun, and how often it was done, by whichever pod. */
function tally(pods: readonly Service[]): { readonly lost: number; readonly twice: number } {
  const begun = pods.flatMap((pod) => idsOf(pod, 'taken'));
  const finished = new Set(pods.flatMap((pod) => idsOf(pod, 'done')));
  const ids = Array.from({ length: EVENTS }, (_, index) => `event-${index}`);
  return {
    lost: ids.filter((id) => !finished.has(id)).length,
    twice: ids.filter((id) => begun.indexOf(id) !== begun.lastIndexOf(id)).length,
  };
}

/** One pod has forty events in work, and leaves when ten are done. Another comes in its place. */
async function replace(args: readonly string[]): Promise<readonly [Service, Service]> {
  const left = await Service.start({ args });
  const via = await client('rmq', broker.port);
  for (let index = 0; index < EVENTS; index += 1) {
    await tell(via, { id: `event-${index}`, ms: 40 * (index + 1) });
  }
  await taken(left, `event-${EVENTS - 1}`);
  await done(left, 'event-9');
  left.kill('SIGTERM');
  const comes = await Service.start({ args });
  await left.exited;
  // Behind all that came back to the queue, and longer than any of it.
  await tell(via, { id: 'last', ms: 2_000 });
  await done(comes, 'last');
  return [left, comes];
}

describeWith(['rabbitmq'], 'messages over RabbitMQ', () => {
  beforeAll(async () => {
    broker = await Broker.start('rabbitmq');
  });

  finishesWhatWasTaken('rmq', () => Promise.resolve(broker.port));

  describe.each(['rmq', 'rmq-ack'])('of a whole queue (%s) that a pod has when it leaves', (mode) => {
    it('are done once each', async () => {
      const pods = await replace(app('messages', `${mode}:${broker.port}`));
      expect(tally(pods)).toEqual({ lost: 0, twice: 0 });
      expect(await pods[0].exited).toEqual(CLEAN);
      expect(pods[0].warnings).toEqual([]);
    });

    it('are lost, or begun twice, with stock Nest (negative control)', async () => {
      const { lost, twice } = tally(await replace(stock('messages', `${mode}:${broker.port}`)));
      expect(mode === 'rmq' ? lost : twice).toBeGreaterThan(20);
    });
  });

  leavesTheRestToOthers('rmq', () => Promise.resolve(broker.port));

  it('are not for a pod that leaves, also when its connection breaks meanwhile and comes back', async () => {
    balancer = await Balancer.listen(broker.port);
    const leaves = await Service.start({ args: app('messages', `rmq:${balancer.port}`) });
    const via = await client('rmq', broker.port);
    // The library comes back after five seconds.
    await tell(via, { id: 'long', ms: 9_000 });
    await taken(leaves, 'long');
    leaves.kill('SIGTERM');
    await takesNoMore(leaves);
    const accepted = balancer.taken.length;
    balancer.cut();
    await until('the connection to come back', () => (balancer?.taken.length ?? 0) > accepted || undefined);
    await tell(via, { id: 'late', ms: 1 });
    expect(await leaves.exited).toEqual(CLEAN);
    expect(idsOf(leaves, 'done')).toEqual(['long']);
    expect(idsOf(leaves, 'taken')).toEqual(['long']);
    await done(await Service.start({ args: app('messages', `rmq:${broker.port}`) }), 'late');
  });

  it('cost a warning, and neither a hang nor a hook, when the broker is gone', async () => {
    const gone = await Broker.start('rabbitmq');
    const service = await Service.start({ args: app('messages', `rmq:${gone.port}`) });
    gone.kill();
    await service.line(({ msg }) => msg === 'Disconnected from RMQ. Trying to reconnect.', 'the loss to be seen');
    service.kill('SIGTERM');
    expect(await service.exited).toEqual(CLEAN);
    expect(service.warnings.join()).toContain('The microservice of RabbitMQ could not');
    expect(service.events).toContain('pool.freed');
    expect(Number(service.moment('shutdown.complete')['elapsedMs'])).toBeLessThan(6_000);
  });
});
