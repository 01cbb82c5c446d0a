/** What every overlay and component comes to, in seconds: the truth that the page is held against. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { bareSeconds, goSeconds } from '../duration.js';
import type { idleOfClients, idleToService } from '../envoy.js';
import { Rendered } from '../fixtures.js';
import { type LoadBalancer, loadBalancersOf } from '../load-balancers.js';
import { type Manifest, readManifests, textOf, valueAt } from '../manifest.js';
import type { Probe } from '../pod.js';
import { RULES } from '../rules.js';
import { readWorkloads, type Workload } from '../workload.js';
import { k8s, read, render } from '../../lib/manifests/kustomize.js';

export const IN_CLUSTER = { KUBERNETES_SERVICE_HOST: '10.96.0.1' };

export const ruleOf = (id: string) => RULES.find((rule) => rule.id === id);

/** What one overlay, with components or without, comes to; in seconds. */
export interface Shipped {
  readonly rendered: Rendered;
  readonly manifests: readonly Manifest[];
  readonly workload: Workload;
  readonly D: number;
  readonly P: number;
  readonly A: number;
  readonly R: number;
  readonly C: number;
  readonly S: number;
  readonly m: number;
  readonly sum: number;
  readonly G: number;
  readonly slack: number;
  readonly K: number;
  /** Undefined where nothing is known of what is in front. */
  readonly idle: number | undefined;
  readonly deregistration: number | undefined;
  readonly forgets: number;
  readonly balancer: LoadBalancer | undefined;
  /** On a spot node. */
  readonly fitsNotice: boolean;
  readonly readiness: Probe;
}

export function weighed(rendered: Rendered): Shipped {
  const manifests = readManifests(rendered.yaml());
  const workloads = readWorkloads(manifests);
  const [workload] = workloads;
  if (workload === undefined) {
    throw new Error('There is no workload.');
  }
  const { pod, service, settings } = workload;
  if (service.readinessProbe === undefined || settings.kind !== 'own') {
    throw new Error('There is no readiness probe, or the settings cannot be read.');
  }
  const { D, A, R, C, S, m, keepAlive: K } = settings.slices;
  // As the kubelet reads them.
  const G = pod.terminationGracePeriodSeconds;
  const P = service.lifecycle.preStop?.sleep?.seconds ?? 0;
  const sum = P + A + R + C + S + m;
  const all = { manifests, workloads };
  const balancer = loadBalancersOf(workload, all).at(0);
  const inCluster = manifests.some(({ kind }) => kind === 'Ingress') ? goIdle() : undefined;
  return {
    rendered,
    manifests,
    workload,
    D,
    P,
    A,
    R,
    C,
    S,
    m,
    sum,
    G,
    slack: G - sum,
    K,
    idle: balancer?.idle.seconds ?? inCluster,
    deregistration: balancer?.deregistration.seconds,
    forgets: balancer?.forgetsAfter ?? 0,
    balancer,
    fitsNotice: ruleOf('spot-notice')?.check(workload, all).length === 0,
    readiness: service.readinessProbe,
  };
}

const weighedBefore = new Map<string, Shipped>();

/** By the names that a cell has: of an overlay and of components upon it, or of components upon production. */
export function shipped(...names: string[]): Shipped {
  const key = names.join('+');
  const found = weighedBefore.get(key);
  if (found !== undefined) {
    return found;
  }
  const [first = ''] = names;
  const isOverlay = existsSync(join(k8s, 'overlays', first));
  const components = (isOverlay ? names.slice(1) : names).map((name) => join(k8s, 'components', name));
  const made = weighed(new Rendered(render(join(k8s, 'overlays', isOverlay ? first : 'production'), { components })));
  weighedBefore.set(key, made);
  return made;
}

export const namesIn = (cell: string) => [...cell.matchAll(/`([\w-]+)`/g)].map(([, name = '']) => name);

/** What the comments of a file say: facts that no field holds, with their sources. */
function commentsOf(path: string): string {
  return read(k8s, path).replaceAll(/^\s*#/gm, ' ').replaceAll(/\s+/g, ' ');
}

/** @returns the same text, which stands in the file's comments */
export function cited(path: string, words: string): string {
  if (!commentsOf(path).includes(words)) {
    throw new Error(`${path} does not say: ${words}`);
  }
  return words;
}

/** The numbers of a pattern in the file's comments. */
export function citedNumbers(path: string, pattern: RegExp): number[] {
  const found = pattern.exec(commentsOf(path));
  if (found === null) {
    throw new Error(`${path} does not say: ${pattern.source}`);
  }
  return found.slice(1).map(Number);
}

export const goIdle = () =>
  citedNumbers('components/ingress/kustomization.yaml', /keep idle connections to the pods for the (\d+) s/)[0];

/** The annotations of a pod by their last part, those of Istio's proxy configuration among them. */
export function annotated({ workload: { annotations } }: Shipped, name: string): number {
  const proxy: unknown = parse(annotations['proxy.istio.io/config'] ?? '{}');
  const said = valueAt(proxy, [name]) ?? Object.entries(annotations).find(([key]) => key.endsWith(`/${name}`))?.[1];
  const text = textOf(said ?? 'absent');
  return Number.isNaN(bareSeconds(text)) ? goSeconds(text) : bareSeconds(text);
}

/** `name` 50, `other` 50: with the figures as they are. */
export const withSettings = (cell: string, from: Shipped) =>
  cell.replaceAll(/`([\w-]+)` \d+/g, (_, name: string) => `\`${name}\` ${annotated(from, name)}`);

const NATIVE = /native-?sidecar$|as-sidecar$/i;
export const isNative = ({ workload: { natives, annotations } }: Shipped) =>
  natives.length > 0 || Object.entries(annotations).some(([name, value]) => NATIVE.test(name) && value === 'true');

/** What a key says, wherever it is in the first object of a kind. */
export function numberIn({ manifests }: Shipped, kind: string, key: string): number {
  const text = JSON.stringify(manifests.find((one) => one.kind === kind));
  return Number(new RegExp(`"${key}":"?(\\d+)s?"?[,}]`).exec(text)?.[1]);
}

/** How long the component `envoy` keeps idle connections: its clients', or its own to the service. */
export function envoyIdle(whose: typeof idleOfClients | typeof idleToService): number | undefined {
  const { workload, manifests } = shipped('envoy');
  return whose(workload, { manifests, workloads: [workload] })[0]?.seconds;
}

export const lastNumber = (id: string) => Number(/\d+$/.exec(ruleOf(id)?.title ?? '')?.[0]);
export const SPOT_NOTICE = lastNumber('spot-notice');
