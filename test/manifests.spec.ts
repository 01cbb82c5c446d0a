/** The rules that k8s/ and the service must keep together, checked on the files alone, as kustomize renders them. */
import { readdirSync } from 'node:fs';
import { basename, join, relative, resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { z } from 'zod';
import { type Config, ConfigurationError, readConfig, VARIABLE_NAMES } from '../src/config/config.js';
import { MARGIN_MS, sliceEnds } from '../src/config/time-budget.js';
import { combinations } from './support/components.js';
import {
  foldersIn,
  k8s,
  kustomization,
  type Mapping,
  read,
  render,
  type Resource,
  resourceSchema,
  root,
} from './support/kustomize.js';

// A renamed copy of this template is checked by the same rules.
const { name: appName } = z.object({ name: z.string() }).parse(JSON.parse(read(root, 'package.json')));

const transformer = join(k8s, 'transformers/termination-env');
const componentFolders = foldersIn('components');
const overlayFolders = foldersIn('overlays');

const labels = z.record(z.string(), z.string());
const probe = z.looseObject({
  httpGet: z.looseObject({ path: z.string(), port: z.string() }),
  periodSeconds: z.int(),
  failureThreshold: z.int(),
  timeoutSeconds: z.int(),
});
const container = z.looseObject({
  name: z.string(),
  image: z.string(),
  imagePullPolicy: z.string().optional(),
  restartPolicy: z.string().optional(),
  args: z.array(z.string()).default([]),
  ports: z.array(z.looseObject({ name: z.string().optional(), containerPort: z.int() })).default([]),
  lifecycle: z.looseObject({ preStop: z.unknown() }).optional(),
  startupProbe: probe.optional(),
  readinessProbe: probe.optional(),
  resources: z.looseObject({ requests: z.record(z.string(), z.string()), limits: z.record(z.string(), z.string()) }),
  securityContext: z.looseObject({ readOnlyRootFilesystem: z.boolean() }),
});
const service = container.extend({
  env: z.array(z.looseObject({ name: z.string(), value: z.string().optional() })),
  envFrom: z.array(z.strictObject({ configMapRef: z.strictObject({ name: z.string() }) })),
  lifecycle: z.strictObject({ preStop: z.strictObject({ sleep: z.strictObject({ seconds: z.int() }) }) }),
  startupProbe: probe,
  readinessProbe: probe,
  livenessProbe: probe,
  volumeMounts: z.array(z.looseObject({ name: z.string(), mountPath: z.string() })),
});
const deploymentSchema = z.looseObject({
  spec: z.looseObject({
    replicas: z.int().optional(),
    minReadySeconds: z.int(),
    progressDeadlineSeconds: z.int(),
    selector: z.strictObject({ matchLabels: labels }),
    strategy: z.looseObject({
      type: z.string(),
      rollingUpdate: z.looseObject({ maxUnavailable: z.unknown(), maxSurge: z.unknown() }),
    }),
    template: z.looseObject({
      metadata: z.looseObject({ labels, annotations: labels }),
      spec: z.looseObject({
        serviceAccountName: z.string(),
        automountServiceAccountToken: z.boolean(),
        enableServiceLinks: z.boolean(),
        terminationGracePeriodSeconds: z.int(),
        securityContext: z.looseObject({ runAsUser: z.int(), runAsGroup: z.int() }),
        topologySpreadConstraints: z.array(
          z.looseObject({ topologyKey: z.string(), labelSelector: z.looseObject({ matchLabels: labels }) }),
        ),
        initContainers: z.array(container).default([]),
        containers: z.array(container),
        volumes: z.array(z.looseObject({ name: z.string() })),
      }),
    }),
  }),
});

const absent = z.undefined().optional();
const allowed = z.unknown().optional();
const noHost = z.looseObject({ httpGet: z.looseObject({ host: absent }).optional() }).optional();
const restrictedContainer = z.looseObject({
  ports: z.array(z.looseObject({ hostPort: absent })).optional(),
  startupProbe: noHost,
  readinessProbe: noHost,
  livenessProbe: noHost,
  lifecycle: z.looseObject({ postStart: noHost, preStop: noHost }).optional(),
  securityContext: z.looseObject({
    allowPrivilegeEscalation: z.literal(false),
    privileged: z.literal(false).optional(),
    procMount: z.literal('Default').optional(),
    runAsNonRoot: z.literal(true).optional(),
    runAsUser: z.int().positive().optional(),
    seccompProfile: z.looseObject({ type: z.enum(['RuntimeDefault', 'Localhost']) }).optional(),
    capabilities: z.looseObject({
      drop: z.array(z.string()).refine((dropped) => dropped.includes('ALL')),
      add: z.array(z.literal('NET_BIND_SERVICE')).optional(),
    }),
  }),
});
/** A pod that Pod Security admits under `restricted` (Kubernetes 1.37, "Pod Security Standards"). */
const restricted = z.looseObject({
  hostNetwork: z.literal(false).optional(),
  hostPID: z.literal(false).optional(),
  hostIPC: z.literal(false).optional(),
  securityContext: z.looseObject({
    runAsNonRoot: z.literal(true),
    runAsUser: z.int().positive(),
    seccompProfile: z.looseObject({ type: z.enum(['RuntimeDefault', 'Localhost']) }),
    sysctls: absent,
  }),
  initContainers: z.array(restrictedContainer),
  containers: z.array(restrictedContainer),
  // Strict: every other kind of volume is refused.
  volumes: z.array(
    z.strictObject({
      name: z.string(),
      configMap: allowed,
      csi: allowed,
      downwardAPI: allowed,
      emptyDir: allowed,
      ephemeral: allowed,
      persistentVolumeClaim: allowed,
      projected: allowed,
      secret: allowed,
    }),
  ),
});

const serviceSchema = z.looseObject({
  spec: z.looseObject({
    type: z.string(),
    selector: labels,
    ports: z.array(z.looseObject({ port: z.int(), targetPort: z.string() })),
  }),
});
const budgetSchema = z.looseObject({
  spec: z.looseObject({
    maxUnavailable: z.int(),
    unhealthyPodEvictionPolicy: z.string(),
    selector: z.strictObject({ matchLabels: labels }),
  }),
});

const settingsSchema = z.looseObject({ data: z.record(z.string(), z.string()) });

function settingsIn(resources: Resource[], wanted: string): Record<string, string> {
  return settingsSchema.parse(resources.find(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === wanted))
    .data;
}

/** A pod as one overlay makes it, and what the service in it reads. */
function pod(resources: Resource[]) {
  const { spec } = deploymentSchema.parse(resources.find(({ kind }) => kind === 'Deployment'));
  const podSpec = spec.template.spec;
  const ebb = service.parse(podSpec.containers.find(({ name }) => name === appName));
  const natives = podSpec.initContainers.filter(({ restartPolicy }) => restartPolicy === 'Always');
  const env = Object.fromEntries([
    ...ebb.envFrom.flatMap(({ configMapRef }) => Object.entries(settingsIn(resources, configMapRef.name))),
    // What the pod spec says itself wins (Kubernetes 1.37, "Define Environment Variables for a Container").
    ...ebb.env.map(({ name, value }): [string, string | undefined] => [name, value]),
  ]);
  return {
    deployment: spec,
    annotations: spec.template.metadata.annotations,
    spec: podSpec,
    ebb,
    /** The native sidecars, and all that run for as long as the pod does. */
    natives,
    longRunning: [...natives, ...podSpec.containers],
    service: serviceSchema.parse(resources.find(({ kind }) => kind === 'Service')).spec,
    env,
    readConfig: (): Config => readConfig({ ...env, KUBERNETES_SERVICE_HOST: '10.96.0.1' }),
  };
}

function baseOf<T extends z.ZodType>(schema: T, kind: string): z.infer<T> {
  return schema.parse(render(join(k8s, 'base')).find((candidate) => candidate.kind === kind));
}

const base = pod(render(join(k8s, 'base')));
const dev = join(k8s, 'overlays/dev');
const production = join(k8s, 'overlays/production');

const component = (name: string) => join(k8s, 'components', name);
const overlays = overlayFolders.map((folder): [string, Resource[]] => [relative(root, folder), render(folder)]);
const withComponents = combinations(componentFolders.map((folder) => basename(folder))).map(
  (names): [string, Resource[], string[]] => [
    `${relative(root, dev)} with ${names.join(' and ')}`,
    render(dev, { components: names.map(component) }),
    names,
  ],
);
// Every overlay as it is, and every component and pair as an overlay would add it.
const variants: [string, Resource[]][] = [
  ...overlays,
  ...withComponents.map(([name, resources]): [string, Resource[]] => [name, resources]),
];

/** What of a rendered overlay breaks a rule; empty when nothing does. */
type Rule = (resources: Resource[]) => string[];

/** A native sidecar is ready before the app starts, and nothing ends it before the app has exited. */
const sidecarsComeFirstAndLeaveLast: Rule = (resources) =>
  pod(resources).natives.flatMap(({ name, startupProbe, lifecycle }) =>
    [
      startupProbe === undefined ? `${name} has no startupProbe: the app does not wait for it` : [],
      lifecycle?.preStop === undefined ? [] : `${name} has a preStop, which runs when the pod is deleted`,
    ].flat(),
  );

/** In a pod all containers share one network, and Services look for the names of their ports in all of them. */
const portsMeetNobody: Rule = (resources) => {
  const { longRunning, service: publicService } = pod(resources);
  const ports = longRunning.flatMap((one) => one.ports);
  const numbers = ports.map(({ containerPort }) => String(containerPort));
  const names = ports.flatMap(({ name = [] }) => name);
  return [
    ...[...numbers, ...names].filter((port, index, all) => all.indexOf(port) !== index).map((port) => `${port}, twice`),
    ...publicService.ports.filter(({ targetPort }) => !names.includes(targetPort)).map((port) => port.targetPort),
  ];
};

const NAME_LABEL = 'app.kubernetes.io/name';
const labelled = z.looseObject({
  metadata: z.looseObject({
    labels: z.looseObject({ [NAME_LABEL]: z.literal(appName), 'app.kubernetes.io/component': z.literal('server') }),
  }),
});

const unlabelled: Rule = (resources) =>
  resources
    .filter((resource) => !labelled.safeParse(resource).success)
    .map(({ kind, metadata }) => `${kind} ${metadata.name}`);

function isUnknown(variable: string): boolean {
  return !VARIABLE_NAMES.includes(variable);
}

function ofKind<T extends z.ZodType>(schema: T, resources: Resource[], wanted: string): z.infer<T>[] {
  return resources.filter(({ kind }) => kind === wanted).map((resource) => schema.parse(resource));
}

const namespaces = z.strictObject({ namespaceSelector: z.strictObject({ matchLabels: labels.optional() }) });
const blocks = z.strictObject({ ipBlock: z.strictObject({ cidr: z.string() }) });
// Strict: a selector that is not understood here would be taken for none.
const policySchema = z.looseObject({
  spec: z.strictObject({
    podSelector: z.strictObject({ matchLabels: labels }),
    policyTypes: z.array(z.string()),
    ingress: z
      .array(
        z.strictObject({
          from: z.array(z.union([namespaces, blocks])).optional(),
          ports: z.array(z.strictObject({ port: z.int() })),
        }),
      )
      .default([]),
    egress: z.unknown().optional(),
  }),
});

/** The rules that let somebody in at a port, as the labels of namespaces, address blocks, or `anybody`. */
function letIn(resources: Resource[], port: number): string[] {
  return ofKind(policySchema, resources, 'NetworkPolicy')
    .filter(({ spec }) => spec.podSelector.matchLabels[NAME_LABEL] === appName)
    .flatMap(({ spec }) => spec.ingress)
    .filter(({ ports }) => ports.some((one) => one.port === port))
    .flatMap(({ from = [undefined] }) => from)
    .map((peer) => {
      if (peer === undefined) {
        return 'anybody';
      }
      return 'ipBlock' in peer ? peer.ipBlock.cidr : JSON.stringify(peer.namespaceSelector.matchLabels ?? 'any pod');
    });
}

const MONITORING = JSON.stringify({ 'kubernetes.io/metadata.name': 'monitoring' });

function isBlock(peer: string): boolean {
  return /^[1-9][\d.]+\/[1-9]\d*$/.test(peer);
}

/** The Service's port is open; the management port is for the scraper, and for a load balancer's blocks of addresses. */
const wronglyClosedOrOpen: Rule = (resources) => {
  const { longRunning, service: publicService, readConfig: config } = pod(resources);
  const ports = longRunning.flatMap((one) => one.ports);
  const ledTo = publicService.ports.map(({ targetPort }) => ports.find(({ name }) => name === targetPort));
  const atManagement = letIn(resources, config().managementPort);
  return [
    ...ledTo
      .filter((one) => !letIn(resources, one?.containerPort ?? 0).includes('anybody'))
      .map((one) => `${one?.name} is closed`),
    ...(atManagement.includes(MONITORING) ? [] : ['management is closed to the scraper']),
    ...atManagement
      .filter((peer) => peer !== MONITORING && !isBlock(peer))
      .map((peer) => `management is open to ${peer}`),
  ];
};

const autoscaler = z.looseObject({
  spec: z.looseObject({
    scaleTargetRef: z.strictObject({ apiVersion: z.string(), kind: z.string(), name: z.string() }),
    minReplicas: z.int().min(2),
    maxReplicas: z.int(),
    metrics: z.array(z.looseObject({ containerResource: z.looseObject({ container: z.string() }) })),
    behavior: z.looseObject({ scaleDown: z.looseObject({ stabilizationWindowSeconds: z.int() }) }),
  }),
});

const replicasOfTwoOwners: Rule = (resources) =>
  ofKind(autoscaler, resources, 'HorizontalPodAutoscaler').flatMap(({ spec: { scaleTargetRef: target, metrics } }) => {
    const { deployment, ebb } = pod(resources);
    return [
      deployment.replicas === undefined ? [] : `the autoscaler and the manifest, ${deployment.replicas}`,
      target.kind === 'Deployment' && target.name === appName ? [] : `it scales ${target.kind} ${target.name}`,
      metrics.every(({ containerResource }) => containerResource.container === ebb.name) ? [] : 'no such container',
    ].flat();
  });

/** What is in front of the pods, read from whatever configures it. Seconds. */
interface Front {
  readonly name: string;
  /** How long it keeps idle connections to the pods. */
  readonly idle?: number;
  /** Or after how long it forgets a connection that it only hands through. */
  readonly forgets?: number;
  /** How long the connections of a pod that is being taken out are kept. */
  readonly draining?: number;
  /** How long it waits for an answer. */
  readonly waits?: number;
  /** Where it asks whether a pod is well. */
  readonly check?: { readonly port: number; readonly path: string };
}

const ALB = 'alb.ingress.kubernetes.io/';
const NLB = 'service.beta.kubernetes.io/aws-load-balancer-';

const annotated = z.looseObject({ metadata: z.looseObject({ annotations: labels.default({}) }) });
const routeSchema = z.looseObject({
  spec: z.looseObject({ rules: z.array(z.looseObject({ timeouts: z.strictObject({ request: z.string() }) })) }),
});
const backendPolicySchema = z.looseObject({
  spec: z.looseObject({
    default: z.strictObject({
      timeoutSec: z.int(),
      connectionDraining: z.strictObject({ drainingTimeoutSec: z.int() }),
    }),
  }),
});
const healthPolicySchema = z.looseObject({
  spec: z.looseObject({
    default: z.looseObject({
      config: z.looseObject({ httpHealthCheck: z.looseObject({ port: z.int(), requestPath: z.string() }) }),
    }),
  }),
});

/** What `deregistration_delay.timeout_seconds=90` says, in a list of such. */
function attribute(list: string | undefined, name: string): number | undefined {
  const text = list?.split(',').find((one) => one.startsWith(`${name}=`));
  return text === undefined ? undefined : Number(text.slice(name.length + 1));
}

function frontsOf(resources: Resource[]): Front[] {
  const alb = ofKind(annotated, resources, 'Ingress')
    .map(
      ({ metadata: { annotations } }) =>
        (name: string) =>
          annotations[ALB + name],
    )
    .filter((of) => of('target-type') !== undefined)
    .map((of) => ({
      name: 'ALB',
      // The defaults of AWS.
      idle: attribute(of('load-balancer-attributes'), 'idle_timeout.timeout_seconds') ?? 60,
      draining: attribute(of('target-group-attributes'), 'deregistration_delay.timeout_seconds') ?? 300,
      check: { port: Number(of('healthcheck-port')), path: of('healthcheck-path') ?? '/' },
    }));
  const nlb = ofKind(annotated, resources, 'Service')
    .map(
      ({ metadata: { annotations } }) =>
        (name: string) =>
          annotations[NLB + name],
    )
    .filter((of) => of('type') !== undefined)
    .map((of) => ({
      name: 'NLB',
      forgets: 350,
      draining: attribute(of('target-group-attributes'), 'deregistration_delay.timeout_seconds') ?? 300,
      check: { port: Number(of('healthcheck-port')), path: of('healthcheck-path') ?? '/' },
    }));
  const [health] = ofKind(healthPolicySchema, resources, 'HealthCheckPolicy');
  const gke = ofKind(backendPolicySchema, resources, 'GCPBackendPolicy').map(({ spec: { default: policy } }) => ({
    name: 'GKE',
    // Cannot be changed (Cloud Load Balancing, backend HTTP keepalive timeout).
    idle: 600,
    draining: policy.connectionDraining.drainingTimeoutSec,
    waits: policy.timeoutSec,
    check: {
      port: health?.spec.default.config.httpHealthCheck.port ?? 0,
      path: health?.spec.default.config.httpHealthCheck.requestPath ?? '/',
    },
  }));
  const gateway = ofKind(routeSchema, resources, 'HTTPRoute').flatMap(({ spec: { rules } }) =>
    rules.map(({ timeouts }) => ({ name: 'gateway', waits: secondsIn(timeouts.request) })),
  );
  return [...alb, ...nlb, ...gke, ...gateway];
}

/** How long an idle connection is kept by whom the Service leads to: the service, or an Envoy of our own before it. */
function keptIdle(resources: Resource[]): number {
  const data = z.looseObject({ data: z.looseObject({ 'envoy.yaml': z.string() }) });
  const envoy = resources.flatMap((resource) => data.safeParse(resource).data ?? []).at(0);
  // The first listener is the inbound one.
  const [, idle] = /idle_timeout: (\d+)s/.exec(envoy?.data['envoy.yaml'] ?? '') ?? [];
  return idle === undefined ? pod(resources).readConfig().keepAliveMs / 1_000 : Number(idle);
}

const misfitsWithFront: Rule = (resources) => {
  const { readConfig: config } = pod(resources);
  const { budget, managementPort } = config();
  const [G, P, R] = [budget.graceMs, budget.preStopMs, Number(budget.drainMs)].map((ms) => ms / 1_000) as [
    number,
    number,
    number,
  ];
  const kept = keptIdle(resources);
  return frontsOf(resources).flatMap(({ name, idle, forgets, draining, waits, check }) =>
    [
      idle !== undefined && kept <= idle ? `${name} keeps idle connections ${idle} s, the service ${kept}` : [],
      forgets !== undefined && kept >= forgets ? `${name} forgets after ${forgets} s, the service keeps ${kept}` : [],
      draining !== undefined && draining < P + R ? `${name} cuts after ${draining} s, before P + R, ${P + R}` : [],
      draining !== undefined && draining > G - MARGIN_MS / 1_000
        ? `${name} drains ${draining} s, the pod has ${G}`
        : [],
      waits !== undefined && waits > R ? `${name} waits ${waits} s for an answer, the pod ${R}` : [],
      check !== undefined && (check.port !== managementPort || check.path !== '/readyz')
        ? `${name} asks ${check.port}${check.path}`
        : [],
      check !== undefined && !letIn(resources, check.port).some(isBlock)
        ? `${name} is not let in to ${check.port}`
        : [],
    ].flat(),
  );
};

/** AWS, "Spot Instance interruption notices". */
const SPOT_NOTICE_SECONDS = 120;

const longerThanSpotNotice: Rule = (resources) => {
  const { spec } = pod(resources);
  const onSpot = /"(karpenter\.sh\/capacity-type|eks\.amazonaws\.com\/capacityType)"/.test(
    JSON.stringify([spec['affinity'], spec['nodeSelector']]),
  );
  return onSpot && spec.terminationGracePeriodSeconds > SPOT_NOTICE_SECONDS
    ? [`G is ${spec.terminationGracePeriodSeconds} s, the notice of a spot instance ${SPOT_NOTICE_SECONDS}`]
    : [];
};

describe.each(variants)('%s', (_, resources) => {
  const variant = pod(resources);
  const { ebb, spec, deployment } = variant;

  it('tells the service its grace period and its preStop sleep as they are in the pod spec, as strings', () => {
    expect(variant.env).toMatchObject({
      TERMINATION_GRACE_PERIOD_SECONDS: String(spec.terminationGracePeriodSeconds),
      PRE_STOP_SECONDS: String(ebb.lifecycle.preStop.sleep.seconds),
    });
  });

  it('gives the service an environment it starts with: every slice fits into the grace period', () => {
    expect(variant.readConfig).not.toThrow();
  });

  it('declares the ports that the service listens on', () => {
    const { port, managementPort } = variant.readConfig();
    // A proxy that carries what comes to the pod has the name that the Service leads to.
    const isProxied = spec.initContainers.some(({ ports }) => ports.some(({ name }) => name === 'http'));
    expect(ebb.ports.map(({ name, containerPort }) => [name, containerPort])).toEqual([
      [isProxied ? 'app' : 'http', port],
      ['management', managementPort],
    ]);
  });

  it('notices a red readiness probe, by whomever it is answered, while the service is still a lame duck', () => {
    const probes = variant.longRunning.flatMap(({ readinessProbe = [] }) => readinessProbe);
    for (const { periodSeconds, failureThreshold, timeoutSeconds } of probes) {
      const noticedMs = (periodSeconds * failureThreshold + timeoutSeconds) * 1_000;
      expect(noticedMs).toBeLessThanOrEqual(variant.readConfig().budget.lameDuckMs);
    }
  });

  it('starts sidecars before the app, and ends none before it', () => {
    expect(sidecarsComeFirstAndLeaveLast(resources)).toEqual([]);
  });

  it('has no port twice, and a Service that leads to one that is there', () => {
    expect(portsMeetNobody(resources)).toEqual([]);
  });

  it('asks every probe on the management port, and liveness something else than readiness', () => {
    expect([ebb.startupProbe.httpGet, ebb.readinessProbe.httpGet, ebb.livenessProbe.httpGet]).toEqual([
      { path: '/startupz', port: 'management' },
      { path: '/readyz', port: 'management' },
      { path: '/livez', port: 'management' },
    ]);
  });

  it('lets the slowest boot, its sidecars one after the other, end before the rollout counts as failed', () => {
    const boots = variant.longRunning
      .flatMap(({ startupProbe = [] }) => startupProbe)
      .map(({ periodSeconds, failureThreshold }) => periodSeconds * failureThreshold);
    const slowest = boots.reduce((sum, seconds) => sum + seconds, deployment.minReadySeconds);
    expect(deployment.progressDeadlineSeconds).toBeGreaterThan(slowest);
  });

  it('starts a new pod before an old one is asked to go', () => {
    expect(deployment.strategy).toMatchObject({ type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0 } });
    expect(deployment.strategy.rollingUpdate.maxSurge).not.toBe(0);
  });

  it('fits into a namespace that enforces Pod Security restricted', () => {
    expect(restricted.safeParse(spec).error?.issues ?? []).toEqual([]);
  });

  it('mounts a bounded /tmp into a root filesystem that is read-only', () => {
    for (const { securityContext } of variant.longRunning) {
      expect(securityContext.readOnlyRootFilesystem).toBe(true);
    }
    const mount = ebb.volumeMounts.find(({ mountPath }) => mountPath === '/tmp');
    expect(spec.volumes).toContainEqual({ name: mount?.name, emptyDir: { sizeLimit: expect.stringMatching(/Mi$/) } });
  });

  it('requests processor, memory and disk, and limits memory and disk', () => {
    for (const { resources: asked } of variant.longRunning) {
      expect(Object.keys(asked.requests).toSorted()).toEqual(['cpu', 'ephemeral-storage', 'memory']);
      expect(Object.keys(asked.limits).toSorted()).toEqual(['ephemeral-storage', 'memory']);
    }
  });

  it('pins every image to a tag or digest other than latest', () => {
    for (const { image } of [...spec.initContainers, ...spec.containers]) {
      expect(image).toMatch(/^[\w.:/-]+(:(?!latest$)[\w.-]+|@sha256:[0-9a-f]{64})$/);
    }
  });

  it('has every object labelled with its name and component', () => {
    expect(unlabelled(resources)).toEqual([]);
  });

  it('sets nothing that the service does not know, and each in one place', () => {
    expect(Object.keys(settingsIn(resources, `${appName}-settings`)).filter(isUnknown)).toEqual([]);
    expect(
      ebb.env.map(({ name }) => name).filter((name) => name in settingsIn(resources, `${appName}-settings`)),
    ).toEqual([]);
  });

  it('lets in who uses the Service, and to the management port the scraper and no other pod', () => {
    expect(wronglyClosedOrOpen(resources)).toEqual([]);
  });

  it('leaves the number of replicas to an autoscaler, where there is one', () => {
    expect(replicasOfTwoOwners(resources)).toEqual([]);
  });

  it('suits what is in front of it: draining, idle connections, time-outs', () => {
    expect(misfitsWithFront(resources)).toEqual([]);
  });

  it('is gone within the notice of a spot instance, where it runs on one', () => {
    expect(longerThanSpotNotice(resources)).toEqual([]);
  });

  it('runs under an account of its own, without a token, and takes no configuration from other Services', () => {
    const accounts = resources.filter(({ kind }) => kind === 'ServiceAccount').map(({ metadata }) => metadata.name);
    expect(accounts).toContain(spec.serviceAccountName);
    expect(spec).toMatchObject({ automountServiceAccountToken: false, enableServiceLinks: false });
  });
});

