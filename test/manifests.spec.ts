/** The rules that k8s/ and the service must keep together, checked on the files alone, as kustomize renders them. */
import { readdirSync } from 'node:fs';
import { basename, join, relative, resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { z } from 'zod';
import { type Config, ConfigurationError, readConfig } from '../src/config/config.js';
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
        topologySpreadConstraints: z.array(z.looseObject({ labelSelector: z.looseObject({ matchLabels: labels }) })),
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

/** A pod as one overlay makes it, and what the service in it reads. */
function pod(resources: Resource[]) {
  const { spec } = deploymentSchema.parse(resources.find(({ kind }) => kind === 'Deployment'));
  const podSpec = spec.template.spec;
  const ebb = service.parse(podSpec.containers.find(({ name }) => name === appName));
  const natives = podSpec.initContainers.filter(({ restartPolicy }) => restartPolicy === 'Always');
  const env = Object.fromEntries(ebb.env.map(({ name, value }) => [name, value]));
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

  it('finds a Service that leads nowhere', () => {
    const patch = { kind: 'Service', metadata: { name: appName }, spec: { ports: [{ port: 80, targetPort: 'no' }] } };
    expect(portsMeetNobody(render(dev, { patches: [patch] }))).toEqual(['no']);
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

describe('the components', () => {
  it('append their names to SIDECARS, and no other', () => {
    for (const [what, resources, names] of withComponents) {
      const { env, readConfig: config } = pod(resources);
      expect([what, env['SIDECARS']]).toEqual([what, ['', ...productsOf(names)].join(',')]);
      expect(config().sidecars.map(({ name }) => name)).toEqual(productsOf(names));
    }
  });

  it('leave SIDECARS empty where there are none', () => {
    expect(pod(render(dev)).env['SIDECARS']).toBe('');
  });

  it('know nothing of each other', () => {
    for (const folder of componentFolders) {
      expect(kustomization(folder)).toMatchObject({ kind: 'Component', resources: [], components: [] });
      for (const file of readdirSync(folder)) {
        expect([file, read(folder, file).includes('../')]).toEqual([file, false]);
      }
    }
  });

  it('give the pod the same grace period, longer than without', () => {
    const withNone = pod(render(dev)).spec.terminationGracePeriodSeconds;
    expect(withNone).toBe(60);
    for (const [what, resources] of withComponents) {
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
    expect(base.spec.topologySpreadConstraints.map(({ labelSelector }) => labelSelector.matchLabels)).toEqual([name]);
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
    expect(pod(render(production)).deployment.replicas).toBeGreaterThan(2);
  });
});

describe('the overlays', () => {
  it('run the image that was loaded into the nodes, but for production', () => {
    for (const folder of overlayFolders.filter((other) => other !== production)) {
      expect(pod(render(folder)).ebb).toMatchObject({ image: `${appName}:dev`, imagePullPolicy: 'IfNotPresent' });
    }
  });

  it('leave the namespace, but for production, to whoever applies them', () => {
    for (const folder of [join(k8s, 'base'), ...overlayFolders.filter((other) => other !== production)]) {
      expect(kustomization(folder).namespace).toBeUndefined();
      expect(render(folder).filter(({ metadata }) => metadata['namespace'] !== undefined)).toEqual([]);
    }
  });

  it('hold in production no pull policy of a machine without a registry', () => {
    expect(pod(render(production)).ebb.imagePullPolicy).toBeUndefined();
  });

  it('are a list and patches', () => {
    for (const folder of overlayFolders) {
      const others = readdirSync(folder).filter(
        (file) => file !== 'kustomization.yaml' && !file.endsWith('.patch.yaml'),
      );
      expect([basename(folder), others]).toEqual([basename(folder), []]);
    }
  });
});
