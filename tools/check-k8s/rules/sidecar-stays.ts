/**
 * Proxies that get SIGTERM when the pod is deleted, as regular containers do, and stay because a setting says so: until the
 * service is gone, and not until the pod is killed.
 */
import { parse } from 'yaml';
import { bareSeconds, goSeconds } from '../duration.js';
import { type Field, textOf, valueAt } from '../manifest.js';
import { preStopSeconds } from '../pod.js';
import { type Finding, goneAfter, type Rule, slicesOf, spelt } from '../rule.js';
import type { Workload } from '../workload.js';

/** How long it stays. */
interface Stay {
  readonly seconds: number;
  readonly field: Field;
  /** What it needs afterwards. */
  readonly afterwards?: number;
  /** It may end earlier, by itself: then it is no harm that it could stay longer than the pod. */
  readonly isCeiling?: boolean;
  /** What to do instead of setting it. */
  readonly change?: string;
}

/** A rule that every one of some times is from P + A + R + C to G, what comes afterwards included. */
function stays(
  about: Pick<Rule, 'id' | 'source'> & { readonly product: string; readonly hasNative: boolean },
  timesOf: (workload: Workload) => readonly Stay[],
): Rule {
  return {
    id: about.id,
    severity: 'error',
    title: `${about.product} as a regular container stays until the service is gone, and is gone before the pod is killed`,
    source: about.source,
    check: (workload) => {
      const slices = slicesOf(workload);
      if (slices === undefined) {
        return [];
      }
      const least = goneAfter(slices);
      return timesOf(workload).flatMap(({ seconds, field, afterwards = 0, isCeiling, change }): Finding[] => {
        if (seconds >= least && (isCeiling === true || seconds + afterwards < slices.G)) {
          return [];
        }
        const end = afterwards === 0 ? String(seconds) : `${seconds} + ${afterwards} = ${seconds + afterwards}`;
        const instead = about.hasNative ? ', or take a native sidecar, which needs none of this' : '';
        return [
          {
            says: Number.isNaN(seconds)
              ? `${about.product} is told to stay for something that is no duration it knows.`
              : seconds < least
                ? `${about.product} is gone, or refuses what is new, while the service still works.`
                : `${about.product} is killed with the pod before it is done.`,
            read: [field, workload.podField(['terminationGracePeriodSeconds'], 30)],
            sum: `${spelt(slices)} ≤ ${seconds}, and ${end} < G = ${slices.G}, does not hold`,
            change:
              change ??
              (least + afterwards < slices.G
                ? `Set it to at least ${least} and less than ${slices.G - afterwards}${instead}.`
                : `Raise terminationGracePeriodSeconds above ${least + afterwards}, of which it takes ${afterwards} for its own end, and set it to at least ${least}${instead}.`),
          },
        ];
      });
    },
  };
}

const said = (workload: Workload, name: string, read: (text: string) => number, fallback: number): Stay => ({
  seconds: name in workload.annotations ? read(workload.annotations[name] ?? '') : fallback,
  field: workload.annotation(name, fallback),
});
const secondsSaid = (workload: Workload, name: string, read: (text: string) => number, fallback: number) =>
  said(workload, name, read, fallback).seconds;

const PROXY_CONFIG = 'proxy.istio.io/config';

