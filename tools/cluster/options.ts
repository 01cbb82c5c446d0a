import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError, integer, parse } from '../lib/terminal/flags.js';

/** Where the pods come from, and how clients reach them. */
export interface ClusterOptions {
  readonly overlay: string;
  readonly image: string;
  readonly namespace: string;
  readonly nodePort: number;
  /** Where clients send their requests; absent: to {@link nodePort} of a node. */
  readonly baseUrl?: URL;
}

/** What `npm run test:cluster` does, from the command line. */
export interface SuiteOptions extends ClusterOptions {
  /** The image with the programs of the negative controls. */
  readonly testImage: string;
  readonly envoyImage: string;
  /** Absent: all. */
  readonly scenario?: string;
  readonly repeat: number;
  /** The fewest that a scenario under load has to send. */
  readonly requests: number;
  readonly allowDrain: boolean;
  /** The folder for a picture and a JSON of each scenario. */
  readonly report: string;
}

export const CLUSTER_FLAGS = {
  overlay: { type: 'string' },
  image: { type: 'string' },
  namespace: { type: 'string' },
  'node-port': { type: 'string' },
  'base-url': { type: 'string' },
} as const;

export const CLUSTER_USAGE = `\
  --overlay DIR      what is applied                                             default k8s/overlays/dev
  --image IMAGE      the service, as the nodes know it                           default ebb:dev
  --namespace NAME   is made for the run, and removed after it                   default ebb-test
  --node-port N      the port at which every node lets clients in                default 30080
  --base-url URL     where clients reach that port                               default a node's address`;

export const USAGE = `Every way a pod can be asked to go, under load, on the cluster of the current context of kubectl.

npm run test:cluster -- [options]

${CLUSTER_USAGE}
  --test-image IMAGE the programs that are known to lose requests                default ebb-test:dev
  --envoy-image IMG  the proxy of the scenario that has one                      default envoyproxy/envoy:distroless-v1.40.0
  --scenario NAME    only this one; --list names them                            default all
  --repeat N         runs all of it so many times                                default 1
  --requests N       the fewest that a scenario under load sends                 default 100000
  --allow-drain      also drain a node: it is cordoned, and only pods of this run are evicted
  --report DIR       a picture and a JSON of each scenario                       default rollout-report/cluster
  --list             names the scenarios
  --help             this text`;

/** A value of each flag that was given. */
type Values<Flag extends string> = { readonly [Name in Flag]?: string | undefined };

/** @throws {@link UsageError} */
export function readCluster(values: Values<keyof typeof CLUSTER_FLAGS>): ClusterOptions {
  const { overlay = 'k8s/overlays/dev', image = 'ebb:dev', namespace = 'ebb-test', 'base-url': baseUrl } = values;
  if (!existsSync(join(overlay, 'kustomization.yaml'))) {
    throw new UsageError(`--overlay must be a folder with a kustomization.yaml, not "${overlay}".`);
  }
  // A label of DNS, as the API server demands it of a namespace (RFC 1123).
  if (!/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(namespace)) {
    throw new UsageError(`--namespace must be small letters, digits and hyphens, not "${namespace}".`);
  }
  return {
    overlay,
    image,
    namespace,
    nodePort: integer('node-port', values['node-port'] ?? '30080', 1, 65_535),
    ...(baseUrl === undefined ? {} : { baseUrl: readUrl(baseUrl) }),
  };
}

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
    ...(scenario === undefined ? {} : { scenario }),
    repeat: integer('repeat', values.repeat, 1, 100),
    requests: integer('requests', values.requests, 0, 10_000_000),
    allowDrain: values['allow-drain'],
    report: values.report,
  };
}

function readUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || url.protocol !== 'http:' || url.pathname !== '/') {
    throw new UsageError(`--base-url must be like http://127.0.0.1:30080, not "${text}".`);
  }
  return url;
}
