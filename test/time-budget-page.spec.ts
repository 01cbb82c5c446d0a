/**
 * `docs/time-budget.md` against the code and the manifests as they are rendered. No figure may stand in it unasserted:
 * those in tables are looked up by their column and by what their row renders, those in the text stand in phrases that are
 * made here, in their order, and whatever is left over is a fault.
 */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { z } from 'zod';
import { readConfig, VARIABLE_NAMES } from '../src/config/config.js';
import { MARGIN_MS } from '../src/config/time-budget.js';
import { bareSeconds, goSeconds } from './check-k8s/duration.js';
import { name as appName, Rendered } from './check-k8s/fixtures.js';
import { loadBalancersOf } from './check-k8s/load-balancers.js';
import { type Manifest, readManifests, textOf, valueAt } from './check-k8s/manifest.js';
import { readOptions } from './check-k8s/options.js';
import { noticedAfter, type Probe } from './check-k8s/pod.js';
import { RULES } from './check-k8s/rules.js';
import { readWorkloads, type Workload } from './check-k8s/workload.js';
import { foldersIn, k8s, read, render, root } from './support/kustomize.js';

const page = read(root, 'docs/time-budget.md');

/** Digits within a word, as in `k8s` and `v1`, are none. */
const FIGURE = /(?<![\w.])\d+(?:\.\d+)*/g;
const WORDS_WITH_DIGITS = new Set(['k8s', 't0', 'v1', 'v1beta1']);

const IN_CLUSTER = { KUBERNETES_SERVICE_HOST: '10.96.0.1' };

const ruleOf = (id: string) => RULES.find((rule) => rule.id === id);

// ---- What is shipped.

/** What one overlay, with components or without, comes to; in seconds. */
interface Shipped {
  readonly rendered: Rendered;
  readonly manifests: readonly Manifest[];
  readonly workload: Workload;
  readonly D: number;
  readonly P: number;
  readonly A: number;
  readonly R: number;
  readonly C: number;
  readonly S: number;
  readonly m: number;
  readonly sum: number;
  readonly G: number;
  readonly slack: number;
  readonly K: number;
  /** Undefined where nothing is known of what is in front. */
  readonly idle: number | undefined;
  readonly deregistration: number | undefined;
  readonly forgets: number;
  /** On a spot node. */
  readonly fitsNotice: boolean;
  readonly readiness: Probe;
}

function weighed(rendered: Rendered): Shipped {
  const manifests = readManifests(rendered.yaml());
  const workloads = readWorkloads(manifests);
  const [workload] = workloads;
  if (workload === undefined) {
    throw new Error('There is no workload.');
  }
  const { pod, service } = workload;
  if (service.readinessProbe === undefined) {
    throw new Error('There is no readiness probe.');
  }
  const settings = manifests.find(({ metadata }) => metadata.name === `${appName}-settings`)?.['data'];
  const env = Object.fromEntries(service.env.map(({ name, value }) => [name, value]));
  const { budget, keepAliveMs } = readConfig({
    ...z.record(z.string(), z.string()).parse(settings),
    ...env,
    ...IN_CLUSTER,
  });
  const [D, A, R, C, S, m, K] = [
    budget.propagationMs,
    budget.lameDuckMs,
    Number(budget.drainMs),
    budget.cleanupMs,
    budget.sidecarMs,
    MARGIN_MS,
    keepAliveMs,
  ].map((ms) => ms / 1_000) as [number, number, number, number, number, number, number];
  // As the kubelet reads them.
  const G = pod.terminationGracePeriodSeconds;
  const P = service.lifecycle.preStop?.sleep?.seconds ?? 0;
  const sum = P + A + R + C + S + m;
  const balancer = loadBalancersOf(workload, { manifests, workloads }).at(0);
  const inCluster = manifests.some(({ kind }) => kind === 'Ingress') ? goIdle() : undefined;
  return {
    rendered,
    manifests,
    workload,
    D,
    P,
    A,
    R,
    C,
    S,
    m,
    sum,
    G,
    slack: G - sum,
    K,
    idle: balancer?.idle.seconds ?? inCluster,
    deregistration: balancer?.deregistration.seconds,
    forgets: balancer?.forgetsAfter ?? 0,
    fitsNotice: ruleOf('spot-notice')?.check(workload, { manifests, workloads }).length === 0,
    readiness: service.readinessProbe,
  };
}

