import type { Failure, KindRecord } from '../rollout/result.js';
import { ClusterError } from './kubectl.js';
import { MADE_BY } from './release.js';
import type { Stage } from './stage.js';

const NAME = 'client';

/** The longest request of its clients, and a moment to say what came of them. */
const GRACE_SECONDS = 30;

const STOP_CEILING_MS = (GRACE_SECONDS + 15) * 1_000;

/** What the clients in the pod counted. */
export interface Counted {
  readonly kinds: readonly KindRecord[];
  readonly failures: readonly Failure[];
}

/** Clients in a pod of the cluster, which reach the service through its ClusterIP. `client-pod.main.ts` is what it runs. */
export class ClientPod {
  private constructor(private readonly stage: Stage) {}

  /** @throws {@link ClusterError} when the pod does not start */
  static async start(stage: Stage, image: string): Promise<ClientPod> {
    const { kubectl } = stage;
    const service = await kubectl.json<{ spec: { clusterIP: string } }>(['get', 'service', 'ebb']);
    await kubectl.run(['create', '--filename', '-'], {
      input: JSON.stringify(manifest(image, service.spec.clusterIP)),
    });
    await kubectl.run(['wait', `pod/${NAME}`, '--for=condition=Ready', '--timeout=60s'], { ceilingMs: 70_000 });
    return new ClientPod(stage);
  }

  /** Lets the clients finish. Resolves with what they counted, which is the last line of the pod's log. */
  async stop(): Promise<Counted> {
    const { api, options } = this.stage.cluster;
    const path = `/api/v1/namespaces/${options.namespace}/pods/${NAME}/log?follow=true`;
    await this.stage.kubectl.run(['delete', 'pod', NAME, '--wait=false']);
    let last = '';
    for await (const line of api.lines(path, AbortSignal.timeout(STOP_CEILING_MS))) {
      last = line === '' ? last : line;
    }
    try {
      return JSON.parse(last) as Counted;
    } catch {
      throw new ClusterError(`The clients in pod ${NAME} did not say what they counted, but: ${last}`);
    }
  }
}

function manifest(image: string, clusterIp: string): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: NAME, labels: MADE_BY },
    spec: {
      terminationGracePeriodSeconds: GRACE_SECONDS,
      automountServiceAccountToken: false,
      securityContext: { runAsNonRoot: true, runAsUser: 65_532, seccompProfile: { type: 'RuntimeDefault' } },
      containers: [
        {
          name: NAME,
          image,
          imagePullPolicy: 'IfNotPresent',
          args: ['dist-test/test/cluster/client-pod.main.js', clusterIp, '80'],
          securityContext: {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ['ALL'] },
          },
        },
      ],
    },
  };
}
