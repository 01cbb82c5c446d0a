/**
 * What of `k8s/components` is used together, in the order in which an overlay lists it: a proxy with something else
 * beside it, and a load balancer after what is in the pod.
 */
const BESIDE: Readonly<Record<string, readonly string[]>> = {
  envoy: ['cloud-sql-proxy', 'otel-collector', 'vault', 'dapr', 'aws-alb'],
  istio: ['cloud-sql-proxy', 'otel-collector', 'vault', 'gateway-api'],
  linkerd: ['cloud-sql-proxy', 'otel-collector', 'vault', 'aws-nlb'],
  'otel-collector': ['aws-alb', 'aws-nlb', 'gke-neg'],
  'gateway-api': ['gke-neg'],
  'aws-alb': ['spot'],
  hpa: ['monitoring', 'spot', 'ingress'],
};

/** Each component alone, and the pairs that make sense. Whoever deletes a folder deletes its pairs with it. */
export function combinations(components: readonly string[]): string[][] {
  const pairs = Object.entries(BESIDE)
    .flatMap(([proxy, others]) => others.map((other) => [proxy, other]))
    .filter((pair) => pair.every((name) => components.includes(name)));
  return [...components.map((name) => [name]), ...pairs];
}