const weighedBefore = new Map<string, Shipped>();

/** By the names that a cell has: of an overlay and of components upon it, or of components upon production. */
function shipped(...names: string[]): Shipped {
  const key = names.join('+');
  const found = weighedBefore.get(key);
  if (found !== undefined) {
    return found;
  }
  const [first = ''] = names;
  const isOverlay = existsSync(join(k8s, 'overlays', first));
  const components = (isOverlay ? names.slice(1) : names).map((name) => join(k8s, 'components', name));
  const made = weighed(new Rendered(render(join(k8s, 'overlays', isOverlay ? first : 'production'), { components })));
  weighedBefore.set(key, made);
  return made;
}

const namesIn = (cell: string) => [...cell.matchAll(/`([\w-]+)`/g)].map(([, name = '']) => name);

/** What the comments of a file say: facts that no field holds, with their sources. */
function commentsOf(path: string): string {
  return read(k8s, path).replaceAll(/^\s*#/gm, ' ').replaceAll(/\s+/g, ' ');
}

/** @returns the same text, which stands in the file's comments */
function cited(path: string, words: string): string {
  if (!commentsOf(path).includes(words)) {
    throw new Error(`${path} does not say: ${words}`);
  }
  return words;
}

/** The numbers of a pattern in the file's comments. */
function citedNumbers(path: string, pattern: RegExp): number[] {
  const found = pattern.exec(commentsOf(path));
  if (found === null) {
    throw new Error(`${path} does not say: ${pattern.source}`);
  }
  return found.slice(1).map(Number);
}

const goIdle = () =>
  citedNumbers('components/ingress/kustomization.yaml', /keep idle connections to the pods for the (\d+) s/)[0];

/** The annotations of a pod by their last part, those of Istio's proxy configuration among them. */
function annotated({ workload: { annotations } }: Shipped, name: string): number {
  const proxy: unknown = parse(annotations['proxy.istio.io/config'] ?? '{}');
  const said = valueAt(proxy, [name]) ?? Object.entries(annotations).find(([key]) => key.endsWith(`/${name}`))?.[1];
  const text = textOf(said ?? 'absent');
  return Number.isNaN(bareSeconds(text)) ? goSeconds(text) : bareSeconds(text);
}

/** `name` 50, `other` 50: with the figures as they are. */
const withSettings = (cell: string, from: Shipped) =>
  cell.replaceAll(/`([\w-]+)` \d+/g, (_, name: string) => `\`${name}\` ${annotated(from, name)}`);

const NATIVE = /native-?sidecar$|as-sidecar$/i;
const isNative = ({ workload: { natives, annotations } }: Shipped) =>
  natives.length > 0 || Object.entries(annotations).some(([name, value]) => NATIVE.test(name) && value === 'true');

/** What a key says, wherever it is in the first object of a kind. */
function numberIn({ manifests }: Shipped, kind: string, key: string): number {
  const text = JSON.stringify(manifests.find((one) => one.kind === kind));
  return Number(new RegExp(`"${key}":"?(\\d+)s?"?[,}]`).exec(text)?.[1]);
}

/** The time-outs of idle connections in the component `envoy`: of its clients', and of its own to the service. */
function envoyIdle(part: 'listeners' | 'clusters', name: string): number {
  const map = shipped('envoy').manifests.find(({ metadata }) => metadata.name === `${appName}-envoy`);
  const config: unknown = parse(textOf(valueAt(map, ['data', 'envoy.yaml'])));
  const text = JSON.stringify(valueAt(config, ['static_resources', part, { name }]));
  return goSeconds(/"idle_timeout":"(\w+)"/.exec(text)?.[1] ?? '');
}

const lastNumber = (id: string) => Number(/\d+$/.exec(ruleOf(id)?.title ?? '')?.[0]);
const SPOT_NOTICE = lastNumber('spot-notice');

// ---- What the page has to say.

const dash = (value: number | undefined) => (value === undefined ? '—' : String(value));
const sliced = ({ P, A, R, C }: Shipped) => `${P} + ${A} + ${R} + ${C} = ${P + A + R + C}`;
const summed = ({ P, A, R, C, S, m, sum }: Shipped) => `${P} + ${A} + ${R} + ${C} + ${S} + ${m} = ${sum}`;

/** A row of a table by its columns; those that are not here may hold no figure. */
type Row = Readonly<Record<string, string>>;

function symbolRow(symbol: string): Row {
  const { budget, keepAliveMs } = readConfig(IN_CLUSTER);
  const ms: Readonly<Record<string, number>> = {
    G: budget.graceMs,
    P: budget.preStopMs,
    D: budget.propagationMs,
    A: budget.lameDuckMs,
    R: Number(budget.drainMs),
    C: budget.cleanupMs,
    S: budget.sidecarMs,
    m: MARGIN_MS,
    K: keepAliveMs,
  };
  return { 'in a cluster': String((ms[symbol] ?? Number.NaN) / 1_000) };
}

function ruleRows(): Row[] {
  const [cluster, alb, nlb] = [shipped('production'), shipped('aws-alb'), shipped('aws-nlb')] as const;
  const [spot, linkerd, regular] = [
    shipped('aws-alb', 'spot'),
    shipped('production', 'linkerd'),
    shipped('production', 'linkerd-regular'),
  ] as const;
  const { periodSeconds, failureThreshold, timeoutSeconds } = cluster.readiness;
  const [wait, end] = ['proxy-wait-before-exit-seconds', 'shutdown-grace-period'].map((name) =>
    annotated(regular, name),
  ) as [number, number];
  const rows: [id: string, where: string, there: string][] = [
    ['pre-stop-shorter', 'production', `${cluster.P} < ${cluster.G}`],
    ['propagation', 'aws-alb', `${alb.P} + ${alb.A} = ${alb.P + alb.A} ≥ ${alb.D}`],
    ['slices-fit', 'production', `${summed(cluster)} ≤ ${cluster.G}`],
    ['load-balancer-forgets', 'aws-nlb', `${nlb.P} + ${nlb.A} = ${nlb.P + nlb.A} ≥ ${nlb.forgets}`],
    [
      'readiness-noticed',
      'production',
      `${periodSeconds} × ${failureThreshold} + ${timeoutSeconds} = ${noticedAfter(cluster.readiness)} ≤ ${cluster.A}`,
    ],
    ['load-balancer-notices', 'aws-alb', `${noticedBy(alb)} ≤ ${alb.A}`],
    ['keep-alive', 'aws-alb', `${alb.K} > ${dash(alb.idle)}`],
    ['keep-alive', 'aws-nlb', `${nlb.K} < ${dash(nlb.idle)}`],
    ['envoy-keep-alive', 'production + envoy', `${envoyIdle('clusters', 'app')} < ${shipped('envoy').K}`],
    ['deregistration-delay', 'aws-alb', `${alb.R} ≤ ${alb.P} + ${alb.R} = ${dash(alb.deregistration)} ≤ ${alb.G}`],
    ['spot-notice', 'aws-alb + spot', `${spot.G} ≤ ${SPOT_NOTICE}`],
    ['node-drained', 'aws-nlb', `${nlb.G} ≤ ${lastNumber('node-drained')}`],
    ['sidecar-ends', 'production + linkerd', `${annotated(linkerd, 'shutdown-grace-period')} ≤ ${linkerd.S}`],
    [
      'linkerd-stays',
      'production + linkerd-regular',
      `${sliced(regular)} ≤ ${wait}, ${wait} + ${end} = ${wait + end} < ${regular.G}`,
    ],
  ];
  return rows.map(([id, where, there]) => ({
    id: `\`${id}\``,
    'for example': where.replaceAll(/[\w-]+/g, '`$&`'),
    there,
  }));
}

/** What the load balancer's health check takes, spelt out. */
function noticedBy({ workload, manifests }: Shipped): string {
  const [balancer] = loadBalancersOf(workload, { manifests, workloads: [workload] });
  const [interval = 0, threshold = 0, timeout = 0] = (['interval', 'threshold', 'timeout'] as const).map(
    (name) => balancer?.healthCheck[name].seconds,
  );
  return `${interval} × ${threshold} + ${timeout} = ${interval * threshold + timeout}`;
}

function shippedRow(cells: Row): Row {
  const from = shipped(...namesIn(Object.values(cells)[0] ?? ''));
  const { D, P, A, R, C, S, m, sum, G, slack, K } = from;
  return {
    ...Object.fromEntries(Object.entries({ D, P, A, R, C, S, m, sum, G, slack, K }).map(([k, v]) => [k, String(v)])),
    'idle time-out': dash(from.idle),
    'deregistration delay': dash(from.deregistration),
    notice: String(SPOT_NOTICE),
    fits: from.fitsNotice ? 'yes' : 'no',
    kind: isNative(from) ? 'native' : 'regular',
    stays: withSettings(cells['stays'] ?? '', from),
    afterwards: withSettings(cells['afterwards'] ?? '', from),
  };
}

/** The lines of the drawing above the code that does it. */
function drawn(): string[] {
  const source = read(root, 'src/lifecycle/shutdown.ts');
  const from = source.indexOf(' *  t0 ');
  return source
    .slice(from, source.indexOf('\n *\n', from))
    .split('\n')
    .map((line) => line.replace(/^ \* {2}/, ''));
}

/** The same drawing, simpler and with the figures of production. */
function drawing(): string {
  const { P, A, R, C, S, m, slack, G } = shipped('production');
  const slices = [P, A, R, C, S, m, slack];
  const ends = slices.map((_, index) => slices.slice(0, index + 1).reduce((one, other) => one + other, 0));
  const [moments = '', names = '', phase = '', readyz = ''] = drawn();
  return [
    moments,
    `${names}- slack -|`,
    `| ${slices.join(' | ')} |`,
    [0, ...ends].join(' '),
    phase,
    readyz,
    (drawn().at(-1) ?? '').replace(' G ', ` G ${G} `),
  ].join('\n');
}

const ALB_FILE = 'components/aws-alb/kustomization.yaml';
const NLB_FILE = 'components/aws-nlb/kustomization.yaml';
const GKE_FILE = 'components/gke-neg/kustomization.yaml';
const SPOT_FILE = 'components/spot/kustomization.yaml';

/** R in the page's example of a request that takes longer. */
const LONGER = 50;

/** Everything in the text that has a figure in it, in its order. */
function phrases(): string[] {
  const [alb, nlb, gke, cluster] = [shipped('aws-alb'), shipped('aws-nlb'), shipped('gke'), shipped('production')];
  const [, most = 0] = citedNumbers(ALB_FILE, /range from (\d+) to (\d+) s/);
  const [advised = 0, shown = 0, moreG = 0] = citedNumbers(
    GKE_FILE,
    /is taken out of its group in (\d+) s, .* has shown (\d+) s .* set this and P to \2, G to (\d+), and/,
  );
  const route = numberIn(shipped('production', 'gateway-api'), 'HTTPRoute', 'request');
  const policy = numberIn(gke, 'GCPBackendPolicy', 'timeoutSec');
  const [delay, longer] = [alb.P + LONGER, weighedWith(LONGER)] as const;
  return [
    drawing(),
    `keep idle connections for ${goIdle()}`,
    cited(
      ALB_FILE,
      'range from 25 to 60 s (aws-load-balancer-controller issue 1064; govuk-helm-charts pull request 2202)',
    ),
    `D is ${alb.D - most} more`,
    `still arrive for ${nlb.forgets} or more after the target is deregistered (${cited(NLB_FILE, 'aws-load-balancer-controller issue 2366')})`,
    `silent for ${dash(nlb.idle)}`,
    `to sleep ${advised} s (${cited(GKE_FILE, 'knowledge base article 006416')})`,
    `has shown ${shown} s (${cited(GKE_FILE, 'kubernetes/ingress-gce issue 2222')})`,
    cited(GKE_FILE, 'should you see 502s'),
    `D and P to ${shown}, G to ${moreG}, and \`drainingTimeoutSec\` to P + R = ${shown} + ${gke.R} = ${shown + gke.R}`,
    `an instance back ${SPOT_NOTICE} s after its notice`,
    cited(SPOT_FILE, 'give some 30 s'),
    `the service needs ${cluster.sum}`,
    `behind the ALB to ${sliced(alb)}`,
    `clients' idle connections for ${envoyIdle('listeners', 'inbound')}`,
    `takes up to ${LONGER}`,
    `${summed(longer)} > ${alb.G}`,
    `G becomes ${longer.sum}`,
    `P + R = ${alb.P} + ${LONGER} = ${delay}`,
    `DRAIN_TIMEOUT_SECONDS=${LONGER}`,
    `terminationGracePeriodSeconds: ${longer.sum}`,
    `deregistration_delay.timeout_seconds=${delay}`,
    `here ${LONGER} < ${dash(alb.idle)}`,
    `are R, ${route === policy ? route : 'not the same'}`,
    `P + A + R + C = ${sliced(longer)} and not ${annotated(shipped('vault'), 'agent-revoke-grace')}`,
    `are out: ${longer.sum} > ${SPOT_NOTICE}`,
  ];
}

/** The ALB's overlay with another R, and a grace period that is long enough for it. */
function weighedWith(R: number): Shipped {
  const before = shipped('aws-alb');
  const G = before.sum - before.R + R;
  return weighed(before.rendered.copy().env('DRAIN_TIMEOUT_SECONDS', String(R)).grace(G));
}

// ---- The page, read.

interface Table {
  readonly head: readonly string[];
  readonly rows: readonly Row[];
}

const cellsOf = (line: string) =>
  line
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim());

