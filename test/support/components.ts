/** What of `k8s/components` is used together: a proxy with something else beside it. */
const BESIDE: Readonly<Record<string, readonly string[]>> = {
  envoy: ['cloud-sql-proxy', 'otel-collector', 'vault', 'dapr'],
  istio: ['cloud-sql-proxy', 'otel-collector', 'vault'],
  linkerd: ['cloud-sql-proxy', 'otel-collector', 'vault'],
};

/** Each component alone, and the pairs that make sense. Whoever deletes a folder deletes its pairs with it. */
export function combinations(components: readonly string[]): string[][] {
  const pairs = Object.entries(BESIDE)
    .flatMap(([proxy, others]) => others.map((other) => [proxy, other]))
    .filter((pair) => pair.every((name) => components.includes(name)));
  return [...components.map((name) => [name]), ...pairs];
}
