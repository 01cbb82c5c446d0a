import { CALLEE, calledOut, callingOut, startCallee } from '../callee.js';
import type { Call } from '../../lib/peers/call-all.js';
import type { ObservedPod } from '../../lib/kubernetes/observed-pod.js';
import type { Release } from '../../lib/kubernetes/release.js';
import type { Findings, Scenario } from '../scenario.js';
import type { Stage } from '../../lib/kubernetes/stage.js';

/** What the table says that the four need after the service, one after the other, and a second that clocks are rounded by. */
const SIDECARS_CEILING_MS = 12_000 + 1_000;

/** Real programs, under the names of their containers. */
const NATIVE = ['envoy', 'cloud-sql-proxy', 'otel-collector', 'dapr'] as const;

const CALLS: Readonly<Record<string, Call>> = {
  // Dapr's invocation of a service that has no Dapr.
  dapr: { name: 'dapr', url: `http://127.0.0.1:3500/v1.0/invoke/http://${CALLEE}/method/a` },
  envoy: { name: 'envoy', url: 'http://127.0.0.1:10000/a', host: CALLEE },
  'cloud-sql-proxy': { name: 'cloud-sql-proxy', url: 'http://127.0.0.1:9090/liveness' },
  'otel-collector': { name: 'otel-collector', url: 'http://127.0.0.1:13133/' },
};

/** Dapr's injector is not there to make this container; the component's annotations are what it would make it from. */
function daprd(more: readonly string[] = []): object {
  return {
    name: 'dapr',
    image: 'daprio/daprd:1.14.0',
    args: [
      '--app-id=ebb',
      '--app-port=3000',
      '--resources-path=/tmp',
      '--metrics-port=9095',
      '--dapr-listen-addresses=127.0.0.1',
      '--dapr-graceful-shutdown-seconds=5',
      ...more,
    ],
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    },
    volumeMounts: [{ name: 'tmp', mountPath: '/tmp' }],
  };
}

/** There is no cloud here, which it does not need for anything but a connection to a database. */
const CLOUDLESS = [
  { name: 'CSQL_PROXY_INSTANCE_CONNECTION_NAME', value: 'project:region:instance' },
  { name: 'CSQL_PROXY_TOKEN', value: 'none' },
  { name: 'CSQL_PROXY_LAZY_REFRESH', value: 'true' },
];

export const fourSidecars: Scenario = {
  name: 'four-sidecars',
  what: 'rollout restart with Envoy, daprd, the Cloud SQL proxy and a collector as native sidecars',
  release: {
    components: ['envoy', 'cloud-sql-proxy', 'otel-collector'],
    nativeSidecars: [
      { name: 'cloud-sql-proxy', env: CLOUDLESS },
      { ...daprd(), restartPolicy: 'Always' },
    ],
  },
  async run(stage, findings, { testImage }) {
    await startCallee(stage, testImage);
    const { env, ...release } = callingOut(testImage, Object.values(CALLS));
    await stage.deploy({
      ...release,
      env: { ...env, SIDECARS: NATIVE.join(',') },
      replicas: 2,
      minReadySeconds: 1,
    });
    const old = stage.pods;
    for (const pod of old) {
      findings.fact(pod.event('sidecars.ready') !== undefined, `${pod.name} has waited for its sidecars`);
    }
    await stage.underLoad(() => stage.replaceAll());
    const tookMs = old.map((pod) => outlived(pod, findings));
    findings.note(
      `Every sidecar outlived the service; the last was gone ${tookMs.join(', ')} ms after it (whole seconds).`,
    );
    allReached(stage, findings, NATIVE, old.length);
  },
};

