/** The configuration of k8s/components/envoy against the pod it is in, and against how the service leaves with it. */
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { z } from 'zod';
import { type Resource, resourceSchema } from '../../tools/lib/manifests/kustomize.js';
import { pod, withComponents } from '../../tools/lib/manifests/rendered-pod.js';

const socket = z
  .object({ socket_address: z.object({ address: z.string(), port_value: z.int() }) })
  .transform(({ socket_address: { address, port_value: port } }) => `${address}:${port}`);
const route = z.looseObject({
  match: z.object({ path: z.string().optional(), prefix: z.string().optional() }),
  route: z.object({ cluster: z.string(), timeout: z.string().default('15s'), retry_policy: z.unknown().optional() }),
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
const envoySchema = z.looseObject({
  admin: z.object({ address: socket }),
  static_resources: z.object({
    listeners: z.array(listener),
    clusters: z.array(
      z.looseObject({
        name: z.string(),
        load_assignment: z.looseObject({ endpoints }).optional(),
      }),
    ),
  }),
});

/** What of Envoy's configuration does not agree with the pod it is in, or with how the service leaves with it. */
function envoyDisagrees(resources: Resource[]): string[] {
  const { natives, service: publicService, readConfig: config } = pod(resources);
  const { port, managementPort } = config();
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
  const wanted: [string, unknown, unknown][] = [
    ['admin', admin.address, '127.0.0.1:9901'],
    ['inbound', inbound.map(({ address }) => address), [`0.0.0.0:${led}`]],
    ['app', addressOf(all?.route.cluster), `127.0.0.1:${port}`],
    ['timeout', all?.route.timeout, '0s'],
    ['retries', all?.route.retry_policy, undefined],
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
}

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