export const istioStays = stays(
  {
    id: 'istio-stays',
    product: "Istio's proxy",
    hasNative: true,
    source: 'Istio 1.32, pkg/envoy/agent.go; issue 36660',
  },
  (workload) => {
    if (workload.annotations['sidecar.istio.io/nativeSidecar'] !== 'false') {
      return [];
    }
    let config: unknown;
    try {
      config = parse(workload.annotations[PROXY_CONFIG] ?? '');
    } catch {
      config = undefined;
    }
    // It stops accepting after drainDuration, and ends after terminationDrainDuration: both have to last. Told to end
    // with the last connection, it goes by another one, which is a variable.
    const untilIdle = textOf(valueAt(config, ['proxyMetadata', 'EXIT_ON_ZERO_ACTIVE_CONNECTIONS']) ?? '') === 'true';
    const stay = untilIdle
      ? { path: ['proxyMetadata', 'MINIMUM_DRAIN_DURATION'], fallback: 5 }
      : { path: ['terminationDrainDuration'], fallback: 5 };
    return [stay, { path: ['drainDuration'], fallback: 45 }].map(({ path, fallback }) => {
      const value = valueAt(config, path);
      const name = path.at(-1);
      return {
        seconds: value === undefined ? fallback : goSeconds(textOf(value)),
        field: {
          ...workload.annotation(PROXY_CONFIG),
          value: value === undefined ? `${name}: ${fallback}s (not set, the default)` : `${name}: ${textOf(value)}`,
        },
      };
    });
  },
);

export const linkerdStays = stays(
  {
    id: 'linkerd-stays',
    product: "Linkerd's proxy",
    hasNative: true,
    source: 'Linkerd 2.20, "Graceful Pod Shutdown"; pkg/k8s/labels.go',
  },
  (workload) =>
    workload.annotations['config.linkerd.io/proxy-enable-native-sidecar'] === 'false' &&
    workload.annotations['linkerd.io/inject'] !== 'disabled'
      ? [
          {
            ...said(workload, 'config.alpha.linkerd.io/proxy-wait-before-exit-seconds', bareSeconds, 0),
            afterwards: secondsSaid(workload, 'config.linkerd.io/shutdown-grace-period', goSeconds, 120),
          },
        ]
      : [],
);

const isDapr = ({ annotations }: Workload) => annotations['dapr.io/enabled'] === 'true';
const isNativeDapr = ({ annotations }: Workload) => annotations['dapr.io/enable-native-sidecar'] === 'true';

export const daprStays = stays(
  {
    id: 'dapr-stays',
    product: 'daprd',
    hasNative: true,
    source: 'Dapr 1.18, "Dapr arguments and annotations"; pkg/runtime/runtime.go',
  },
  (workload) =>
    isDapr(workload) && !isNativeDapr(workload)
      ? [
          {
            ...said(workload, 'dapr.io/block-shutdown-duration', goSeconds, 0),
            afterwards: secondsSaid(workload, 'dapr.io/graceful-shutdown-seconds', bareSeconds, 5),
          },
        ]
      : [],
);

/** Without the switch it is read by nobody. */
function consulGrace(workload: Workload): Stay {
  const name = 'enable-sidecar-proxy-lifecycle';
  const isOn = workload.annotations[`consul.hashicorp.com/${name}`] === 'true';
  return isOn
    ? said(workload, 'consul.hashicorp.com/sidecar-proxy-lifecycle-shutdown-grace-period-seconds', bareSeconds, 0)
    : {
        seconds: 0,
        field: workload.annotation(`consul.hashicorp.com/${name}`, 'false'),
        change: `Set consul.hashicorp.com/${name} to true, and how long the proxy stays.`,
      };
}

export const consulStays = stays(
  {
    id: 'consul-stays',
    product: 'Consul dataplane',
    hasNative: false,
    source: 'Consul dataplane 1.4, pkg/consuldp/lifecycle.go',
  },
  (workload) => (workload.annotations['consul.hashicorp.com/connect-inject'] === 'true' ? [consulGrace(workload)] : []),
);

export const vaultStays = stays(
  {
    id: 'vault-stays',
    product: 'Vault agent, which revokes its token on leaving,',
    hasNative: false,
    source: 'Vault agent injector 1.4, agent-inject/agent/annotations.go, container_sidecar.go',
  },
  (workload) =>
    workload.annotations['vault.hashicorp.com/agent-revoke-on-shutdown'] === 'true' &&
    workload.annotations['vault.hashicorp.com/agent-pre-populate-only'] !== 'true'
      ? [said(workload, 'vault.hashicorp.com/agent-revoke-grace', bareSeconds, 5)]
      : [],
);