/** Its tables, and everything else. */
function taken(text: string): { tables: Table[]; prose: string } {
  const tables: string[][] = [];
  const prose: string[] = [];
  let isCode = false;
  let isTable = false;
  for (const line of text.split('\n')) {
    isCode = line.startsWith('```') ? !isCode : isCode;
    const belongs = !isCode && line.startsWith('|');
    if (belongs) {
      tables.splice(isTable ? -1 : tables.length, 1, [...(isTable ? (tables.at(-1) ?? []) : []), line]);
    } else {
      prose.push(line);
    }
    isTable = belongs;
  }
  return {
    tables: tables.map(([first = '', , ...others]) => {
      const head = cellsOf(first);
      return {
        head,
        rows: others.map((line) => Object.fromEntries(cellsOf(line).map((cell, index) => [head[index] ?? '', cell]))),
      };
    }),
    prose: prose.join('\n'),
  };
}

const normal = (text: string) => text.replaceAll(/-{2,}/g, '-').replaceAll(/\s+/g, ' ').trim();

function leftOver(text: string): string[] {
  return [...text.matchAll(FIGURE)].map(
    ({ 0: figure, index }) => `nothing asserts ${figure} in: ${text.slice(Math.max(index - 40, 0), index + 20)}`,
  );
}

function proseFaults(prose: string, expected: readonly string[]): string[] {
  const found: string[] = [];
  let rest = normal(prose);
  for (const phrase of expected.map(normal)) {
    const at = rest.indexOf(phrase);
    if (at < 0) {
      found.push(`the text does not say, or not there: ${phrase}`);
    } else {
      found.push(...leftOver(rest.slice(0, at)));
      rest = rest.slice(at + phrase.length);
    }
  }
  return [...found, ...leftOver(rest)];
}

