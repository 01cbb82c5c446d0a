/**
 * RabbitMQ, through amqplib and amqp-connection-manager. By default nobody acknowledges and nobody limits: the broker hands over
 * the whole queue at once, and what is in the process when it ends is gone for good.
 */
import { Logger } from '@nestjs/common';
import type { Leaving } from './leaving.js';
import { methodOf } from './method-of.js';
import type { TransportServer } from './transport-server.js';

/** A channel of amqplib. */
interface Channel {
  consume(...args: readonly unknown[]): Promise<{ readonly consumerTag: string }>;
  cancel(consumerTag: string): Promise<unknown>;
}

/** What amqp-connection-manager keeps through reconnections. */
interface ChannelWrapper {
  sendToQueue(...args: readonly unknown[]): Promise<unknown>;
}

export function rabbitMq(server: TransportServer): Leaving {
  const logger = new Logger('Messages');
  let latest: { readonly channel: Channel; readonly consumer: Promise<{ readonly consumerTag: string }> } | undefined;
  const unconfirmed = new Set<Promise<unknown>>();
  let isLeaving = false;
  let wrapper: ChannelWrapper | undefined;

  /** Nest awaits no confirmation. One that never comes rejects when the channel closes, and nobody would catch that. */
  const followReplies = (channels: ChannelWrapper) => {
    const send = channels.sendToQueue.bind(channels);
    channels.sendToQueue = (...args) => {
      const confirmation = send(...args)
        .catch((error: unknown) => logger.warn({ err: error }, 'RabbitMQ did not confirm an answer'))
        .finally(() => unconfirmed.delete(confirmation));
      unconfirmed.add(confirmation);
      return confirmation;
    };
  };

  // Nest calls it for each channel: the first one, and one for each reconnection.
  const setupOfNest = methodOf(server, 'setupChannel');
  const setupChannel = (channel: Channel, callback: () => void) => {
    const found: unknown = Reflect.get(server, 'channel');
    if (isChannelWrapper(found) && found !== wrapper) {
      wrapper = found;
      followReplies(found);
    }
    const consume = channel.consume.bind(channel);
    channel.consume = (...args) => {
      // A reconnection while the pod leaves: the channel is for acknowledgements and replies alone.
      const consumer = isLeaving ? Promise.resolve({ consumerTag: '' }) : consume(...args);
      // Nest does not wait for it: a connection that ends just now would be a rejection that nobody catches.
      consumer.catch(() => undefined);
      latest = { channel, consumer };
      return consumer;
    };
    return setupOfNest(channel, callback);
  };
  Object.assign(server, { setupChannel });

  return {
    async leave() {
      isLeaving = true;
      if (latest !== undefined) {
        await latest.channel.cancel((await latest.consumer).consumerTag);
      }
    },
    flush: () => Promise.all(unconfirmed),
  };
}

function isChannelWrapper(channel: unknown): channel is ChannelWrapper {
  return typeof channel === 'object' && channel !== null && 'sendToQueue' in channel;
}
