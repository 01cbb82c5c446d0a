import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Program {
  readonly program: string;
  readonly args: readonly string[];
}

export interface Definition {
  readonly program: string;
  /** How many ports it needs beside its own. */
  readonly morePorts?: number;
  /** What it prints meanwhile, if it may take longer than one wait. */
  readonly saysHalfway?: string;
  launch(
    port: number,
    folder: string,
    morePorts: readonly number[],
  ): {
    readonly args: readonly string[];
    readonly env?: Readonly<Record<string, string>>;
    /** Runs as long as the broker. */
    readonly beside?: Program;
  };
}

/** The program of a broker, and how it is started at a port of loopback with a folder of its own. */
export const BROKERS = {
  redis: {
    program: 'redis-server',
    launch: (port: number, folder: string) => ({
      args: ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', folder],
    }),
  },
  nats: {
    program: 'nats-server',
    launch: (port: number) => ({ args: ['--addr', '127.0.0.1', '--port', `${port}`] }),
  },
  mqtt: {
    program: 'mosquitto',
    launch: (port: number, folder: string) => {
      const config = join(folder, 'mosquitto.conf');
      writeFileSync(config, `listener ${port} 127.0.0.1\nallow_anonymous true\npersistence false\n`);
      return { args: ['-c', config] };
    },
  },
  rabbitmq: {
    program: 'rabbitmq-server',
    morePorts: 2,
    // It takes four seconds, and several times that beside other tests.
    saysHalfway: 'Starting RabbitMQ',
    launch: (port: number, folder: string, [distribution, epmd]: readonly number[]) => {
      const plugins = join(folder, 'plugins');
      writeFileSync(plugins, '[].\n');
      return {
        // The daemon that Erlang starts where none runs would outlive the broker.
        beside: { program: 'epmd', args: ['-port', `${epmd}`, '-address', '127.0.0.1'] },
        args: [],
        env: {
          ERL_EPMD_PORT: `${epmd}`,
          ERL_EPMD_ADDRESS: '127.0.0.1',
          RABBITMQ_NODENAME: `ebb-${port}@localhost`,
          RABBITMQ_NODE_IP_ADDRESS: '127.0.0.1',
          RABBITMQ_NODE_PORT: `${port}`,
          RABBITMQ_DIST_PORT: `${distribution}`,
          RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '-kernel inet_dist_use_interface {127,0,0,1}',
          RABBITMQ_MNESIA_BASE: folder,
          RABBITMQ_LOG_BASE: folder,
          RABBITMQ_LOGS: '-',
          RABBITMQ_CONF_ENV_FILE: join(folder, 'no.conf'),
          RABBITMQ_CONFIG_FILE: join(folder, 'none'),
          RABBITMQ_ENABLED_PLUGINS_FILE: plugins,
        },
      };
    },
  },
} as const satisfies Record<string, Definition>;
