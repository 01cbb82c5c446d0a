/**
 * `docs/time-budget.md` against the code and the manifests as they are rendered. No figure may stand in it unasserted:
 * those in tables are looked up by their column and by what their row renders, those in the text stand in phrases that are
 * made of them, in their order, and whatever is left over is a fault.
 */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { VARIABLE_NAMES } from '../../../src/ebb/environment.js';
import { name as appName, Rendered } from '../fixtures.js';
import { readOptions } from '../options.js';
import { foldersIn, k8s, read, render, root } from '../../lib/manifests/kustomize.js';
import { LONGER } from './expected.js';
import { expectedRules, faults, FIGURE, normal, taken } from './page.js';
import { namesIn, ruleOf, shipped, type Shipped, weighed } from './shipped.js';

const page = read(root, 'docs/time-budget.md');

const WORDS_WITH_DIGITS = new Set(['k8s', 't0', 'v1', 'v1beta1']);

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
    expect(silent.toSorted()).toEqual(['dev', 'grpc', 'hpa', 'monitoring']);
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
    const paths = [...page.matchAll(/(?:k8s|src|test|tools)\/[\w./-]*\w/g)].map(([path]) => path);
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