function tableFaults({ head, rows }: Table): string[] {
  const [by = ''] = head;
  return rows.flatMap((cells, index) => {
    const right =
      by === 'symbol' ? symbolRow(cells[by] ?? '') : by === 'rule' ? (expectedRules[index] ?? {}) : shippedRow(cells);
    return head.flatMap((column) => {
      const [is = '', should] = [cells[column], right[column]];
      if (should === undefined) {
        return leftOver(is);
      }
      return is === should ? [] : [`${cells[by]}, ${column}: ${is}, and not ${should}`];
    });
  });
}

// Made once: the page is read hundreds of times.
const expectedPhrases = phrases();
const expectedRules = ruleRows();

const judgedBefore = new Map<string, string[]>();

function judged(table: Table): string[] {
  const key = JSON.stringify(table);
  const found = judgedBefore.get(key) ?? tableFaults(table);
  judgedBefore.set(key, found);
  return found;
}

/** One text for each figure that is wrong, missing or unasserted. */
function faults(text: string): string[] {
  const { tables, prose } = taken(text);
  return [...tables.flatMap(judged), ...proseFaults(prose, expectedPhrases)];
}

/** Of sums and products. */
function valueOf(text = ''): number {
  return text
    .split(' + ')
    .map((product) => product.split(' × ').reduce((one, factor) => one * Number(factor), 1))
    .reduce((one, other) => one + other, 0);
}

