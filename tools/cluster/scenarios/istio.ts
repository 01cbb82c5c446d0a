import { CALLEE, calledOut, callingOut, startCallee } from '../callee.js';
import { ClientPod } from '../../lib/kubernetes/client-pod.js';
import { withoutPodSecurity } from '../../lib/kubernetes/namespace.js';
import { type Findings, type Scenario, Skipped } from '../scenario.js';
import { LASTING_LOAD, type Stage } from '../../lib/kubernetes/stage.js';
import { missedNothing } from '../long-lived.js';
import { drain, requireDrain } from './node-drain.js';

type Kind = 'native' | 'regular';

const COMPONENTS: Readonly<Record<Kind, readonly string[]>> = { native: ['istio'], regular: ['istio-regular'] };

/** By this the injector takes a pod into the mesh. */
const IN_MESH = { 'sidecar.istio.io/inject': 'true' };

const CALL = [{ name: CALLEE, url: `http://${CALLEE}/a` }];

/** Lets Istio's containers into the namespace for a while: they need NET_ADMIN, unless its CNI plugin is there. */
async function admitted({ kubectl }: Stage, play: () => Promise<void>): Promise<void> {
  const injector = ['get', 'mutatingwebhookconfiguration', 'istio-sidecar-injector', '--ignore-not-found'];
  if ((await kubectl.run(injector)).trim() === '') {
    throw new Skipped('it wants Istio, with its sidecar injector, in the cluster');
  }
  await withoutPodSecurity(kubectl, play);
}

/** A rolling deploy, a scale-down and a drained node, one after the other. */
async function everyWay(stage: Stage): Promise<void> {
  await stage.restart();
  await stage.rolledOut();
  await stage.kubectl.run(['scale', 'deployment/ebb', '--replicas=2']);
  await stage.readyPods(2);
  await drain(stage, stage.pods[0]?.node ?? '');
  await stage.everyLeaverGone();
}

function behindIstio(kind: Kind): Scenario {
  return {
    name: `istio-${kind}`,
    what: `rollout restart, scale and drain with Istio's proxy as a ${kind} sidecar, clients outside of the mesh; WebSockets and streams too`,
    release: { components: COMPONENTS[kind] },
    run(stage, findings, { testImage, allowDrain }) {
      requireDrain(stage, allowDrain);
      return admitted(stage, async () => {
        await startCallee(stage, testImage, IN_MESH);
        await stage.deploy({ ...callingOut(testImage, CALL), replicas: 3, minReadySeconds: 1 });
        startsAfterItsProxy(stage, findings, kind);
        await stage.underLoad(() => everyWay(stage), { settings: LASTING_LOAD });
        missedNothing(stage, findings);
        if (kind === 'native') {
          turnedRed(stage, findings);
        }
        const calls = calledOut(stage);
        findings.fact(
          calls.length >= 4 && calls.every(({ [CALLEE]: status }) => status === '200'),
          `each old pod reaches another service in its last moment (${JSON.stringify(calls)})`,
        );
        findings.note(`${calls.length} pods called another service through the mesh just before they exited; all did.`);
      });
    },
  };
}