export const cloudSqlProxyStays = stays(
  {
    id: 'cloud-sql-proxy-stays',
    product: 'Cloud SQL Auth Proxy',
    hasNative: true,
    source: 'Cloud SQL Auth Proxy 2.25, cmd/root.go',
  },
  (workload) =>
    workload.pod.containers
      .filter(({ image }) => image.includes('cloud-sql-proxy') || image.includes('cloudsql-proxy'))
      .flatMap((container) => {
        // Before SIGTERM it has its own preStop sleep, if it has one.
        const slept = preStopSeconds(container) ?? 0;
        const words = [...container.command, ...container.args].flatMap((arg) => arg.split('='));
        return ['min', 'max'].map((bound): Stay => {
          const flag = `--${bound}-sigterm-delay`;
          const variable = `CSQL_PROXY_${bound.toUpperCase()}_SIGTERM_DELAY`;
          const at = words.indexOf(flag);
          const text = at < 0 ? container.env.find(({ name }) => name === variable)?.value : (words[at + 1] ?? '');
          return {
            seconds: slept + (text === undefined ? 0 : goSeconds(text)),
            field: {
              ...workload.field(container, at < 0 && text !== undefined ? ['env', { name: variable }] : ['args']),
              value: text === undefined ? `${flag} (not set): 0` : `${flag}=${text}`,
            },
            // It ends with its last connection, at the latest then.
            isCeiling: bound === 'max',
          };
        });
      }),
);

/** The end of injected native sidecars, of which the service counts S. */
export const sidecarEnds: Rule = {
  id: 'sidecar-ends',
  severity: 'error',
  title: 'an injected native sidecar ends within what is kept for sidecars: S',
  source: 'src/ebb/sidecars/table.ts; Kubernetes 1.37, "Sidecar Containers", termination',
  check: (workload) => {
    const slices = slicesOf(workload);
    if (slices === undefined) {
      return [];
    }
    const { annotations } = workload;
    const ends = [
      annotations['linkerd.io/inject'] === 'enabled' &&
      annotations['config.linkerd.io/proxy-enable-native-sidecar'] !== 'false'
        ? [said(workload, 'config.linkerd.io/shutdown-grace-period', goSeconds, 120)]
        : [],
      isDapr(workload) && isNativeDapr(workload)
        ? [said(workload, 'dapr.io/graceful-shutdown-seconds', bareSeconds, 5)]
        : [],
    ].flat();
    return ends
      .filter(({ seconds }) => !(seconds <= slices.S))
      .map(({ seconds, field }): Finding => ({
        says: 'The sidecar may take longer after the service than the grace period has room for.',
        read: [field, workload.variable('SIDECAR_SECONDS', slices.S)],
        sum: `${seconds} ≤ S = ${slices.S} does not hold`,
        change: `Set it to at most ${slices.S}, or raise SIDECAR_SECONDS and the grace period.`,
      }));
  },
};

/** Dapr lets go early when what it takes for the app's health is its readiness. */
export const daprAppHealth: Rule = {
  id: 'dapr-app-health',
  severity: 'error',
  title: "Dapr's app health check does not ask for readiness, which is red from SIGTERM on",
  source: 'Dapr 1.18, "App health checks"; block-shutdown-duration ends when the app is unhealthy',
  check: (workload): Finding[] => {
    const { annotations, service } = workload;
    const path = annotations['dapr.io/app-health-check-path'] ?? '/healthz';
    return isDapr(workload) &&
      annotations['dapr.io/enable-app-health-check'] === 'true' &&
      service.readinessProbe?.httpGet?.path === path
      ? [
          {
            says: 'daprd takes a service that drains for unhealthy, and stops before it is done.',
            read: [
              workload.annotation('dapr.io/app-health-check-path', '/healthz'),
              workload.field(service, ['readinessProbe', 'httpGet', 'path'], '/'),
            ],
            change: 'Let it ask for liveness.',
          },
        ]
      : [];
  },
};
