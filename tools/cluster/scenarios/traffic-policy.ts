import { ClientPod } from '../../lib/kubernetes/client-pod.js';
import { type Scenario, Skipped } from '../scenario.js';

/** So many pods on each node, so that one of them is always there when the other is replaced. */
const PER_NODE = 2;
const MOST_NODES = 4;

function withPolicy(trafficPolicy: 'Cluster' | 'Local'): Scenario {
  return {
    name: `traffic-${trafficPolicy.toLowerCase()}`,
    what: `externalTrafficPolicy and internalTrafficPolicy ${trafficPolicy}, with clients outside and inside of the cluster`,
    async run(stage, findings, { testImage }) {
      const { nodes, options } = stage.cluster;
      if (nodes.length > MOST_NODES) {
        throw new Skipped(`it wants ${PER_NODE} pods on every node, and this cluster has ${nodes.length}`);
      }
      await stage.deploy(
        { replicas: PER_NODE * nodes.length, minReadySeconds: 1 },
        { nodePort: options.nodePort, trafficPolicy },
      );
      const inside = await ClientPod.start(stage, testImage);
      await stage.underLoad(async () => {
        await stage.replaceAll();
        const { kinds, failures } = await inside.stop();
        const requests = kinds.reduce((sum, kind) => sum + kind.requests, 0);
        findings.fact(requests > 0, 'the client inside of the cluster sends requests');
        findings.note(
          `${requests.toLocaleString('en-US')} requests came from a pod, through the ClusterIP; ${failures.length} failed.`,
        );
        stage.recorder.add(kinds, failures);
      });
    },
  };
}

export const trafficCluster = withPolicy('Cluster');
export const trafficLocal = withPolicy('Local');
