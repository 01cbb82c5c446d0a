import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import app from '../../src/app.js';
import { readConfig, readEnvironment, VARIABLE_NAMES } from '../../src/ebb/environment.js';
import { MOMENTS } from '../../src/ebb/lifecycle/moments.js';
import { PHASES } from '../../src/ebb/lifecycle/phases.js';
import { type Sidecar, type SidecarCall, SIDECARS } from '../../src/ebb/sidecars/table.js';
import { foldersIn, k8s, render } from '../../tools/lib/manifests/kustomize.js';
import { pod } from '../../tools/lib/manifests/rendered-pod.js';

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');

/** The rows of the first table after a heading, as cells. */
function tableAfter(heading: string): string[][] {
  const rest = readme.slice(readme.indexOf(`## ${heading}\n`));
  const lines = rest.slice(rest.indexOf('\n|') + 1).split('\n');
  const end = lines.findIndex((line) => !line.startsWith('|'));
  return lines.slice(2, end).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

/** What is named in code in a cell. */
const namesIn = (cell: string) => [...cell.matchAll(/`([\w-]+)`/g)].map(([, name = '']) => name);

const rows = tableAfter('Configuration').map(([variable = '', fallback = '']) => ({
  name: variable.replaceAll('`', ''),
  fallback,
}));

/** What has to be set in a cluster, as the manifests do. */
const REQUIRED = { TERMINATION_GRACE_PERIOD_SECONDS: '60', PRE_STOP_SECONDS: '10' };

const IN_CLUSTER = { KUBERNETES_SERVICE_HOST: '10.96.0.1', ...REQUIRED };

/** What the table says a variable is, where nothing is set. */
function documented(place: 'cluster' | 'elsewhere'): Record<string, string> {
  const values = rows.map(({ name, fallback }): [string, string] => {
    const [inCluster = '', elsewhere = inCluster] = fallback.split(', ').map((text) => text.split(' ', 1)[0] ?? '');
    const value = place === 'cluster' ? inCluster : elsewhere;
    return [name, ['all', 'none', 'required'].includes(value) ? '' : value];
  });
  return Object.fromEntries(values);
}

describe("the README's table of the configuration", () => {
  it('has a row for every variable, and no other', () => {
    expect(rows.map(({ name }) => name).toSorted()).toEqual(VARIABLE_NAMES.toSorted());
  });

  it.each<[string, Record<string, string>, 'cluster' | 'elsewhere']>([
    ['outside a cluster', {}, 'elsewhere'],
    ['in a cluster', IN_CLUSTER, 'cluster'],
  ])('has the defaults as they are %s', (_where, place, column) => {
    const expected = readConfig(place);
    expect(readConfig({ ...documented(column), ...place })).toEqual(expected);
    // Each default is written out and not merely left empty, which would be the default as well.
    expect(
      Object.entries(documented(column))
        .filter(([, value]) => value === '')
        .map(([name]) => name),
    ).toEqual(
      column === 'cluster'
        ? ['HOST', ...Object.keys(REQUIRED), 'SIDECARS', 'MAX_CONNECTIONS']
        : ['HOST', 'SIDECARS', 'MAX_CONNECTIONS'],
    );
  });
});

const page = readFileSync(new URL('../../docs/your-application.md', import.meta.url), 'utf8');

/** The rows of the table of features' settings. */
const settingRows = [...page.matchAll(/^\| `([A-Z_]+)` +\| (\S*) +\| `([\w-]+)` +\|/gm)].map(
  ([, name = '', fallback = '', feature = '']) => ({ name, fallback, feature }),
);

const declared = app.settings.flatMap(({ variables }) => Object.keys(variables));

describe("the table of the features' settings in docs/your-application.md", () => {
  it('has a row for every setting of the application, with its default', () => {
    expect(declared.filter((name) => !settingRows.some((row) => row.name === name))).toEqual([]);
    const documentedDefaults = Object.fromEntries(settingRows.map(({ name, fallback }) => [name, fallback]));
    expect([...readEnvironment(app.settings, documentedDefaults).settings.values()]).toEqual([
      ...readEnvironment(app.settings, {}).settings.values(),
    ]);
  });

  it('has no row of a feature that is there and has no such setting', () => {
    const wrong = settingRows.filter(
      ({ name, feature }) => existsSync(join('src/features', feature)) && !declared.includes(name),
    );
    expect(wrong).toEqual([]);
  });
});

/** A call as the table of sidecars writes it. */
function written(url: string, call: SidecarCall | undefined): string | undefined {
  return call === undefined ? undefined : `\`${call.method} :${new URL(url).port}${call.path}\``;
}

const apply = (diff: string) => execFileSync('git', ['apply', '--check', '-'], { input: diff, stdio: 'pipe' });

const NOTHING: unknown = expect.stringMatching(/^nothing: /);

describe("the README's table of the sidecars", () => {
  const cells = tableAfter('Sidecars');

  it('has a row for every sidecar, in their order, and no other', () => {
    expect(cells.map(([name = '']) => name.replaceAll('`', ''))).toEqual(Object.keys(SIDECARS));
  });

  it.each(Object.entries<Sidecar>(SIDECARS))('says of %s what it is asked and told', (name, row) => {
    const [, ready = '', drain = '', quit = '', carries, seconds] =
      cells.find(([cell]) => cell === `\`${name}\``) ?? [];
    expect(ready.replace(/ \d+$/, '')).toEqual(written(row.url, row.ready) ?? NOTHING);
    expect(drain).toEqual(written(row.url, row.drain) ?? NOTHING);
    expect(quit).toEqual(written(row.quitUrl ?? row.url, row.quit) ?? NOTHING);
    expect([carries, seconds]).toEqual([row.carriesInbound ? 'yes' : 'no', String(row.seconds)]);
  });
});

const named = (folder: string) => foldersIn(folder).map((path) => basename(path));

describe("the README's tables of the manifests", () => {
  const cells = tableAfter('Manifests');

  it('have every overlay, with its P and its G', () => {
    expect(cells.flatMap(([name = '']) => namesIn(name)).toSorted()).toEqual(named('overlays').toSorted());
    for (const [name = '', , P, G] of cells) {
      const { graceMs, preStopMs } = pod(render(join(k8s, 'overlays', name.replaceAll('`', '')))).readConfig().budget;
      expect([name, P, G]).toEqual([name, String(preStopMs / 1_000), String(graceMs / 1_000)]);
    }
  });

  it('have every component, those of sidecars in a section of its own', () => {
    const components = readme.slice(readme.indexOf('| component '), readme.indexOf('No load balancer of a cloud'));
    const mentioned = new Set([
      ...namesIn(components),
      ...tableAfter('Sidecars').flatMap((row) => row.flatMap(namesIn)),
    ]);
    expect(named('components').filter((name) => !mentioned.has(name))).toEqual([]);
  });
});

describe('the README', () => {
  it('shows a ninth sidecar as a diff that applies to this very tree', () => {
    const diff = /```diff\n([^]*?)```/.exec(readme)?.[1] ?? '';
    expect(diff).toContain('+++ b/src/ebb/sidecars/table.ts');
    expect(() => apply(diff)).not.toThrow();
    expect(() => apply(diff.replace('   vault: {', '   no-such-row: {'))).toThrow(/patch does not apply/);
  });

  it('names every phase and every moment as the code does', () => {
    const phases = tableAfter('What happens when a pod is asked to go').map(([phase = '']) =>
      phase.replaceAll('`', ''),
    );
    expect(['starting', ...phases]).toEqual(PHASES);
    for (const moment of MOMENTS) {
      expect(readme).toContain(`\`${moment}\``);
    }
  });

  it('shows the refusal of a budget as it is printed', () => {
    let message = '';
    try {
      readConfig({ ...IN_CLUSTER, DRAIN_TIMEOUT_SECONDS: '50' });
    } catch (error) {
      ({ message } = error as Error);
    }
    expect(message).toContain('Cannot start');
    expect(readme).toContain(message);
  });
});