/** Under mutual TLS alone, so that its clients are in the mesh as well. */
function underStrict(kind: Kind): Scenario {
  return {
    name: `istio-${kind}-strict`,
    what: `the same with Istio's proxy as a ${kind} sidecar, clients in the mesh, PeerAuthentication STRICT`,
    release: { components: COMPONENTS[kind] },
    share: 0.1,
    clientsInside: true,
    run(stage, findings, { testImage, allowDrain }) {
      requireDrain(stage, allowDrain);
      return admitted(stage, async () => {
        const { kubectl, cluster } = stage;
        // Not open at the nodes: who is outside has no business with it.
        await stage.deploy({ image: testImage, replicas: 3, minReadySeconds: 1 }, {});
        const outside = () => fromOutside(stage);
        findings.fact((await outside()) === '200, 200', `plain clients are answered before (${await outside()})`);
        await kubectl.run(['create', '--filename', '-'], {
          input: JSON.stringify({
            apiVersion: 'security.istio.io/v1',
            kind: 'PeerAuthentication',
            metadata: { name: 'strict', labels: cluster.labels },
            spec: { mtls: { mode: 'STRICT' } },
          }),
        });
        try {
          await stage.eventually('plain clients to be refused', async () => /^5\d\d, 5\d\d$/.test(await outside()));
          const inside = await ClientPod.start(stage, testImage, { labels: IN_MESH, load: LASTING_LOAD });
          await everyWay(stage);
          const { kinds, failures, connections } = await inside.stop();
          stage.recorder.add(kinds, failures);
          stage.connections.push(...connections);
          missedNothing(stage, findings);
          findings.note(
            'The kubelet, whose probes go through the agent, finds the pods ready; plain clients are refused.',
          );
        } finally {
          await kubectl.run(['delete', 'peerauthentication', 'strict']);
        }
        if (kind === 'native') {
          turnedRed(stage, findings);
        }
      });
    },
  };
}

/** What the service and its management port answer to the API server, which is in no mesh. */
async function fromOutside({ cluster, kubectl, pods }: Stage): Promise<string> {
  const path = `/api/v1/namespaces/${kubectl.namespace}/pods/${pods[0]?.name}`;
  const answers = await Promise.all(
    ['3000/proxy/a', '9000/proxy/livez'].map((what) =>
      cluster.api.get(`${path}:${what}`).then(
        () => '200',
        (error: unknown) => /answers (\d+)/.exec((error as Error).message)?.[1] ?? String(error),
      ),
    ),
  );
  return answers.join(', ');
}

/** The probes are asked through the agent, and still tell the truth. */
function turnedRed({ observer }: Stage, findings: Findings): void {
  const leavers = observer.pods.filter(({ isGone }) => isGone);
  findings.fact(
    leavers.length > 0 && leavers.every(({ hasTurnedRed }) => hasTurnedRed),
    'the EndpointSlices say of each pod that leaves that it does not serve any more, once its readiness is red',
  );
}

/** Without what the component sets: what the cluster does by itself to a regular sidecar. */
const regularUnset: Scenario = {
  name: 'control-istio-regular',
  what: "Istio's regular sidecar without the component's times: the last calls to others fail",
  isQuiet: true,
  run: (stage, findings, { testImage }) =>
    admitted(stage, async () => {
      await startCallee(stage, testImage, IN_MESH);
      await stage.deploy({
        ...callingOut(testImage, CALL),
        components: ['istio-regular'],
        annotations: { 'proxy.istio.io/config': '' },
        replicas: 1,
        minReadySeconds: 1,
      });
      await stage.replaceAll();
      const calls = calledOut(stage);
      findings.fact(
        calls.length === 1 && calls.every(({ [CALLEE]: outcome }) => outcome === 'ECONNREFUSED'),
        `the old pod does not reach another service in its last moment (${JSON.stringify(calls)})`,
      );
      findings.note(`What came of the last call: ${calls[0]?.[CALLEE]}.`);
    }),
};

function startsAfterItsProxy({ pods }: Stage, findings: Findings, kind: Kind): void {
  for (const pod of pods) {
    const [proxy, own] = [pod.sidecar('istio-proxy'), pod.container].map((status) =>
      Date.parse(status?.state?.running?.startedAt ?? ''),
    );
    findings.fact((proxy ?? NaN) <= (own ?? NaN), `${pod.name} starts after its ${kind} proxy`);
    findings.fact(pod.event('sidecars.ready') !== undefined, `${pod.name} has waited for its proxy`);
  }
}

export const istio: readonly Scenario[] = [
  behindIstio('native'),
  behindIstio('regular'),
  underStrict('native'),
  underStrict('regular'),
  regularUnset,
];