function rendered(components: string[], spec: Mapping): Resource[] {
  const patch = { kind: 'Deployment', metadata: { name: appName }, spec: { template: { spec } } };
  return render(dev, { components, patches: [patch] });
}

function devPlus(...names: string[]): Resource[] {
  return render(dev, { components: names.map(component) });
}

function devPlusChanged(name: string, from: string, to: string): Resource[] {
  const text = JSON.stringify(devPlus(name));
  expect(text).toContain(from);
  return z.array(resourceSchema).parse(JSON.parse(text.replaceAll(from, to)));
}

/** What is wrong with who is let in when a policy of the base lets in others. */
function openness(name: string, ingress: unknown[]): string[] {
  const patch = { kind: 'NetworkPolicy', metadata: { name }, spec: { ingress } };
  return wronglyClosedOrOpen(render(dev, { patches: [patch] }));
}

function devWith(spec: Mapping) {
  return pod(rendered([], spec));
}

describe('a rule for every overlay and component', () => {
  const offender = {
    name: 'offender',
    image: 'offender:1',
    restartPolicy: 'Always',
    resources: { requests: {}, limits: {} },
    securityContext: { readOnlyRootFilesystem: true },
  };

  it('finds a native sidecar that the app does not wait for, and one that leaves before it', () => {
    const sidecar = { ...offender, lifecycle: { preStop: { sleep: { seconds: 10 } } } };
    expect(sidecarsComeFirstAndLeaveLast(rendered([], { initContainers: [sidecar] }))).toEqual([
      expect.stringMatching(/^offender has no startupProbe/),
      expect.stringMatching(/^offender has a preStop/),
    ]);
  });

  it('finds a port that is declared twice', () => {
    const sidecar = { ...offender, ports: [{ name: 'http', containerPort: 9000 }] };
    expect(portsMeetNobody(rendered([], { initContainers: [sidecar] }))).toEqual(['9000, twice', 'http, twice']);
  });

  it('finds an object without its labels', () => {
    const bare = resourceSchema.parse({ kind: 'ConfigMap', metadata: { name: 'bare' } });
    expect(unlabelled([...render(dev), bare])).toEqual(['ConfigMap bare']);
  });

  it('finds a port that is closed, and one that is open to too many', () => {
    expect(openness(`${appName}-public`, [])).toEqual(['http is closed']);
    expect(openness(appName, [])).toEqual(['management is closed to the scraper']);
    const everyPod = { from: [{ namespaceSelector: {} }], ports: [{ port: 9000 }] };
    expect(openness(`${appName}-public`, [{ ports: [{ port: 3000 }] }, everyPod])).toEqual([
      'management is open to "any pod"',
    ]);
    expect(openness(`${appName}-public`, [{ ports: [{ port: 3000 }, { port: 9000 }] }])).toEqual([
      'management is open to anybody',
    ]);
  });

  it('finds a number of replicas that has two owners', () => {
    const patch = { kind: 'Deployment', metadata: { name: appName }, spec: { replicas: 3 } };
    expect(replicasOfTwoOwners(render(dev, { components: [component('hpa')], patches: [patch] }))).toEqual([
      'the autoscaler and the manifest, 3',
    ]);
    const withHpa = overlays.filter(([, resources]) =>
      resources.some(({ kind }) => kind === 'HorizontalPodAutoscaler'),
    );
    expect(withHpa).not.toEqual([]);
  });

  it('finds a variable that the service does not know', () => {
    expect(['LOG_LEVEL', 'DRAIN_TIMEOUT'].filter(isUnknown)).toEqual(['DRAIN_TIMEOUT']);
  });

  it('finds a Service that leads nowhere', () => {
    const patch = { kind: 'Service', metadata: { name: appName }, spec: { ports: [{ port: 80, targetPort: 'no' }] } };
    expect(portsMeetNobody(render(dev, { patches: [patch] }))).toEqual(['no']);
  });
});

