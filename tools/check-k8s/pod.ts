/**
 * What the rules read of a pod, with the defaults that the API server fills in (Kubernetes 1.37, "API reference", Pod), so
 * that a rule meets numbers and not their absence.
 */
import { z } from 'zod';

/** An empty mapping in YAML is nothing at all. */
const mapping = <T extends z.ZodType>(type: T) => z.preprocess((value) => value ?? {}, z.record(z.string(), type));
const list = <T extends z.ZodType>(type: T) => z.preprocess((value) => value ?? [], z.array(type));
const text = z.union([z.string(), z.number(), z.boolean()]).transform(String);

const httpGet = z.looseObject({
  path: z.string().default('/'),
  port: z.union([z.string(), z.int()]),
  host: z.string().optional(),
});
const tcpSocket = z.looseObject({ port: z.union([z.string(), z.int()]), host: z.string().optional() });

const probe = z.looseObject({
  httpGet: httpGet.optional(),
  tcpSocket: tcpSocket.optional(),
  grpc: z.looseObject({ port: z.int() }).optional(),
  exec: z.looseObject({ command: list(z.string()) }).optional(),
  initialDelaySeconds: z.int().default(0),
  periodSeconds: z.int().default(10),
  failureThreshold: z.int().default(3),
  timeoutSeconds: z.int().default(1),
});

const hook = z.looseObject({
  sleep: z.looseObject({ seconds: z.int() }).optional(),
  exec: z.looseObject({ command: list(z.string()) }).optional(),
  httpGet: httpGet.optional(),
  tcpSocket: tcpSocket.optional(),
});

const security = {
  runAsNonRoot: z.boolean().optional(),
  runAsUser: z.int().optional(),
  seccompProfile: z.looseObject({ type: z.string() }).optional(),
};

const container = z.looseObject({
  name: z.string(),
  image: z.string().default(''),
  restartPolicy: z.string().optional(),
  command: list(z.string()),
  args: list(z.string()),
  ports: list(
    z.looseObject({
      name: z.string().optional(),
      containerPort: z.int(),
      hostPort: z.int().optional(),
      protocol: z.string().default('TCP'),
    }),
  ),
  env: list(z.looseObject({ name: z.string(), value: text.optional(), valueFrom: z.unknown().optional() })),
  envFrom: list(z.unknown()),
  lifecycle: z.looseObject({ preStop: hook.optional(), postStart: hook.optional() }).default({}),
  startupProbe: probe.optional(),
  readinessProbe: probe.optional(),
  livenessProbe: probe.optional(),
  resources: z.looseObject({ requests: mapping(text), limits: mapping(text) }).default({ requests: {}, limits: {} }),
  securityContext: z
    .looseObject({
      ...security,
      allowPrivilegeEscalation: z.boolean().optional(),
      privileged: z.boolean().optional(),
      readOnlyRootFilesystem: z.boolean().optional(),
      capabilities: z.looseObject({ add: list(z.string()), drop: list(z.string()) }).optional(),
    })
    .default({}),
});

const podSpec = z.looseObject({
  terminationGracePeriodSeconds: z.int().default(30),
  serviceAccountName: z.string().optional(),
  /** The old name of the same. */
  serviceAccount: z.string().optional(),
  automountServiceAccountToken: z.boolean().optional(),
  hostNetwork: z.boolean().optional(),
  hostPID: z.boolean().optional(),
  hostIPC: z.boolean().optional(),
  securityContext: z.looseObject(security).default({}),
  nodeSelector: mapping(text),
  tolerations: list(z.looseObject({ key: z.string().optional() })),
  affinity: z
    .looseObject({ nodeAffinity: z.unknown().optional(), podAntiAffinity: z.unknown().optional() })
    .default({}),
  topologySpreadConstraints: list(z.looseObject({ topologyKey: z.string(), matchLabelKeys: list(z.string()) })),
  initContainers: list(container),
  containers: z.array(container).min(1),
  volumes: list(z.looseObject({ name: z.string() })),
});

/** The `spec` of a Deployment or a StatefulSet. */
export const workloadSpec = z.looseObject({
  replicas: z.int().optional(),
  minReadySeconds: z.int().default(0),
  progressDeadlineSeconds: z.int().default(600),
  selector: z.looseObject({}),
  strategy: z
    .looseObject({
      type: z.string().default('RollingUpdate'),
      rollingUpdate: z
        .looseObject({ maxUnavailable: text.default('25%'), maxSurge: text.default('25%') })
        .default({ maxUnavailable: '25%', maxSurge: '25%' }),
    })
    .default({ type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '25%', maxSurge: '25%' } }),
  template: z.looseObject({
    metadata: z
      .looseObject({ labels: mapping(z.string()), annotations: mapping(z.string()) })
      .default({ labels: {}, annotations: {} }),
    spec: podSpec,
  }),
});

export type Container = z.infer<typeof container>;
export type Probe = z.infer<typeof probe>;
export type PodSpec = z.infer<typeof podSpec>;

/**
 * How long the kubelet waits before it sends SIGTERM; undefined where that cannot be read: what a command does, or who
 * answers a request.
 */
export function preStopSeconds({ lifecycle: { preStop } }: Container): number | undefined {
  const [, slept] = /(?:^|[\s/])sleep (\d+)s?$/.exec(preStop?.exec?.command.join(' ').trim() ?? '') ?? [];
  return (
    preStop?.sleep?.seconds ??
    (slept === undefined ? undefined : Number(slept)) ??
    (preStop?.exec === undefined && preStop?.httpGet === undefined ? 0 : undefined)
  );
}

/** The longest that a red probe goes unnoticed, in seconds. */
export function noticedAfter({ periodSeconds, failureThreshold, timeoutSeconds }: Probe): number {
  return periodSeconds * failureThreshold + timeoutSeconds;
}

/** The longest boot that a startup probe allows, in seconds. */
export function longestBoot({ initialDelaySeconds, periodSeconds, failureThreshold }: Probe): number {
  return initialDelaySeconds + periodSeconds * failureThreshold;
}