/** Evaluates `1 × 3 + 1 = 4 ≤ 5`, from one sign to the next. */
function holds(chain: string): boolean {
  const parts = chain.split(/ ([=<>≤≥]) /);
  return parts.every((sign, index) => {
    const [left, right] = [valueOf(parts[index - 1]), valueOf(parts[index + 1])];
    switch (sign) {
      case '=':
        return left === right;
      case '<':
        return left < right;
      case '>':
        return left > right;
      case '≤':
        return left <= right;
      case '≥':
        return left >= right;
      default:
        return true;
    }
  });
}

const ids = (rendered: Rendered) => rendered.objections().map(({ rule }) => rule);

const { tables } = taken(page);
const rowsWith = (column: string) => tables.filter(({ head }) => head.includes(column)).flatMap(({ rows }) => rows);

describe('the figures of docs/time-budget.md', () => {
  it('are those of the code and of the rendered manifests, every one', () => {
    expect(faults(page)).toEqual([]);
  });

  it('are each missed when they change', () => {
    const figures = [...page.matchAll(FIGURE)];
    expect(figures.length).toBeGreaterThan(300);
    const unnoticed = figures
      .map(({ 0: figure, index }) => ({
        line: page.slice(0, index).split('\n').length,
        figure,
        changed: `${page.slice(0, index)}${Number(figure) + 1}${page.slice(index + figure.length)}`,
      }))
      .filter(({ changed }) => faults(changed).length === 0)
      .map(({ line, figure }) => `line ${line}: ${figure}`);
    expect(unnoticed).toEqual([]);
  });

  it.each<[string, (text: string) => string]>([
    ['a sentence', (text) => `${text}\nThe pod has 7 s.\n`],
    ['a figure in a cell of words', (text) => text.replace('the preStop sleep:', 'the preStop sleep of 10:')],
    ['a column', (text) => text.replace('| slack | notice |', '| slack | known |')],
    ['a row', (text) => text.replace(/^\| `envoy` .*$/m, '$&\n| `envoy` + `otel-collector` | native | 5 |')],
    ['a formula', (text) => text.replace('## Check it', '60 + 10 = 70\n\n## Check it')],
  ])('are missed when they are new: %s', (_, change) => {
    expect(change(page)).not.toBe(page);
    expect(faults(change(page))).not.toEqual([]);
  });

  it('are written as figures', () => {
    const words = [...page.matchAll(/\w*\d\w*/g)].map(([word]) => word).filter((word) => /[a-z]/i.test(word));
    expect(words.filter((word) => !WORDS_WITH_DIGITS.has(word) && !/^\d+s$/.test(word))).toEqual([]);
    expect(page.match(/\b(two|four|five|six|seven|eight|nine|ten|twelve|twenty|thirty|sixty|hundred)\b/gi)).toBeNull();
  });

  it('make formulas that hold', () => {
    const chains = page.match(/\d+(?: [+×] \d+)*(?: [=<>≤≥] \d+(?: [+×] \d+)*)+/g) ?? [];
    expect(chains.length).toBeGreaterThan(15);
    expect(chains.filter((chain) => !holds(chain))).toEqual([]);
    expect(['1 × 3 + 1 = 4 ≤ 5', '1 × 3 + 1 = 5', '5 < 5', '5 ≤ 5'].map(holds)).toEqual([true, false, false, true]);
  });
});

