import { fieldOf } from '../manifest.js';
import { type Container, longestBoot, noticedAfter } from '../pod.js';
import { type Finding, type Rule, slicesOf } from '../rule.js';

const SOURCE = 'Kubernetes 1.37, "Liveness, Readiness, and Startup Probes"';

export const probes: Rule = {
  id: 'probes',
  severity: 'error',
  title: 'the service has a readiness and a liveness probe',
  source: `${SOURCE}; kube-score pod-probes`,
  check: ({ service, field }) =>
    (['readinessProbe', 'livenessProbe'] as const)
      .filter((kind) => service[kind] === undefined)
      .map((kind): Finding => ({
        says: `Container ${service.name} has no ${kind}.`,
        read: [field(service, [kind])],
        change:
          kind === 'readinessProbe'
            ? 'Add one: without it a pod gets requests as soon as its process runs.'
            : 'Add one: without it a process that hangs stays.',
      })),
};

/** Else a pod that drains, or whose database is away, is restarted. */
export const livenessIsNotReadiness: Rule = {
  id: 'liveness-is-not-readiness',
  severity: 'error',
  title: 'liveness asks something else than readiness',
  source: `${SOURCE}; kube-score pod-probes-identical`,
  check: ({ longRunning, field }) =>
    longRunning
      .filter(({ readinessProbe, livenessProbe }) => {
        const [ready, live] = [readinessProbe, livenessProbe].map((probe) =>
          JSON.stringify([probe?.httpGet, probe?.tcpSocket, probe?.grpc, probe?.exec]),
        );
        return readinessProbe !== undefined && livenessProbe !== undefined && ready === live;
      })
      .map((container): Finding => ({
        says: `${container.name}: a pod that is not ready, because it drains or misses its database, would be restarted.`,
        read: [
          field(container, ['livenessProbe', 'httpGet', 'path'], '/'),
          field(container, ['readinessProbe', 'httpGet', 'path'], '/'),
        ],
        change: 'Let liveness ask only whether a restart would help.',
      })),
};

/** q ≤ A. Of the service alone: a pod is ready when all of it is, and only the service turns red at SIGTERM. */
export const readinessNoticed: Rule = {
  id: 'readiness-noticed',
  severity: 'error',
  title: 'a red readiness probe is noticed while the service still accepts: period × threshold + time-out ≤ A',
  source: `${SOURCE}; pkg/kubelet/prober/worker.go: readiness is probed to the very end`,
  check: (workload) => {
    const slices = slicesOf(workload);
    const { service } = workload;
    const probe = service.readinessProbe;
    if (slices === undefined || probe === undefined || noticedAfter(probe) <= slices.A) {
      return [];
    }
    const { periodSeconds, failureThreshold, timeoutSeconds } = probe;
    const where = (name: string, fallback: number) => workload.field(service, ['readinessProbe', name], fallback);
    return [
      {
        says: `Who goes by the readiness of ${service.name} learns of SIGTERM only after the listener has closed.`,
        read: [where('periodSeconds', 10), where('failureThreshold', 3), where('timeoutSeconds', 1)],
        sum: `${periodSeconds} × ${failureThreshold} + ${timeoutSeconds} = ${noticedAfter(probe)}, more than A = ${slices.A}`,
        change: `Probe more often, or raise LAME_DUCK_SECONDS to at least ${noticedAfter(probe)}.`,
      },
    ];
  },
};

export const startupProbe: Rule = {
  id: 'startup-probe',
  severity: 'error',
  title: 'a startup probe holds liveness back for the longest boot, waiting for sidecars included',
  source: SOURCE,
  check: ({ service, settings, field, variable }) => {
    const probe = service.startupProbe;
    if (probe === undefined) {
      return [
        {
          says: `Container ${service.name} has no startupProbe: a slow start is killed by liveness, or liveness is made slow for it.`,
          read: [field(service, ['startupProbe'])],
          change: 'Add one with periodSeconds: 1 and a failureThreshold for the longest boot in seconds.',
        },
      ];
    }
    const needed = settings.kind === 'own' ? settings.config.sidecarStartMs / 1_000 : 0;
    const { initialDelaySeconds, periodSeconds, failureThreshold } = probe;
    return longestBoot(probe) >= needed
      ? []
      : [
          {
            says: `Container ${service.name} is restarted while it still waits for its sidecars.`,
            read: [
              field(service, ['startupProbe', 'failureThreshold'], 3),
              field(service, ['startupProbe', 'periodSeconds'], 10),
              variable('SIDECAR_START_SECONDS', needed),
            ],
            sum: `${initialDelaySeconds} + ${periodSeconds} × ${failureThreshold} = ${longestBoot(probe)}, less than SIDECAR_START_SECONDS = ${needed}`,
            change: `Raise failureThreshold, or lower SIDECAR_START_SECONDS to at most ${longestBoot(probe)}.`,
          },
        ];
  },
};

function boots(containers: readonly Container[]): { container: Container; seconds: number }[] {
  return containers.flatMap((container) =>
    container.startupProbe === undefined ? [] : [{ container, seconds: longestBoot(container.startupProbe) }],
  );
}

export const progressDeadline: Rule = {
  id: 'progress-deadline',
  severity: 'error',
  title: 'the slowest boot, sidecars one after the other, ends before the rollout counts as failed',
  source: 'Kubernetes 1.37, "Deployments", progressDeadlineSeconds',
  check: ({ manifest, spec, natives, pod, field }) => {
    // Native sidecars start one after the other, the others all at once.
    const last = boots(pod.containers)
      .toSorted((one, other) => other.seconds - one.seconds)
      .slice(0, 1);
    const inTurn = [...boots(natives), ...last];
    const slowest = inTurn.reduce((sum, { seconds }) => sum + seconds, spec.minReadySeconds);
    if (manifest.kind !== 'Deployment' || spec.progressDeadlineSeconds > slowest) {
      return [];
    }
    return [
      {
        says: 'A rollout whose pods start slowly, but as they may, is reported as failed.',
        read: [
          fieldOf(manifest, ['spec', 'progressDeadlineSeconds'], 600),
          fieldOf(manifest, ['spec', 'minReadySeconds'], 0),
          ...inTurn.map(({ container }) => field(container, ['startupProbe', 'failureThreshold'], 3)),
        ],
        sum: `${[...inTurn.map(({ seconds }) => seconds), spec.minReadySeconds].join(' + ')} = ${slowest}, not less than ${spec.progressDeadlineSeconds}`,
        change: `Raise progressDeadlineSeconds above ${slowest}, or shorten the startup probes.`,
      },
    ];
  },
};
