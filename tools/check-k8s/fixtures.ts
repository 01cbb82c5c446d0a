/** Objects that no rule objects to, and a way to change one thing in them. */
import { join } from 'node:path';
import { z } from 'zod';
import { k8s, read, render, root } from '../lib/manifests/kustomize.js';
import { check, type Objection } from './check.js';
import { stringify } from 'yaml';

// A renamed copy of this template is checked by the same rules.
export const { name } = z.object({ name: z.string() }).parse(JSON.parse(read(root, 'package.json')));

const mapping = z.record(z.string(), z.unknown());

/** Rendered objects, to be changed in place. Paths are kustomize's: `spec.ports.[name=http].port`. */
export class Rendered {
  readonly objects: unknown[];

  constructor(objects: readonly unknown[]) {
    this.objects = structuredClone([...objects]);
  }

  /** Of the first object of a kind. Undefined takes the field away. */
  set(kind: string, path: string, value: unknown): this {
    const steps = stepsOf(path);
    const key = steps.pop() ?? '';
    let holder = this.objects.find((one) => mapping.parse(one)['kind'] === kind);
    for (const step of steps) {
      holder = inner(holder, step);
    }
    const found = mapping.parse(holder);
    // Parsing copies: the object itself is what is changed.
    Object.assign(holder as object, { [key]: value });
    if (value === undefined && key in found) {
      Reflect.deleteProperty(holder as object, key);
    }
    return this;
  }

  deployment(path: string, value: unknown): this {
    return this.set('Deployment', `spec.${path}`, value);
  }

  pod(path: string, value: unknown): this {
    return this.deployment(`template.spec.${path}`, value);
  }

  container(path: string, value: unknown): this {
    return this.pod(`containers.[name=${name}].${path}`, value);
  }

  env(variable: string, value: string): this {
    const others = this.#variables().filter((one) => mapping.parse(one)['name'] !== variable);
    return this.container('env', [...others, { name: variable, value }]);
  }

  /** On the pods. */
  annotate(annotations: Readonly<Record<string, string>>): this {
    for (const [key, value] of Object.entries(annotations)) {
      this.deployment(`template.metadata.annotations.'${key}'`, value);
    }
    return this;
  }

  /** As k8s/transformers/termination-env copies it. */
  grace(seconds: number): this {
    return this.pod('terminationGracePeriodSeconds', seconds).env('TERMINATION_GRACE_PERIOD_SECONDS', String(seconds));
  }

  /** The same of the preStop sleep. */
  preStop(seconds: number): this {
    return this.container('lifecycle.preStop.sleep.seconds', seconds).env('PRE_STOP_SECONDS', String(seconds));
  }

  add(...objects: readonly object[]): this {
    this.objects.push(...structuredClone(objects));
    return this;
  }

  remove(kind: string): this {
    const kept = this.objects.filter((one) => mapping.parse(one)['kind'] !== kind);
    this.objects.splice(0, Infinity, ...kept);
    return this;
  }

  copy(): Rendered {
    return new Rendered(this.objects);
  }

  yaml(): string {
    return this.objects.map((one) => stringify(one)).join('---\n');
  }

  objections(): readonly Objection[] {
    return check(this.yaml()).objections;
  }

  /** The rules that object, each once. */
  objecting(): string[] {
    return [...new Set(this.objections().map(({ rule }) => rule))];
  }

  #variables(): unknown[] {
    let value = this.objects.find((one) => mapping.parse(one)['kind'] === 'Deployment');
    for (const step of stepsOf(`spec.template.spec.containers.[name=${name}].env`)) {
      value = inner(value, step);
    }
    return z.array(z.unknown()).parse(value);
  }
}

