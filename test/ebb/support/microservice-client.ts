/** Nest's own clients, which never send a message twice. */
import { Logger } from '@nestjs/common';
import { type ClientProxy, ClientProxyFactory, Transport } from '@nestjs/microservices';
import { lastValueFrom } from 'rxjs';
import type { Task } from '../apps/messages/messages.module.js';

// Their logs would be among the results of the tests.
Logger.overrideLogger(false);

const clients = new Set<ClientProxy>();

/** A client that is connected. */
export async function client(transport: string, port: number): Promise<ClientProxy> {
  const host = '127.0.0.1';
  const made = ((): ClientProxy => {
    switch (transport) {
      case 'tcp':
        return ClientProxyFactory.create({ transport: Transport.TCP, options: { host, port } });
      case 'redis':
        return ClientProxyFactory.create({ transport: Transport.REDIS, options: { host, port } });
      case 'nats':
        return ClientProxyFactory.create({ transport: Transport.NATS, options: { servers: `${host}:${port}` } });
      case 'mqtt':
        return ClientProxyFactory.create({ transport: Transport.MQTT, options: { url: `mqtt://${host}:${port}` } });
      case 'rmq':
        return ClientProxyFactory.create({
          transport: Transport.RMQ,
          options: { urls: [`amqp://${host}:${port}`], queue: 'work', queueOptions: { durable: false } },
        });
      default:
        throw new Error(`There is no client for "${transport}".`);
    }
  })();
  clients.add(made);
  await made.connect();
  return made;
}

/** Sends a request; the id of what was done, or the message of the error. */
export async function ask(via: ClientProxy, task: Task): Promise<string> {
  try {
    const { id } = await lastValueFrom(via.send<Task>('do', task));
    return id;
  } catch (error) {
    return `error: ${error instanceof Error ? error.message : JSON.stringify(error)}`;
  }
}

/** Sends an event, and resolves when it is on its way. */
export async function tell(via: ClientProxy, task: Task): Promise<void> {
  await lastValueFrom(via.emit('happened', task), { defaultValue: undefined });
}

/** Ends what a test has left open. For `afterEach`. */
export async function endClients(): Promise<void> {
  const left = [...clients];
  clients.clear();
  await Promise.all(left.map((one) => Promise.resolve(one.close())));
}
