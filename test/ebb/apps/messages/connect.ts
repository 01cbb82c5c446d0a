/** Which transports are connected, on the command line: `node serve.js messages tcp:4000 rmq-ack:5672`. */
import type { INestApplication } from '@nestjs/common';
import { type MicroserviceOptions, Transport } from '@nestjs/microservices';

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
      return { transport: Transport.NATS, options: { servers: `${host}:${port}`, queue: 'workers' } };
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

export function connectAll(app: INestApplication): void {
  for (const { name, port } of transports) {
    app.connectMicroservice<MicroserviceOptions>(optionsOf(name, port));
  }
}