/** Keys between dots, names of a list's items in brackets, and keys with dots in them in quotation marks. */
function stepsOf(path: string): string[] {
  return (path.match(/'[^']+'|\[[^\]]+\]|[^.]+/g) ?? []).map((step) => step.replaceAll("'", ''));
}

function inner(value: unknown, step: string): unknown {
  const [, wanted] = /^\[name=(.+)\]$/.exec(step) ?? [];
  if (wanted !== undefined && Array.isArray(value)) {
    return value.find((item: unknown) => mapping.parse(item)['name'] === wanted);
  }
  const holder = value as Record<string, unknown>;
  // A mapping that is not there yet.
  holder[step] ??= {};
  return holder[step];
}

/** The production overlay. */
export function production(): Rendered {
  return new Rendered(render(join(k8s, 'overlays/production')));
}

/** Behind an AWS ALB. */
export function behindAlb(): Rendered {
  return production()
    .grace(120)
    .preStop(60)
    .env('LAME_DUCK_SECONDS', '12')
    .add({
      apiVersion: 'networking.k8s.io/v1',
      kind: 'Ingress',
      metadata: {
        name,
        annotations: {
          'alb.ingress.kubernetes.io/load-balancer-attributes': 'idle_timeout.timeout_seconds=60',
          'alb.ingress.kubernetes.io/target-group-attributes': 'deregistration_delay.timeout_seconds=60',
          'alb.ingress.kubernetes.io/target-type': 'ip',
          'alb.ingress.kubernetes.io/healthcheck-path': '/readyz',
          'alb.ingress.kubernetes.io/healthcheck-port': '9000',
          'alb.ingress.kubernetes.io/healthcheck-interval-seconds': '5',
          'alb.ingress.kubernetes.io/healthcheck-timeout-seconds': '2',
        },
      },
      spec: {
        ingressClassName: 'alb',
        rules: [{ http: { paths: [{ path: '/', backend: { service: { port: { name: 'http' }, name } } }] } }],
      },
    });
}

/** What annotations of the NLB begin with. */
export const NLB = 'service.beta.kubernetes.io/aws-load-balancer-';

export function nlbAttributes(deregistration: number, ill: number): string {
  const state = 'target_health_state.unhealthy';
  return [
    `deregistration_delay.timeout_seconds=${deregistration}`,
    `${state}.connection_termination.enabled=false`,
    `${state}.draining_interval_seconds=${ill}`,
  ].join(',');
}

/** Behind an AWS NLB. */
export function behindNlb(): Rendered {
  return production()
    .grace(190)
    .preStop(130)
    .env('LAME_DUCK_SECONDS', '12')
    .set('Service', 'metadata.annotations', {
      [`${NLB}nlb-target-type`]: 'ip',
      [`${NLB}healthcheck-protocol`]: 'HTTP',
      [`${NLB}healthcheck-path`]: '/readyz',
      [`${NLB}healthcheck-port`]: '9000',
      [`${NLB}healthcheck-interval`]: '5',
      [`${NLB}healthcheck-timeout`]: '2',
      [`${NLB}healthcheck-unhealthy-threshold`]: '2',
      [`${NLB}target-group-attributes`]: nlbAttributes(120, 42),
    })
    .set('Service', 'spec.type', 'LoadBalancer')
    .set('Service', 'spec.loadBalancerClass', 'service.k8s.aws/nlb');
}

/** Behind Google's load balancer, by an Ingress. */
export function behindNeg(): Rendered {
  return production()
    .grace(120)
    .preStop(60)
    .env('KEEP_ALIVE_SECONDS', '620')
    .env('LAME_DUCK_SECONDS', '12')
    .set('Service', "metadata.annotations.'cloud.google.com/neg'", '{"ingress": true}')
    .set('Service', "metadata.annotations.'cloud.google.com/backend-config'", JSON.stringify({ default: name }))
    .add({
      apiVersion: 'cloud.google.com/v1',
      kind: 'BackendConfig',
      metadata: { name },
      spec: {
        connectionDraining: { drainingTimeoutSec: 60 },
        healthCheck: { requestPath: '/readyz', port: 9000, checkIntervalSec: 5, timeoutSec: 2, unhealthyThreshold: 2 },
      },
    });
}

/** With an autoscaler. */
export function scaled(): Rendered {
  return production()
    .deployment('replicas', undefined)
    .add({
      apiVersion: 'autoscaling/v2',
      kind: 'HorizontalPodAutoscaler',
      metadata: { name },
      spec: {
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name },
        minReplicas: 2,
        maxReplicas: 9,
      },
    });
}

/** A native sidecar that nothing is wrong with. */
export const sidecar = {
  name: 'proxy',
  image: 'proxy:1',
  restartPolicy: 'Always',
  startupProbe: { exec: { command: ['ready'] }, periodSeconds: 1, failureThreshold: 30 },
  resources: {
    requests: { cpu: '10m', memory: '16Mi', 'ephemeral-storage': '16Mi' },
    limits: { memory: '16Mi', 'ephemeral-storage': '16Mi' },
  },
  securityContext: {
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ['ALL'] },
  },
};

/** What one finds in most clusters: probes, perhaps, and no word on leaving. */
export const TYPICAL = `apiVersion: apps/v1
kind: Deployment
metadata: { name: web, labels: { app: web } }
spec:
  replicas: 1
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      containers:
        - name: web
          image: web:latest
          ports: [{ containerPort: 8080 }]
          livenessProbe: { httpGet: { path: /health, port: 8080 } }
          readinessProbe: { httpGet: { path: /health, port: 8080 } }
`;
