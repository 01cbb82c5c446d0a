/**
 * Which transports are connected, on the command line: `node serve.js messages tcp:4000 rmq-ack:5672`. With `starts-itself` they
 * are started as well, with `own-hooks` something of the application's own runs around each message.
 */
import type { INestApplication } from '@nestjs/common';
import { type MicroserviceOptions, type Server, Transport } from '@nestjs/microservices';
import { print } from '../print.js';

const transports = process.argv.flatMap((argument) => {
  const [, name = '', port] = /^([a-z-]+):(\d+)$/.exec(argument) ?? [];
  return port === undefined ? [] : [{ name, port: Number(port) }];
});

/** Whether messages of RabbitMQ are acknowledged when they are done, or count as done when they are handed over. */
export const acknowledges = transports.some(({ name }) => name === 'rmq-ack');

function optionsOf(name: string, port: number): MicroserviceOptions {
  const host = '127.0.0.1';
  switch (name) {
    case 'tcp':
      return { transport: Transport.TCP, options: { host, port } };
    case 'redis':
      return { transport: Transport.REDIS, options: { host, port } };
    case 'nats':
    case 'nats-graceful':
      return {
        transport: Transport.NATS,
        options: { servers: `${host}:${port}`, queue: 'workers', gracefulShutdown: name === 'nats-graceful' },
      };
    case 'mqtt':
      return { transport: Transport.MQTT, options: { url: `mqtt://${host}:${port}` } };
    case 'grpc':
      return {
        transport: Transport.GRPC,
        options: { url: `${host}:${port}`, package: 'work', protoPath: 'test/ebb/apps/messages/work.proto' },
      };
    case 'rmq':
    case 'rmq-ack':
      return {
        transport: Transport.RMQ,
        options: {
          urls: [`amqp://${host}:${port}`],
          queue: 'work',
          noAck: name === 'rmq',
          queueOptions: { durable: false },
        },
      };
    default:
      throw new Error(`There is no transport "${name}".`);
  }
}

export async function connectAll(app: INestApplication): Promise<void> {
  for (const { name, port } of transports) {
    const microservice = app.connectMicroservice<MicroserviceOptions>(optionsOf(name, port));
    if (process.argv.includes('own-hooks')) {
      const server = microservice.getTransportServer() as Server;
      server.setOnProcessingStartHook((_transport, _context, done) => {
        print({ event: 'own.start' });
        void done();
      });
      server.setOnProcessingEndHook(() => print({ event: 'own.end' }));
    }
  }
  if (process.argv.includes('starts-itself')) {
    await app.startAllMicroservices();
  }
}