const dRow = (name: string, P: number, G: number, D: number, least: number) => ({ name, P, G, D, least });

describe('a load balancer outside of the cluster', () => {
  // D is what is planned for, and at least what the field has seen (docs of the components).
  it.each([dRow('aws-alb', 60, 120, 70, 70), dRow('aws-nlb', 130, 190, 130, 120), dRow('gke-neg', 60, 120, 60, 40)])(
    'has by $name the time it takes to forget a pod',
    ({ name, P, G, D, least }) => {
      const { budget } = pod(render(dev, { components: [component(name)] })).readConfig();
      expect([budget.preStopMs, budget.graceMs, budget.propagationMs]).toEqual([P * 1_000, G * 1_000, D * 1_000]);
      expect(D).toBeGreaterThanOrEqual(least);
      // A second less is refused at boot.
      const P1 = D - budget.lameDuckMs / 1_000 - 1;
      const short = { containers: [{ name: appName, lifecycle: { preStop: { sleep: { seconds: P1 } } } }] };
      expect(pod(rendered([component(name)], short)).readConfig).toThrow(/while new connections are still routed/);
    },
  );

  it.each([
    [
      'aws-alb',
      '"KEEP_ALIVE_SECONDS":"75"',
      '"KEEP_ALIVE_SECONDS":"60"',
      'ALB keeps idle connections 60 s, the service 60',
    ],
    ['aws-alb', 'timeout_seconds=60', 'timeout_seconds=75', 'ALB keeps idle connections 75 s, the service 75'],
    ['aws-alb', 'delay.timeout_seconds=90', 'delay.timeout_seconds=89', 'ALB cuts after 89 s, before P + R, 90'],
    ['aws-alb', 'delay.timeout_seconds=90', 'delay.timeout_seconds=116', 'ALB drains 116 s, the pod has 120'],
    ['aws-alb', 'deregistration_delay.timeout', 'unknown', 'ALB drains 300 s, the pod has 120'],
    ['aws-alb', '"9000"', '"3000"', 'ALB asks 3000/readyz'],
    ['aws-alb', '/readyz"', '/livez"', 'ALB asks 9000/livez'],
    [
      'aws-nlb',
      '"KEEP_ALIVE_SECONDS":"75"',
      '"KEEP_ALIVE_SECONDS":"350"',
      'NLB forgets after 350 s, the service keeps 350',
    ],
    ['aws-nlb', 'timeout_seconds=160', 'timeout_seconds=159', 'NLB cuts after 159 s, before P + R, 160'],
    ['aws-nlb', 'timeout_seconds=160', 'timeout_seconds=186', 'NLB drains 186 s, the pod has 190'],
    ['aws-nlb', '"9000"', '"3000"', 'NLB asks 3000/readyz'],
    [
      'gke-neg',
      '"KEEP_ALIVE_SECONDS":"620"',
      '"KEEP_ALIVE_SECONDS":"600"',
      'GKE keeps idle connections 600 s, the service 600',
    ],
    ['gke-neg', 'drainingTimeoutSec":90', 'drainingTimeoutSec":89', 'GKE cuts after 89 s, before P + R, 90'],
    ['gke-neg', 'drainingTimeoutSec":90', 'drainingTimeoutSec":116', 'GKE drains 116 s, the pod has 120'],
    ['gke-neg', 'timeoutSec":30', 'timeoutSec":31', 'GKE waits 31 s for an answer, the pod 30'],
    ['gke-neg', '"port":9000,"requestPath"', '"port":3000,"requestPath"', 'GKE asks 3000/readyz'],
    ['gateway-api', '"request":"30s"', '"request":"31s"', 'gateway waits 31 s for an answer, the pod 30'],
  ])('%s: with %s as %s does not suit the pod', (name, from, to, misfit) => {
    expect(misfitsWithFront(devPlusChanged(name, from, to))).toContain(misfit);
  });

  it('asks in vain where nobody lets it in', () => {
    const resources = render(dev, { components: [component('aws-alb')] });
    const closed = resources.filter(({ metadata }) => metadata.name !== `${appName}-aws-alb`);
    expect(misfitsWithFront(closed)).toEqual(['ALB is not let in to 9000']);
  });

  it('of Google outlasts the idle connections of an Envoy in the pod', () => {
    expect(misfitsWithFront(render(dev, { components: ['envoy', 'gke-neg'].map(component) }))).toEqual([
      'GKE keeps idle connections 600 s, the service 75',
    ]);
  });

  it('comes after the sidecars, or their shorter grace period is refused at boot', () => {
    for (const name of ['aws-alb', 'aws-nlb', 'gke-neg']) {
      expect(pod(devPlus('linkerd', name)).readConfig).not.toThrow();
      expect(pod(devPlus(name, 'linkerd')).readConfig).toThrow(/preStop sleep takes|slices do not fit/);
    }
  });

  it('of the kind NLB takes longer than a spot instance has', () => {
    for (const names of [['aws-nlb'], ['spot'], ['aws-alb', 'spot']]) {
      expect(longerThanSpotNotice(devPlus(...names))).toEqual([]);
    }
    expect(longerThanSpotNotice(devPlus('aws-nlb', 'spot'))).toEqual(['G is 190 s, the notice of a spot instance 120']);
  });
});

