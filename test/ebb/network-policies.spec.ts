/** The NetworkPolicies in k8s/: who may come in, and where nobody may. No cluster is needed, nor one that enforces them. */
import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { render, type Resource } from '../../tools/lib/manifests/kustomize.js';
import { appName, dev, devPlus, labels, pod, variants } from '../../tools/lib/manifests/rendered-pod.js';

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
  return resources
    .filter(({ kind }) => kind === 'NetworkPolicy')
    .map((resource) => policySchema.parse(resource))
    .filter(({ spec }) => spec.podSelector.matchLabels['app.kubernetes.io/name'] === appName)
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
function wronglyClosedOrOpen(resources: Resource[]): string[] {
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
}

const PUBLIC = { ports: [{ port: 3000 }] };
const SCRAPER = {
  from: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'monitoring' } } }],
  ports: [{ port: 9000 }],
};

/** What is wrong with who is let in when the policy of the base lets in others. */
function openness(...ingress: unknown[]): string[] {
  const patch = { kind: 'NetworkPolicy', metadata: { name: appName }, spec: { ingress } };
  return wronglyClosedOrOpen(render(dev, { patches: [patch] }));
}

describe('the NetworkPolicies', () => {
  it.each(variants)(
    'of %s let in who uses the Service, and to the management port the scraper and no other pod',
    (_, resources) => {
      expect(wronglyClosedOrOpen(resources)).toEqual([]);
    },
  );

  it('are found wanting when a port is closed, or open to too many', () => {
    expect(openness(PUBLIC, SCRAPER)).toEqual([]);
    expect(openness(SCRAPER)).toEqual(['http is closed']);
    expect(openness(PUBLIC)).toEqual(['management is closed to the scraper']);
    const everyPod = { from: [{ namespaceSelector: {} }], ports: [{ port: 9000 }] };
    expect(openness(PUBLIC, SCRAPER, everyPod)).toEqual(['management is open to "any pod"']);
    expect(openness({ ports: [{ port: 3000 }, { port: 9000 }] }, SCRAPER)).toEqual(['management is open to anybody']);
  });

  it('close nothing to the pods of a rollout that adds Envoy', () => {
    expect([3000, 8080].map((port) => letIn(devPlus('envoy'), port))).toEqual([['anybody'], ['anybody']]);
  });

  it.each(['aws-alb', 'aws-nlb', 'gke-neg'])('let in the load balancer of %s where it asks for readiness', (name) => {
    const resources = devPlus(name);
    const { managementPort } = pod(resources).readConfig();
    const letInBlocks = (among: Resource[]) => letIn(among, managementPort).filter(isBlock);
    expect(letInBlocks(resources)).not.toEqual([]);
    expect(letInBlocks(resources.filter(({ metadata }) => metadata.name !== `${appName}-${name}`))).toEqual([]);
  });
});
