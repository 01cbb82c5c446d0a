/**
 * The load balancers outside the cluster that stand before a workload, as annotations and policies say them, with the
 * defaults of each.
 */
import { annotationOf, type Field, fieldOf, itemsAt, type Manifest, type Step, textOf, valueAt } from './manifest.js';
import { sameNamespace, servicesOf } from './related.js';
import type { Objects } from './rule.js';
import type { Workload } from './workload.js';

/** A number in seconds, and where it stands. */
export interface Setting {
  readonly seconds: number;
  readonly field: Field;
}

export interface LoadBalancer {
  readonly product: string;
  /** The object by which it is known. */
  readonly known: Field;
  /** How long it has been seen to route new connections to a pod after its deletion. */
  readonly forgetsAfter: number;
  /** How long it keeps an idle connection. */
  readonly idle: Setting;
  /**
   * Whether connections to the pod are its own, which it uses for one request after the other. Otherwise they are the
   * clients', and it merely forgets the silent ones.
   */
  readonly reusesConnections: boolean;
  /** How long a target that was taken out keeps its connections. */
  readonly deregistration: Setting;
  /** How long established connections of a target that its health check finds ill are kept; absent: until they end. */
  readonly illKept?: Setting;
  /** Whether its targets are the pods. Else they are nodes, which stay: it hears of no pod. */
  readonly targetsPods: boolean;
  readonly healthCheck: HealthCheck;
  /** Where all this is documented. */
  readonly source: string;
}

/** How a load balancer finds out by itself that a pod is to be spared. */
export interface HealthCheck {
  /** Undefined where it only connects. */
  readonly path: string | undefined;
  /** A number, a name, or what it calls the port of the traffic. */
  readonly port: string;
  readonly interval: Setting;
  readonly timeout: Setting;
  /** So many red answers in a row; no seconds. */
  readonly threshold: Setting;
  /** Where path and port stand. */
  readonly fields: readonly [Field, Field];
}

export function loadBalancersOf(workload: Workload, all: Objects): LoadBalancer[] {
  const services = servicesOf(workload, all);
  return [...albs(services, all), ...nlbs(services), ...negs(services, all)];
}

/** What AWS calls the port that requests go to. */
const TRAFFIC_PORT = 'traffic-port';
const ALB = 'alb.ingress.kubernetes.io/';
const NLB = 'service.beta.kubernetes.io/aws-load-balancer-';

function albs(services: readonly Manifest[], { manifests }: Objects): LoadBalancer[] {
  const ingresses = manifests.filter(
    (one) => one.kind === 'Ingress' && isAlb(one) && services.some((service) => leadsTo(one, service)),
  );
  return ingresses.map((ingress) => {
    // What a Service says of its target group wins over what the Ingress says.
    const holderOf = (name: string) =>
      services.find((one) => leadsTo(ingress, one) && one.metadata.annotations[`${ALB}${name}`] !== undefined) ??
      ingress;
    const said = (name: string, fallback: number) => numberSaid(holderOf(name), `${ALB}${name}`, fallback);
    const checked = holderOf('healthcheck-path');
    return {
      product: 'AWS Application Load Balancer',
      known: fieldOf(ingress, ['metadata', 'name']),
      forgetsAfter: 60,
      targetsPods: holderOf('target-type').metadata.annotations[`${ALB}target-type`] === 'ip',
      idle: attribute(ingress, `${ALB}load-balancer-attributes`, 'idle_timeout.timeout_seconds', 60),
      reusesConnections: true,
      deregistration: attribute(
        holderOf('target-group-attributes'),
        `${ALB}target-group-attributes`,
        'deregistration_delay.timeout_seconds',
        300,
      ),
      healthCheck: {
        path: checked.metadata.annotations[`${ALB}healthcheck-path`] ?? '/',
        port: portOf(holderOf('healthcheck-port').metadata.annotations[`${ALB}healthcheck-port`], services),
        interval: said('healthcheck-interval-seconds', 15),
        timeout: said('healthcheck-timeout-seconds', 5),
        threshold: said('unhealthy-threshold-count', 2),
        fields: [
          annotationOf(checked, `${ALB}healthcheck-path`, '/'),
          annotationOf(holderOf('healthcheck-port'), `${ALB}healthcheck-port`, TRAFFIC_PORT),
        ],
      },
      source: 'AWS Load Balancer Controller 2.14, "Ingress annotations"; its issues 1064, 2366 and 4033',
    };
  });
}

