import { CLUSTER_FLAGS, CLUSTER_USAGE, type ClusterOptions, readCluster } from '../lib/kubernetes/options.js';
import { UsageError, integer, parse } from '../lib/terminal/flags.js';

/** What `npm run test:cluster` does, from the command line. */
export interface SuiteOptions extends ClusterOptions {
  /** The image with the programs of the negative controls. */
  readonly testImage: string;
  readonly envoyImage: string;
  readonly redisImage: string;
  /** Absent: all. */
  readonly scenario?: string;
  readonly repeat: number;
  /** The fewest that a scenario under load has to send. */
  readonly requests: number;
  readonly allowDrain: boolean;
  /** The folder for a picture and a JSON of each scenario. */
  readonly report: string;
}

export const USAGE = `Every way a pod can be asked to go, under load, on the cluster of the current context of kubectl.

npm run test:cluster -- [options]

${CLUSTER_USAGE}
  --test-image IMAGE the programs that are known to lose requests                default ebb-test:dev
  --envoy-image IMG  the proxy of the scenario that has one                      default envoyproxy/envoy:distroless-v1.40.0
  --redis-image IMG  the Redis of the scenario that has one                      default ebb-redis:dev
  --scenario NAME    only this one; --list names them                            default all
  --repeat N         runs all of it so many times                                default 1
  --requests N       the fewest that a scenario under load sends                 default 100000
  --allow-drain      also drain a node: it is cordoned, and only pods of this run are evicted
  --report DIR       a picture and a JSON of each scenario                       default rollout-report/cluster
  --list             names the scenarios
  --help             this text`;

/**
 * Reads the command line. A word when it asks for that text and not for a run.
 *
 * @param scenarios  the names there are
 * @throws {@link UsageError}
 */
export function readSuite(args: readonly string[], scenarios: readonly string[]): SuiteOptions | 'help' | 'list' {
  const values = parse(args, {
    ...CLUSTER_FLAGS,
    'test-image': { type: 'string', default: 'ebb-test:dev' },
    'envoy-image': { type: 'string', default: 'envoyproxy/envoy:distroless-v1.40.0' },
    'redis-image': { type: 'string', default: 'ebb-redis:dev' },
    scenario: { type: 'string' },
    repeat: { type: 'string', default: '1' },
    requests: { type: 'string', default: '100000' },
    'allow-drain': { type: 'boolean', default: false },
    report: { type: 'string', default: 'rollout-report/cluster' },
    list: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  });
  if (values.help || values.list) {
    return values.help ? 'help' : 'list';
  }
  const { scenario } = values;
  if (scenario !== undefined && !scenarios.includes(scenario)) {
    throw new UsageError(`--scenario must be one of ${scenarios.join(', ')}, not "${scenario}".`);
  }
  return {
    ...readCluster(values),
    testImage: values['test-image'],
    envoyImage: values['envoy-image'],
    redisImage: values['redis-image'],
    ...(scenario === undefined ? {} : { scenario }),
    repeat: integer('repeat', values.repeat, 1, 100),
    requests: integer('requests', values.requests, 0, 10_000_000),
    allowDrain: values['allow-drain'],
    report: values.report,
  };
}
