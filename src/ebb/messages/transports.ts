/**
 * The transports of Nest, one row each, by the numbers of `Transport` in `@nestjs/microservices`. What each row does was read in
 * the source of that package, 12.1, and of the library it names. `test/ebb/messages*` and `test/ebb/grpc` run it for real, but for
 * Kafka, whose row was read only.
 */
import { grpc } from './grpc.js';
import type { Leaving, Transport } from './leaving.js';
import { rabbitMq } from './rabbit-mq.js';
import { tcp } from './tcp.js';
import type { TransportServer } from './transport-server.js';

interface RedisClient {
  unsubscribe(): Promise<unknown>;
  punsubscribe(): Promise<unknown>;
}

/** ioredis. No flush: Nest awaits each publication, so that a message is done when Redis has its answer. */
const redis = (server: TransportServer): Leaving => ({
  leave() {
    const [, subscriber] = server.unwrap<readonly [unknown, RedisClient]>();
    return Promise.all([subscriber.unsubscribe(), subscriber.punsubscribe()]);
  },
});

interface NatsSubscription {
  drain(): Promise<void>;
}

/** @nats-io/transport-node. */
const nats = (server: TransportServer): Leaving => ({
  leave() {
    // With `gracefulShutdown` Nest waits for ten seconds after the hooks. Everything is answered long before.
    Object.assign(server, { waitForGracePeriod: () => Promise.resolve() });
    // One by one: `drain()` of the connection closes it when its callbacks have returned, and Nest's are asynchronous.
    const subscriptions: unknown = Reflect.get(server, 'subscriptions');
    return Promise.all(Array.isArray(subscriptions) ? subscriptions.map((one: NatsSubscription) => one.drain()) : []);
  },
  flush: () => server.unwrap<{ flush(): Promise<void> }>().flush(),
});

/** MQTT.js. */
const mqtt = (server: TransportServer): Leaving => {
  const unsubscribe = () => {
    const topics = [...server.getHandlers().keys()];
    const client = server.unwrap<{ unsubscribeAsync(topics: string[]): Promise<unknown> }>();
    return topics.length === 0 ? undefined : client.unsubscribeAsync(topics);
  };
  // Once more as a flush: the broker answers when it has taken what was sent before.
  return { leave: unsubscribe, flush: unsubscribe };
};

/** KafkaJS. Not run, only read. */
const kafka = (server: TransportServer): Leaving => {
  let stopped: Promise<unknown> | undefined;
  return {
    // An idle consumer stops when its poll is over: after `maxWaitTimeInMs`, five seconds by default.
    longestStepMs: 10_000,
    leave() {
      const [, consumer] = server.unwrap<readonly [unknown, { stop(): Promise<unknown> }]>();
      // Takes nothing more at once, and resolves when the handlers are done and their offsets committed.
      stopped = consumer.stop();
      stopped.catch(() => undefined);
    },
    flush: () => stopped,
  };
};

const TABLE: Readonly<Record<number, Transport>> = {
  0: { name: 'TCP', leaving: tcp },
  1: { name: 'Redis', leaving: redis },
  2: { name: 'NATS', leaving: nats },
  3: { name: 'MQTT', leaving: mqtt },
  4: { name: 'gRPC', leaving: grpc },
  5: { name: 'RabbitMQ', leaving: rabbitMq },
  6: { name: 'Kafka', leaving: kafka },
};

/** Of somebody's own: its messages are waited for. */
const unknown = (server: TransportServer): Transport => ({
  name: server.constructor.name,
  leaving: () => ({
    leave() {
      throw new Error('it is no transport of Nest, and takes messages until Nest closes it');
    },
  }),
});

export function transportOf(server: TransportServer): Transport {
  const { transportId } = server;
  return (typeof transportId === 'number' ? TABLE[transportId] : undefined) ?? unknown(server);
}