describe('the time budget in the manifests', () => {
  it('is refused by the service when a patch shortens the grace period below the sum of the slices', () => {
    const { budget } = pod(render(dev)).readConfig();
    const tooShort = devWith({ terminationGracePeriodSeconds: budget.graceMs / 1_000 - 6 });
    expect(tooShort.readConfig).toThrow(/slices do not fit into the grace period/);
  });

  it('is refused by the service when a patch makes the preStop sleep as long as the grace period', () => {
    const { budget } = pod(render(dev)).readConfig();
    const tooLong = devWith({
      containers: [{ name: appName, lifecycle: { preStop: { sleep: { seconds: budget.graceMs / 1_000 } } } }],
    });
    expect(tooLong.readConfig).toThrow(/preStop sleep takes the whole grace period/);
  });

  it('is refused by the service when nothing has copied it from the pod spec', () => {
    expect(base.readConfig).toThrow(ConfigurationError);
    expect(base.readConfig).toThrow(/TERMINATION_GRACE_PERIOD_SECONDS=.*\n.*PRE_STOP_SECONDS=/);
  });

  it('is copied by every overlay, after everything else that may change it', () => {
    for (const folder of overlayFolders) {
      const last = kustomization(folder).transformers.at(-1) ?? '';
      expect(resolve(folder, last)).toBe(transformer);
    }
    // As a replacement of its own a component would copy before the overlay's patches.
    for (const folder of componentFolders) {
      expect(kustomization(folder).transformers).toEqual([]);
    }
  });
});

