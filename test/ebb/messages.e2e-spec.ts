/** Microservices when the pod leaves: what was taken is done and answered before any hook runs, and nothing new is taken. */
import { afterAll, afterEach, beforeAll, describe, jest } from '@jest/globals';
import { Ports } from '../../tools/lib/processes/ports.js';
import { Broker, describeWith, endBrokers } from './support/broker.js';
import { finishesWhatWasTaken } from './support/finishes-what-was-taken.js';
import { endClients } from './support/microservice-client.js';
import { endServices } from './support/service.js';

// Above the ceilings of the helpers, so that it is they who say what was missing.
jest.setTimeout(40_000);

afterEach(async () => {
  await endClients();
  await endServices();
});
afterAll(endBrokers);

const ports = new Ports();

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