/** A port may be a Service's name for it. */
function portOf(said: string | undefined, services: readonly Manifest[]): string {
  const named = services
    .flatMap((service) => itemsAt(service, ['spec', 'ports']))
    .find((port) => valueAt(port, ['name']) === said);
  return textOf(valueAt(named, ['targetPort']) ?? said ?? TRAFFIC_PORT);
}

function isAlb({ spec, metadata: { annotations } }: Manifest): boolean {
  return (
    valueAt(spec, ['ingressClassName']) === 'alb' ||
    annotations['kubernetes.io/ingress.class'] === 'alb' ||
    Object.keys(annotations).some((name) => name.startsWith(ALB))
  );
}

/** Whether an Ingress routes to a Service, wherever in its rules. */
function leadsTo(ingress: Manifest, service: Manifest): boolean {
  return sameNamespace(ingress, service) && namesService(ingress['spec'], service.metadata.name);
}

function namesService(value: unknown, name: string): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    (valueAt(value, ['service', 'name']) === name || Object.values(value).some((inner) => namesService(inner, name)))
  );
}

function nlbs(services: readonly Manifest[]): LoadBalancer[] {
  return services.filter(isNlb).map((service) => ({
    product: 'AWS Network Load Balancer',
    known: fieldOf(service, ['metadata', 'name']),
    forgetsAfter: 120,
    targetsPods:
      service.metadata.annotations[`${NLB}nlb-target-type`] === 'ip' ||
      service.metadata.annotations[`${NLB}type`] === 'nlb-ip',
    idle: attribute(service, listenerOf(service), 'tcp.idle_timeout.seconds', 350),
    reusesConnections: false,
    deregistration: attribute(service, `${NLB}target-group-attributes`, 'deregistration_delay.timeout_seconds', 300),
    illKept: illKeptByNlb(service),
    healthCheck: {
      path: pathOfNlb(service),
      port: service.metadata.annotations[`${NLB}healthcheck-port`] ?? TRAFFIC_PORT,
      interval: numberSaid(service, `${NLB}healthcheck-interval`, 10),
      timeout: numberSaid(service, `${NLB}healthcheck-timeout`, 10),
      threshold: numberSaid(service, `${NLB}healthcheck-unhealthy-threshold`, 3),
      fields: [
        annotationOf(service, `${NLB}healthcheck-path`, 'no request, a connection'),
        annotationOf(service, `${NLB}healthcheck-port`, TRAFFIC_PORT),
      ],
    },
    source: 'AWS Load Balancer Controller 2.14, "Service annotations"; its issue 2366',
  }));
}

/** By default it resets them at once. */
function illKeptByNlb(service: Manifest): Setting {
  const prefix = 'target_health_state.unhealthy';
  const attributes = `${NLB}target-group-attributes`;
  const pairs = attributesIn(service.metadata.annotations[attributes]);
  return pairs[`${prefix}.connection_termination.enabled`] === 'false'
    ? attribute(service, attributes, `${prefix}.draining_interval_seconds`, 0)
    : {
        seconds: 0,
        field: {
          ...annotationOf(service, attributes),
          value: `${prefix}.connection_termination.enabled=true (not set to false)`,
        },
      };
}

/** By default it only connects. */
function pathOfNlb({ metadata: { annotations } }: Manifest): string | undefined {
  const protocol = annotations[`${NLB}healthcheck-protocol`] ?? 'tcp';
  return protocol.toLowerCase() === 'tcp' ? undefined : (annotations[`${NLB}healthcheck-path`] ?? '/');
}

/** The annotation ends in the listener's protocol and port. */
function listenerOf({ metadata: { annotations } }: Manifest): string {
  const prefix = `${NLB}listener-attributes.`;
  return Object.keys(annotations).find((name) => name.startsWith(prefix)) ?? prefix;
}

function isNlb({ spec, metadata: { annotations } }: Manifest): boolean {
  return (
    valueAt(spec, ['type']) === 'LoadBalancer' &&
    (['service.k8s.aws/nlb', 'eks.amazonaws.com/nlb'].includes(String(valueAt(spec, ['loadBalancerClass']))) ||
      ['external', 'nlb', 'nlb-ip'].includes(annotations[`${NLB}type`] ?? ''))
  );
}

const NEG = 'cloud.google.com/neg';