/** The names that a component, or several, are expected to have put into `SIDECARS`. */
function productsOf(folderNames: string[]): string[] {
  return folderNames.map((name) => name.replace(/-regular$/, ''));
}

/** The seconds that an annotation says: `50` and `50s`, and nothing else. */
function secondsIn(text: string): number {
  const [, number] = /^(\d+)s?$/.exec(text) ?? [];
  return Number(number);
}

/** By which annotations a proxy that gets SIGTERM with the pod's deletion stays all the same. */
function stays(annotations: Record<string, string>): Record<string, number> {
  const proxyConfig = z
    .looseObject({ terminationDrainDuration: z.string().optional(), drainDuration: z.string().optional() })
    .parse(parse(annotations['proxy.istio.io/config'] ?? '{}'));
  const said = {
    terminationDrainDuration: proxyConfig.terminationDrainDuration,
    drainDuration: proxyConfig.drainDuration,
    ...Object.fromEntries(
      [
        'config.alpha.linkerd.io/proxy-wait-before-exit-seconds',
        'dapr.io/block-shutdown-duration',
        'vault.hashicorp.com/agent-revoke-grace',
        'consul.hashicorp.com/sidecar-proxy-lifecycle-shutdown-grace-period-seconds',
      ].map((name) => [name, annotations[name]]),
    ),
  };
  return Object.fromEntries(
    Object.entries(said).flatMap(([name, text]) => (text === undefined ? [] : [[name, secondsIn(text)]])),
  );
}