const bars = (line: string) => [...line.matchAll(/\|/g)].map(({ index }) => index);

describe('the drawing of docs/time-budget.md', () => {
  const [, block = ''] = /^```\n([^]*?)^```/m.exec(page) ?? [];
  const [, names = '', slices = '', marks = '', phases = '', readyz = ''] = block.split('\n');

  it('has every bar below the other, and every mark below its bar', () => {
    expect(bars(names)).toHaveLength(8);
    expect(bars(slices)).toEqual(bars(names));
    expect([...marks.matchAll(/\d+/g)].map(({ index }) => index)).toEqual(bars(names));
    for (const line of [phases, readyz]) {
      expect(bars(line)).toEqual(bars(names).slice(0, 5));
    }
  });
});

const weight = ({ D, P, A, R, C, S, G, K, idle }: Shipped) => [D, P, A, R, C, S, G, K, idle];

describe('the tables of docs/time-budget.md', () => {
  it('have a row for every symbol and every example', () => {
    expect(rowsWith('symbol').map((row) => row['symbol'])).toEqual(['G', 'P', 'D', 'A', 'R', 'C', 'S', 'm', 'K']);
    expect(rowsWith('there')).toHaveLength(expectedRules.length);
  });

  it('name rules that exist, and say what the checker says of them', () => {
    const pairs = rowsWith('there').map(({ id = '', rule = '' }) => {
      const title = ruleOf(id.replaceAll('`', ''))?.title;
      return { id, rule, title, formula: /: (.*[<≤≥].*[A-Z])$/.exec(title ?? '')?.[1] ?? '' };
    });
    expect(pairs.filter(({ title }) => title === undefined)).toEqual([]);
    expect(pairs.filter(({ formula }) => formula !== '')).toHaveLength(6);
    expect(pairs.filter(({ rule, formula }) => !rule.includes(formula))).toEqual([]);
  });

  it('leave out no overlay and no component that changes a figure', () => {
    const named = new Set(tables.flatMap(({ rows }) => rows.flatMap((row) => namesIn(Object.values(row)[0] ?? ''))));
    const folders = [...foldersIn('overlays'), ...foldersIn('components')].map(
      (folder) => folder.split('/').at(-1) ?? '',
    );
    const silent = folders.filter((folder) => !named.has(folder) && folder !== 'gke-neg');
    expect(silent.toSorted()).toEqual(['dev', 'hpa', 'monitoring']);
    expect(silent.map((folder) => weight(shipped(folder)))).toEqual(silent.map(() => weight(shipped('production'))));
    expect(weight(shipped('gke-neg'))).toEqual(weight(shipped('gke')));
  });

  it('name the rule that objects when a sidecar would have to stay longer, or has less time', () => {
    const rows = rowsWith('stays').filter(({ rule }) => rule !== '—');
    expect(rows.length).toBeGreaterThan(5);
    for (const { components = '', kind, rule = '' } of rows) {
      const { rendered, C, S } = shipped(...namesIn(components));
      const changed =
        kind === 'native'
          ? rendered.copy().env('SIDECAR_SECONDS', String(S - 1))
          : rendered.copy().env('CLEANUP_SECONDS', String(C + 1));
      expect([...new Set(ids(changed))]).toEqual(namesIn(rule));
    }
  });
});

