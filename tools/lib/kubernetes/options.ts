import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError, integer } from '../terminal/flags.js';

/** Where the pods come from, and how clients reach them. */
export interface ClusterOptions {
  readonly overlay: string;
  readonly image: string;
  readonly namespace: string;
  readonly nodePort: number;
  /** Where clients send their requests; absent: to {@link nodePort} of a node. */
  readonly baseUrl?: URL;
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

function readUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || url.protocol !== 'http:' || url.pathname !== '/') {
    throw new UsageError(`--base-url must be like http://127.0.0.1:30080, not "${text}".`);
  }
  return url;
}