/** Which of them are too short for the app, or too long for the pod together with what the proxy needs afterwards. */
function misfitsOf(staying: Record<string, number>, { budget }: Config): string[] {
  const app = (budget.preStopMs + sliceEnds(budget, true).closeMs) / 1_000;
  const most = (budget.graceMs - budget.sidecarMs) / 1_000;
  return Object.entries(staying)
    .filter(([, seconds]) => !(seconds >= app && seconds < most))
    .map(([name, seconds]) => `${name}: ${seconds}, not from ${app} to ${most}`);
}

// A proxy that is a regular container, as these leave it, or the injector.
const regular = withComponents.filter(([, , [name = '', ...more]]) => {
  return more.length === 0 && (name.endsWith('-regular') || ['vault', 'consul'].includes(name));
});

/** Whether a component puts a sidecar into the pod. */
function isSidecar(name: string): boolean {
  return kustomization(component(name)).replacements.length > 0;
}

describe('the components', () => {
  it('append their names to SIDECARS, and no other', () => {
    for (const [what, resources, names] of withComponents) {
      const { env, readConfig: config } = pod(resources);
      const products = productsOf(names.filter(isSidecar));
      expect([what, env['SIDECARS']]).toEqual([what, ['', ...products].join(',')]);
      expect(config().sidecars.map(({ name }) => name)).toEqual(products);
    }
  });

  it('leave SIDECARS empty where there are none', () => {
    expect(pod(render(dev)).env['SIDECARS']).toBe('');
  });

  it('know nothing of each other', () => {
    for (const folder of componentFolders) {
      const { kind, resources, components } = kustomization(folder);
      expect([kind, components]).toEqual(['Component', []]);
      expect(resources.filter((file) => !readdirSync(folder).includes(file))).toEqual([]);
      for (const file of readdirSync(folder)) {
        expect([file, read(folder, file).includes('../')]).toEqual([file, false]);
      }
    }
  });

  it('that add sidecars give the pod the same grace period, longer than without', () => {
    const withNone = pod(render(dev)).spec.terminationGracePeriodSeconds;
    expect(withNone).toBe(60);
    for (const [what, resources] of withComponents.filter(([, , names]) => names.every(isSidecar))) {
      expect([what, pod(resources).spec.terminationGracePeriodSeconds]).toEqual([what, 75]);
    }
  });

  it('are refused by the service in a pod that has a second less than they need', () => {
    for (const [what, resources, names] of withComponents) {
      const { budget } = pod(resources).readConfig();
      const least = (budget.preStopMs + sliceEnds(budget, true).closeMs + budget.sidecarMs + MARGIN_MS) / 1_000;
      const withGrace = (terminationGracePeriodSeconds: number) =>
        pod(rendered(names.map(component), { terminationGracePeriodSeconds })).readConfig;
      expect([what, withGrace(least)().budget.graceMs]).toEqual([what, least * 1_000]);
      expect(withGrace(least - 1)).toThrow(/slices do not fit into the grace period/);
    }
  });

  it('keep a proxy that is no native sidecar until the app is done, and end it before it is killed', () => {
    for (const [what, resources] of regular) {
      const staying = stays(pod(resources).annotations);
      expect([what, Object.keys(staying)]).not.toEqual([what, []]);
      expect([what, misfitsOf(staying, pod(resources).readConfig())]).toEqual([what, []]);
    }
  });

  it('keep it too short or too long when an annotation says so', () => {
    const config = pod(render(dev)).readConfig();
    const said = (seconds: string) => misfitsOf(stays({ 'dapr.io/block-shutdown-duration': seconds }), config);
    expect([said('50s'), said('59')]).toEqual([[], []]);
    for (const wrong of ['49s', '60s', '50ms', '1m', '']) {
      expect(said(wrong)).toEqual([expect.stringMatching(/^dapr\.io\/block-shutdown-duration: /)]);
    }
    const short = 'terminationDrainDuration: 50s\ndrainDuration: 45s';
    expect(misfitsOf(stays({ 'proxy.istio.io/config': short }), config)).toEqual([
      expect.stringMatching(/^drainDuration: 45/),
    ]);
  });

  it('take as long for their own end as the service counts on', () => {
    const own = ['config.linkerd.io/shutdown-grace-period', 'dapr.io/graceful-shutdown-seconds'];
    for (const [, resources] of withComponents.filter(([, , names]) => names.length === 1)) {
      const { annotations, readConfig: config } = pod(resources);
      const said = own.flatMap((name) => annotations[name] ?? []).map((text) => secondsIn(text) * 1_000);
      expect(said).toEqual(said.map(() => config().budget.sidecarMs));
    }
  });
});