/** Each of them as a regular container, told to end when the pod is deleted, while the service has still all to do. */
export const regularSidecars: Scenario = {
  name: 'regular-sidecars',
  what: 'daprd, the Cloud SQL proxy and a collector as regular containers, as they are and told to stay',
  isQuiet: true,
  async run(stage, findings, { testImage }) {
    await startCallee(stage, testImage);
    const names = ['dapr', 'cloud-sql-proxy', 'otel-collector'];
    // The first leaves when the second is rolled out.
    await stage.deploy(regular(testImage, names, false));
    await stage.deploy(regular(testImage, names, true));
    await stage.everyLeaverGone();
    await stage.replaceAll();
    const calls = calledOut(stage);
    const [without = {}, withTimes = {}] = calls;
    findings.fact(calls.length === 2, `two pods have left (${JSON.stringify(calls)})`);
    findings.fact(
      names.every((name) => without[name] === 'ECONNREFUSED'),
      `the last calls fail as they are (${JSON.stringify(without)})`,
    );
    findings.fact(
      names.every((name) => isYes(withTimes[name])),
      `the last calls succeed where they are told to stay (${JSON.stringify(withTimes)})`,
    );
    findings.note(`As they are: ${JSON.stringify(without)}. Told to stay: ${JSON.stringify(withTimes)}.`);
  },
};

/**
 * Longer than this service takes, which has nothing to answer. The components say P + A + R + C, 50 s, which is as long as one
 * takes at most.
 */
const STAY_SECONDS = 20;

function regular(testImage: string, names: readonly string[], stays: boolean): Partial<Release> {
  const { env, ...release } = callingOut(
    testImage,
    names.flatMap((name) => CALLS[name] ?? []),
  );
  const stay = (args: readonly string[]) => (stays ? args : []);
  const hardened = { securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } } };
  return {
    ...release,
    env: { ...env, SIDECARS: names.join(',') },
    replicas: 1,
    minReadySeconds: 1,
    graceSeconds: 75,
    containers: [
      daprd(stay([`--dapr-block-shutdown-duration=${STAY_SECONDS}s`])),
      {
        ...hardened,
        name: 'cloud-sql-proxy',
        image: 'gcr.io/cloud-sql-connectors/cloud-sql-proxy:2.27.0',
        args: [
          '--health-check',
          '--http-port=9090',
          '--port=5432',
          ...stay([`--min-sigterm-delay=${STAY_SECONDS}s`, `--max-sigterm-delay=${STAY_SECONDS}s`]),
        ],
        env: CLOUDLESS,
      },
      {
        ...hardened,
        name: 'otel-collector',
        image: 'otel/opentelemetry-collector:0.160.0',
        args: ['--config=yaml:extensions::health_check::endpoint: 127.0.0.1:13133', `--config=yaml:${COLLECTOR}`],
        ...(stays ? { lifecycle: { preStop: { sleep: { seconds: STAY_SECONDS } } } } : {}),
      },
    ],
  };
}

const COLLECTOR = JSON.stringify({
  receivers: { otlp: { protocols: { http: { endpoint: '127.0.0.1:4318' } } } },
  exporters: { debug: {} },
  service: { extensions: ['health_check'], pipelines: { traces: { receivers: ['otlp'], exporters: ['debug'] } } },
});

const isYes = (outcome = '') => outcome.startsWith('2');

function allReached(stage: Stage, findings: Findings, names: readonly string[], pods: number): void {
  const calls = calledOut(stage);
  findings.fact(
    calls.length === pods && calls.every((call) => names.every((name) => isYes(call[name]))),
    `the last calls of each old pod, just before it exits, are answered (${JSON.stringify(calls)})`,
  );
  findings.note(
    `Calls in the last moment before the exit of ${calls.length} pods, by ${names.join(', ')}: all answered.`,
  );
}

/** How long its sidecars were there after it, in ms; they are ended one after the other. */
function outlived(pod: ObservedPod, findings: Findings): number {
  const endOf = (name: string) => Date.parse(pod.sidecar(name)?.state?.terminated?.finishedAt ?? '');
  const own = endOf('ebb');
  const others = NATIVE.map(endOf);
  findings.fact(
    others.every((end) => end >= own),
    `every sidecar of ${pod.name} ends after the service (${others.map((end) => end - own).join(', ')} ms)`,
  );
  const lastMs = Math.max(...others) - own;
  findings.fact(lastMs <= SIDECARS_CEILING_MS, `the sidecars of ${pod.name} end within their time (${lastMs} ms)`);
  return lastMs;
}