function negs(services: readonly Manifest[], { manifests }: Objects): LoadBalancer[] {
  return services.flatMap((service) => {
    const policy = manifests.find((one) => isBackendOf(one, service) && valueAt(one, drainPath(one)) !== undefined);
    const isGke =
      service.metadata.annotations[NEG] !== undefined ||
      service.metadata.annotations['cloud.google.com/backend-config'] !== undefined ||
      manifests.some((one) => isBackendOf(one, service));
    if (!isGke) {
      return [];
    }
    const path = policy === undefined ? [] : drainPath(policy);
    const checker = manifests.find((one) => isBackendOf(one, service) && valueAt(one, checkPath(one)) !== undefined);
    const said = policy === undefined ? undefined : valueAt(policy, path);
    return [
      {
        product: 'Google Cloud Application Load Balancer',
        known: annotationOf(service, NEG, 'by a policy'),
        forgetsAfter: 60,
        targetsPods: true,
        // Google's front ends: it cannot be set.
        idle: { seconds: 600, field: annotationOf(service, NEG, 'by a policy') },
        reusesConnections: true,
        deregistration: {
          seconds: typeof said === 'number' ? said : 0,
          field:
            policy === undefined
              ? annotationOf(service, 'cloud.google.com/backend-config', 'no drainingTimeoutSec: 0')
              : fieldOf(policy, path),
        },
        healthCheck: healthCheckOf(checker, service),
        source:
          'Google Cloud, "Backend keep-alive timeout" and "Container-native load balancing"; ingress-gce issue 2222',
      },
    ];
  });
}

/** Policies of GKE's Ingress and of its Gateway, which say the same in other words. */
export function isBackendOf(one: Manifest, service: Manifest): boolean {
  if (!sameNamespace(one, service)) {
    return false;
  }
  if (one.kind === 'BackendConfig') {
    return (service.metadata.annotations['cloud.google.com/backend-config'] ?? '').includes(`"${one.metadata.name}"`);
  }
  return (
    (one.kind === 'GCPBackendPolicy' || one.kind === 'HealthCheckPolicy') &&
    valueAt(one, ['spec', 'targetRef', 'name']) === service.metadata.name
  );
}

function drainPath({ kind }: Manifest): Step[] {
  return ['spec', ...(kind === 'BackendConfig' ? [] : ['default']), 'connectionDraining', 'drainingTimeoutSec'];
}

function checkPath({ kind }: Manifest): Step[] {
  return ['spec', ...(kind === 'BackendConfig' ? ['healthCheck'] : ['default', 'config'])];
}

/** Of GKE's; without a policy it asks for `/`. */
function healthCheckOf(policy: Manifest | undefined, service: Manifest): HealthCheck {
  const holder = policy ?? service;
  const times = holder.kind === 'BackendConfig' ? ['spec', 'healthCheck'] : ['spec', 'default'];
  const request = [...checkPath(holder), ...(holder.kind === 'BackendConfig' ? [] : ['httpHealthCheck'])];
  const servingPort = 'the port of the traffic';
  const said = (name: string, fallback: number): Setting => ({
    seconds: Number(valueAt(holder, [...times, name]) ?? fallback),
    field: fieldOf(holder, [...times, name], fallback),
  });
  return {
    path: textOf(valueAt(holder, [...request, 'requestPath']) ?? '/'),
    port: textOf(valueAt(holder, [...request, 'port']) ?? servingPort),
    interval: said('checkIntervalSec', 5),
    timeout: said('timeoutSec', 5),
    threshold: said('unhealthyThreshold', 2),
    fields: [fieldOf(holder, [...request, 'requestPath'], '/'), fieldOf(holder, [...request, 'port'], servingPort)],
  };
}

/** A number that is an annotation of its own. */
function numberSaid(manifest: Manifest, annotation: string, fallback: number): Setting {
  return {
    seconds: Number(manifest.metadata.annotations[annotation] ?? fallback),
    field: annotationOf(manifest, annotation, fallback),
  };
}

/** What an annotation lists: `a.b=1,c.d=2`. */
function attributesIn(text = ''): Readonly<Record<string, string>> {
  const pairs = text.split(',').map((pair) => pair.split('=').map((part) => part.trim()));
  return Object.fromEntries(pairs.map(([key = '', value = '']) => [key, value]));
}

/** A number among them. */
function attribute(manifest: Manifest, annotation: string, name: string, fallback: number): Setting {
  const value = attributesIn(manifest.metadata.annotations[annotation])[name];
  const field = annotationOf(manifest, annotation);
  return value === undefined
    ? { seconds: fallback, field: { ...field, value: `${name}=${fallback} (not set, the default)` } }
    : { seconds: Number(value), field: { ...field, value: `${name}=${value}` } };
}

/** How a load balancer is called in a finding. */
export function called({ product, known }: LoadBalancer): string {
  return `${product} of ${known.object}`;
}