const socket = z
  .object({ socket_address: z.object({ address: z.string(), port_value: z.int() }) })
  .transform(({ socket_address: { address, port_value: port } }) => `${address}:${port}`);
const route = z.looseObject({
  match: z.object({ path: z.string().optional(), prefix: z.string().optional() }),
  route: z.object({ cluster: z.string(), timeout: z.string().default('15s'), retry_policy: allowed }),
});
const only = <T extends z.ZodType>(type: T) => z.tuple([type]).transform(([one]) => one);
const routes = z.looseObject({ virtual_hosts: only(z.looseObject({ routes: z.array(route) })) });
const manager = z.looseObject({ stat_prefix: z.string(), route_config: routes });
const chain = z.looseObject({ filters: only(z.looseObject({ typed_config: manager })) });
const listener = z
  .looseObject({ address: socket, filter_chains: only(chain) })
  .transform(({ address, filter_chains: { filters } }) => ({
    address,
    statPrefix: filters.typed_config.stat_prefix,
    routes: filters.typed_config.route_config.virtual_hosts.routes,
  }));
const endpoints = only(z.looseObject({ lb_endpoints: only(z.object({ endpoint: z.object({ address: socket }) })) }));
const upstream = z.looseObject({ common_http_protocol_options: z.object({ idle_timeout: z.string() }) });
const envoySchema = z.looseObject({
  admin: z.object({ address: socket }),
  static_resources: z.object({
    listeners: z.array(listener),
    clusters: z.array(
      z.looseObject({
        name: z.string(),
        load_assignment: z.looseObject({ endpoints }).optional(),
        typed_extension_protocol_options: z.record(z.string(), upstream).default({}),
      }),
    ),
  }),
});

