/** What is legal, and what charts make of it, is read as the API server reads it; and what is secret is not told. */
import { describe, expect, it } from '@jest/globals';
import { check } from './check.js';
import { behindAlb, name, production, type Rendered, TYPICAL } from './fixtures.js';
import { BadManifests } from './manifest.js';

const rules = (yaml: string) => check(yaml).objections.map(({ rule }) => rule);
const SOUND = production().yaml();

/** The same objects in a namespace. */
function inNamespace(rendered: Rendered, namespace: string): string {
  for (const one of rendered.objects) {
    (one as { metadata: { namespace?: string } }).metadata.namespace = namespace;
  }
  return rendered.yaml();
}

const list = (items: unknown) => ({ apiVersion: 'v1', kind: 'List', items });

/** What is said of a typical service's preStop command. */
function withPreStop(command: string) {
  const image = 'image: web:latest';
  return check(TYPICAL.replace(image, `${image}\n          lifecycle: { preStop: { exec: { command: ${command} } } }`))
    .objections.filter(({ rule }) => rule.startsWith('pre-stop'))
    .map(({ rule, sum }) => [rule, sum]);
}

describe('the checker', () => {
  it.each<[string, (r: Rendered) => Rendered]>([
    ['affinity', (r) => r.pod('affinity', null)],
    ['hostNetwork', (r) => r.pod('hostNetwork', null)],
    ['initContainers', (r) => r.pod('initContainers', null)],
    ['a probe', (r) => r.container('livenessProbe.tcpSocket', null)],
    ['a variable', (r) => r.container('env.[name=SIDECARS].value', null)],
    ['a namespace', (r) => r.set('Deployment', 'metadata.namespace', null)],
    ['annotations', (r) => r.set('Deployment', 'metadata.annotations', null)],
  ])('takes null for absent: %s', (_, change) => {
    expect(rules(change(production()).yaml())).toEqual([]);
  });

  it('reads merged keys, lists in lists, and objects that are named later', () => {
    const merged = SOUND.replace(/requests:\n/, 'requests:\n              <<: { cpu: 250m }\n').replace(
      /\n +cpu: 250m\n/,
      '\n',
    );
    expect(merged).not.toBe(SOUND);
    expect(rules(merged)).toEqual([]);
    expect(rules(JSON.stringify(list([list(production().objects)])))).toEqual([]);
    expect(rules(`${SOUND}---\napiVersion: batch/v1\nkind: Job\nmetadata: { generateName: once- }\n`)).toEqual([]);
  });

  it.each([
    ['an alias of nothing', 'a: *nowhere\n'],
    [
      'an alias that stands for too much',
      `a: &a [1]\n${'bcdefghij'.replace(/./g, (to) => `${to}: &${to} [${`*${String.fromCodePoint((to.codePointAt(0) ?? 0) - 1)},`.repeat(9)}]\n`)}`,
    ],
    ['an object without a name', 'apiVersion: v1\nkind: Pod\nmetadata: {}\n'],
  ])('says what is wrong with %s', (_, yaml) => {
    expect(() => check(yaml)).toThrow(BadManifests);
  });

  it('does not take an object for one of another namespace', () => {
    const waived = production()
      .deployment('replicas', 1)
      .set('Deployment', "metadata.annotations.'check-k8s/waive.replicas'", 'no customers there');
    const both = `${inNamespace(waived, 'staging')}---\n${inNamespace(production().deployment('replicas', 1), 'live')}`;
    expect(check(both).objections.map(({ workload, waived: why }) => [workload, why])).toEqual([
      [`Deployment/${name} in staging`, 'no customers there'],
      [`Deployment/${name} in live`, undefined],
    ]);
    const slow = production().set('ConfigMap', 'data.DRAIN_TIMEOUT_SECONDS', '300');
    const slowLast = `${inNamespace(production(), 'staging')}---\n${inNamespace(slow, 'live')}`;
    expect(check(slowLast).objections.map(({ rule, workload }) => [rule, workload])).toEqual([
      ['slices-fit', `Deployment/${name} in live`],
    ]);
  });

  it('knows the service by variables that are in a ConfigMap alone', () => {
    const elsewhere = production()
      .container('env', [])
      .set('ConfigMap', 'data.TERMINATION_GRACE_PERIOD_SECONDS', '60')
      .set('ConfigMap', 'data.PRE_STOP_SECONDS', '11');
    const [finding] = elsewhere.objections();
    expect([finding?.rule, finding?.read[1]?.path]).toEqual(['env-agrees', 'data.PRE_STOP_SECONDS']);
  });

  it('tells the value of no variable and no header', () => {
    const secret = 'hunter2';
    const yaml = [
      production().env('DB_PASSWORD', secret).env('LAME_DUCK_SECONDS', '5s').yaml(),
      production().set('ConfigMap', 'data.API_KEY', secret).yaml(),
      TYPICAL.replace(
        'image: web:latest',
        `image: web:1
          env: [{ name: A, value: ${secret} }, { name: A, value: ${secret} }]
          lifecycle: { preStop: { httpGet: { path: /, port: 8080, httpHeaders: [{ name: Authorization, value: ${secret} }] } } }`,
      ),
    ];
    const told = yaml.map((one) => JSON.stringify(check(one)));
    expect(told.map((one) => /secret|settings|duplicates/.test(one))).toEqual([true, true, true]);
    expect(told.filter((one) => one.includes(secret))).toEqual([]);
  });

  it('does not know what a command takes, unless it sleeps', () => {
    expect(withPreStop('[leave]')).toEqual([]);
    expect(withPreStop('[sh, -c, "sleep 20"]')).toEqual([]);
    expect(withPreStop('[sh, -c, "sleep 30"]')).toEqual([['pre-stop-shorter', 'P = 30, not less than G = 30']]);
  });

  it('expects of a load balancer that goes to nodes nothing about pods', () => {
    const toNodes = behindAlb()
      .set('Ingress', "metadata.annotations.'alb.ingress.kubernetes.io/target-type'", 'instance')
      .set('Ingress', "metadata.annotations.'alb.ingress.kubernetes.io/healthcheck-path'", '/')
      .preStop(10);
    expect(toNodes.objections()).toEqual([]);
    // Its connections reach the pods all the same.
    expect(toNodes.env('KEEP_ALIVE_SECONDS', '60').objections()).toMatchObject([{ rule: 'keep-alive' }]);
  });
});