describe('what docs/time-budget.md advises', () => {
  it('is found and mended as it says, for a request that takes longer', () => {
    const longer = shipped('aws-alb').rendered.copy().env('DRAIN_TIMEOUT_SECONDS', String(LONGER));
    expect(ids(longer)).toEqual(['slices-fit']);
    const [, example = ''] = /```yaml\n([^]*?)```/.exec(page) ?? [];
    const folder = mkdtempSync(join(tmpdir(), 'ebb-page-spec-'));
    try {
      const text = example
        .replace(/\bebb\b/g, appName)
        .replace('../aws-alb', join(k8s, 'overlays/aws-alb'))
        .replace('../../transformers', join(k8s, 'transformers'));
      writeFileSync(join(folder, 'kustomization.yaml'), text);
      const mended = weighed(new Rendered(render(folder)));
      expect(ids(mended.rendered)).toEqual([]);
      expect(mended).toMatchObject({ R: LONGER, slack: 0, deregistration: mended.P + LONGER });
      expect(ids(mended.rendered.copy().grace(mended.G - 1))).toEqual(['slices-fit']);
      const onSpot = weighed(new Rendered(render(folder, { components: [join(k8s, 'components/spot')] })));
      expect(ids(onSpot.rendered)).toEqual(['spot-notice']);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('suits a regular sidecar behind the ALB, which is too short as it is', () => {
    const stay = String(/behind the ALB to [^=]* = (\d+)/.exec(normal(page))?.[1]);
    const behind = weighed(
      new Rendered(
        render(join(k8s, 'overlays/aws-alb'), { components: [join(k8s, 'components/linkerd-regular')] }),
      ).grace(shipped('aws-alb').G),
    );
    const wait = 'config.alpha.linkerd.io/proxy-wait-before-exit-seconds';
    expect(ids(behind.rendered)).toEqual(['linkerd-stays']);
    expect(ids(behind.rendered.copy().annotate({ [wait]: stay }))).toEqual([]);
    expect(ids(behind.rendered.copy().annotate({ [wait]: String(Number(stay) - 1) }))).toEqual(['linkerd-stays']);
  });

  it('fits, for a load balancer of GKE that takes longer', () => {
    const [, P = '', G = '', drain = ''] =
      /D and P to (\d+), G to (\d+), [^=]* = \d+ \+ \d+ = (\d+)/.exec(normal(page)) ?? [];
    const changed = shipped('gke')
      .rendered.copy()
      .env('PROPAGATION_SECONDS', P)
      .preStop(Number(P))
      .grace(Number(G))
      .set('GCPBackendPolicy', 'spec.default.connectionDraining.drainingTimeoutSec', Number(drain));
    expect(ids(changed)).toEqual([]);
  });

  it('names settings, files and commands that there are', () => {
    const variables = page.match(/\b[A-Z][A-Z_]+_SECONDS\b|\bSIDECARS\b/g) ?? [];
    expect(variables.filter((variable) => !VARIABLE_NAMES.includes(variable))).toEqual([]);
    const paths = [...page.matchAll(/(?:k8s|src|test)\/[\w./-]*\w/g)].map(([path]) => path);
    expect(paths.length).toBeGreaterThan(5);
    expect(paths.filter((path) => !existsSync(join(root, path)))).toEqual([]);
    const { scripts } = z
      .object({ scripts: z.record(z.string(), z.string()) })
      .parse(JSON.parse(read(root, 'package.json')));
    const commands = [...page.matchAll(/npm run (?:--silent )?([\w:]+)(?: -- (\S+))?/g)];
    expect(commands.length).toBeGreaterThan(3);
    for (const [, script = '', argument] of commands) {
      expect(Object.keys(scripts)).toContain(script);
      expect(() => readOptions(argument === undefined ? [] : [argument])).not.toThrow();
    }
  });
});