/** What of Envoy's configuration does not agree with the pod it is in, or with how the service leaves with it. */
const envoyDisagrees: Rule = (resources) => {
  const { natives, service: publicService, readConfig: config } = pod(resources);
  const { port, managementPort, keepAliveMs } = config();
  const data = z.looseObject({ data: z.object({ 'envoy.yaml': z.string() }) });
  const text = resources.flatMap((resource) => data.safeParse(resource).data ?? []).at(0)?.data['envoy.yaml'];
  const { admin, static_resources: has } = envoySchema.parse(parse(text ?? ''));
  const envoy = natives.find(({ name }) => name === 'envoy');
  const [published] = publicService.ports;
  const led = envoy?.ports.find(({ name }) => name === published?.targetPort)?.containerPort;
  // The service counts clients by this beginning.
  const inbound = has.listeners.filter(({ statPrefix }) => statPrefix.startsWith('inbound'));
  const probes = has.listeners.find(({ statPrefix }) => statPrefix === 'probes')?.routes ?? [];
  const addressOf = (name: string | undefined) =>
    has.clusters.find((cluster) => cluster.name === name)?.load_assignment?.endpoints.lb_endpoints.endpoint.address;
  const [all] = inbound.flatMap((one) => one.routes);
  const app = has.clusters.find(({ name }) => name === all?.route.cluster);
  const [kept] = Object.values(app?.typed_extension_protocol_options ?? {});
  const wanted: [string, unknown, unknown][] = [
    ['admin', admin.address, '127.0.0.1:9901'],
    ['inbound', inbound.map(({ address }) => address), [`0.0.0.0:${led}`]],
    ['app', addressOf(all?.route.cluster), `127.0.0.1:${port}`],
    ['timeout', all?.route.timeout, '0s'],
    ['retries', all?.route.retry_policy, undefined],
    ['idle', secondsIn(kept?.common_http_protocol_options.idle_timeout ?? '') * 1_000 < keepAliveMs, true],
    [
      'probes',
      probes.map(({ match, route: { cluster } }) => [match, addressOf(cluster)]),
      [
        [{ path: '/ready' }, admin.address],
        [{ path: '/readyz' }, `127.0.0.1:${managementPort}`],
      ],
    ],
    ['strategy', envoy?.args.join(' ').includes('--drain-strategy immediate'), true],
  ];
  return wanted.filter(([, is, should]) => !isDeepStrictEqual(is, should)).map(([name]) => name);
};

describe("Envoy's configuration", () => {
  const withEnvoy = withComponents.filter(([, , names]) => names.includes('envoy'));

  it('agrees with the pod it is in, and with the service', () => {
    for (const [what, resources] of withEnvoy) {
      expect([what, envoyDisagrees(resources)]).toEqual([what, []]);
    }
  });

  it.each([
    ['admin', 'address: 127.0.0.1, port_value: 9901', 'address: 0.0.0.0, port_value: 9901'],
    ['inbound', 'port_value: 8080', 'port_value: 8081'],
    ['inbound', '{"name":"http","containerPort":8080}', '{"name":"other","containerPort":8080}'],
    ['inbound', 'stat_prefix: probes', 'stat_prefix: inbound_probes'],
    ['app', 'port_value: 3000', 'port_value: 3001'],
    ['timeout', 'cluster: app, timeout: 0s', 'cluster: app'],
    ['retries', 'cluster: app,', 'cluster: app, retry_policy: { retry_on: 5xx },'],
    ['idle', 'idle_timeout: 60s', 'idle_timeout: 75s'],
    ['probes', 'path: /readyz', 'prefix: /'],
    ['probes', 'port_value: 9000', 'port_value: 9001'],
    ['strategy', '"immediate"', '"gradual"'],
  ])('does not agree: %s, when %s is %s', (name, from, to) => {
    for (const [, resources] of withEnvoy) {
      const changed = z.array(resourceSchema).parse(JSON.parse(JSON.stringify(resources).replace(from, to)));
      expect(changed).not.toEqual(resources);
      expect(envoyDisagrees(changed)).toContain(name);
    }
  });
});

describe('the base', () => {
  const podLabels = base.deployment.template.metadata.labels;
  const { spec: publicService } = baseOf(serviceSchema, 'Service');
  const { spec: disruption } = baseOf(budgetSchema, 'PodDisruptionBudget');

  it('selects its pods everywhere by the same label, the name alone', () => {
    const name = { 'app.kubernetes.io/name': podLabels['app.kubernetes.io/name'] };
    expect(base.deployment.selector.matchLabels).toEqual(name);
    expect(publicService.selector).toEqual(name);
    expect(disruption.selector.matchLabels).toEqual(name);
    for (const { labelSelector } of pod(render(production)).spec.topologySpreadConstraints) {
      expect(labelSelector.matchLabels).toEqual(name);
    }
  });

  it('publishes the public port and not the management port', () => {
    expect(publicService.type).toBe('ClusterIP');
    expect(publicService.ports.map(({ port, targetPort }) => [port, targetPort])).toEqual([[80, 'http']]);
  });

  it('lets one pod at a time be evicted, and always one that is not ready', () => {
    expect(disruption).toMatchObject({ maxUnavailable: 1, unhealthyPodEvictionPolicy: 'AlwaysAllow' });
  });

  it('leaves the processor unlimited, so that the event loop is never paused', () => {
    expect(Object.keys(base.ebb.resources.limits)).not.toContain('cpu');
  });

  it('leaves the number of replicas to the overlays', () => {
    expect(base.deployment.replicas).toBeUndefined();
    expect(pod(render(dev)).deployment.replicas).toBeUndefined();
    expect(pod(render(production)).deployment.replicas).toBeGreaterThan(2);
  });
});

describe('the overlays', () => {
  const local = ['dev', 'mesh-example'].map((name) => join(k8s, 'overlays', name));
  const others = overlayFolders.filter((folder) => !local.includes(folder));

  it('for a machine of your own run the image that was loaded into its nodes', () => {
    for (const folder of local) {
      expect(pod(render(folder)).ebb).toMatchObject({ image: `${appName}:dev`, imagePullPolicy: 'IfNotPresent' });
    }
  });

  it('for elsewhere run the image that production names, and stand upon it', () => {
    const { image } = pod(render(production)).ebb;
    for (const folder of others) {
      const { ebb, spec } = pod(render(folder));
      expect([ebb.image, ebb.imagePullPolicy]).toEqual([image, undefined]);
      expect(spec.topologySpreadConstraints.map(({ topologyKey }) => topologyKey).toSorted()).toEqual([
        'kubernetes.io/hostname',
        'topology.kubernetes.io/zone',
      ]);
    }
  });

  it('leave the namespace, but for production, to whoever applies them', () => {
    for (const folder of [join(k8s, 'base'), ...overlayFolders.filter((other) => other !== production)]) {
      expect(kustomization(folder).namespace).toBeUndefined();
      expect(render(folder).filter(({ metadata }) => metadata['namespace'] !== undefined)).toEqual([]);
    }
  });

  it('are a list and at most one patch', () => {
    for (const folder of overlayFolders) {
      const files = readdirSync(folder).filter(
        (file) => file !== 'kustomization.yaml' && !file.endsWith('.patch.yaml'),
      );
      expect([basename(folder), files]).toEqual([basename(folder), []]);
      expect(kustomization(folder).patches.length).toBeLessThanOrEqual(1);
    }
  });
});
