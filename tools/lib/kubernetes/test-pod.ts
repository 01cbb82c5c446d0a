import { ClusterError } from './kubectl.js';
import type { Stage } from './stage.js';

const START_CEILING_SECONDS = 60;

/** One more pod, which runs a program of the test image. */
export interface TestPod {
  readonly name: string;
  readonly image: string;
  readonly args: readonly string[];
  readonly graceSeconds: number;
  /** By which a Service finds it, or a mesh takes it in. */
  readonly labels?: Readonly<Record<string, string>>;
  readonly nodeName?: string | undefined;
}

/** Starts it, and waits until it is ready. @throws {@link ClusterError} when it does not start */
export async function startTestPod({ kubectl }: Stage, pod: TestPod): Promise<void> {
  const { name, image } = pod;
  await kubectl.run(['create', '--filename', '-'], { input: JSON.stringify(manifest(pod)) });
  await kubectl
    .run(['wait', `pod/${name}`, '--for=condition=Ready', `--timeout=${START_CEILING_SECONDS}s`], {
      ceilingMs: (START_CEILING_SECONDS + 10) * 1_000,
    })
    .catch(() => {
      throw new ClusterError(
        `Pod ${name} does not start. Can the nodes have ${image}? Name another with --test-image.`,
      );
    });
}

function manifest({ name, image, args, graceSeconds, labels = {}, nodeName }: TestPod): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    // Not by the labels of the run: it belongs to no Deployment, so that a node would not be drained of it.
    metadata: { name, labels },
    spec: {
      terminationGracePeriodSeconds: graceSeconds,
      nodeName,
      automountServiceAccountToken: false,
      securityContext: { runAsNonRoot: true, runAsUser: 65_532, seccompProfile: { type: 'RuntimeDefault' } },
      containers: [
        {
          name,
          image,
          imagePullPolicy: 'IfNotPresent',
          args,
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
