/** Microservices when the pod leaves: what was taken is done and answered before any hook runs, and nothing new is taken. */
import { afterAll, afterEach, beforeAll, expect, it, jest } from '@jest/globals';
import { Ports } from '../../tools/lib/processes/ports.js';
import { Broker, describeWith, endBrokers } from './support/broker.js';
import { finishesWhatWasTaken, leavesTheRestToOthers, leaveWithBothInWork } from './support/message-promises.js';
import { endClients } from './support/microservice-client.js';
import { app, CLEAN, endServices, FAILED, Service } from './support/service.js';

// Above the ceilings of the helpers, so that it is they who say what was missing.
jest.setTimeout(40_000);

afterEach(async () => {
  await endClients();
  await endServices();
});
afterAll(endBrokers);

const ports = new Ports();

describeWith(['nats'], 'messages over NATS', () => {
  let broker: Broker;
  beforeAll(async () => {
    broker = await Broker.start('nats');
  });

  finishesWhatWasTaken('nats', () => Promise.resolve(broker.port));

  leavesTheRestToOthers('nats', () => Promise.resolve(broker.port));

  it('do not keep the pod for the grace period of its transport', async () => {
    const service = await Service.start({ args: app('messages', `nats-graceful:${broker.port}`) });
    expect(await leaveWithBothInWork(service, 'nats', broker.port)).toBe('request');
    expect(await service.exited).toEqual(CLEAN);
    expect(Number(service.moment('shutdown.complete')['elapsedMs'])).toBeLessThan(1_500);
  });
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

describeWith(['mqtt', 'nats', 'redis'], 'a broker', () => {
  it.each([
    ['nats', 'NATS'],
    ['redis', 'Redis'],
    ['mqtt', 'MQTT'],
  ] as const)(
    '(%s) that is gone when the pod leaves costs a warning, and neither a hang nor a hook',
    async (name, transport) => {
      const broker = await Broker.start(name);
      const service = await Service.start({ args: app('messages', `${name}:${broker.port}`) });
      broker.kill();
      await broker.exited;
      await service.line(
        ({ level, msg = '' }) => level === 'error' && /disconnect|connect/i.test(msg),
        'the loss to be seen',
      );
      service.kill('SIGTERM');
      expect(await service.exited).toEqual(CLEAN);
      expect(service.warnings.join()).toContain(`The microservice of ${transport} could not`);
      expect(service.events).toContain('pool.freed');
      expect(Number(service.moment('shutdown.complete')['elapsedMs'])).toBeLessThan(6_000);
    },
  );

  it('that is not there is why the pod does not start', async () => {
    const service = Service.spawn({ args: app('messages', `nats:${await ports.take()}`) });
    expect(await service.exited).toEqual(FAILED);
    expect(service.moment('startup.failed').msg).toMatch(/^Cannot start: the microservice of NATS did not start: /);
  });
});
