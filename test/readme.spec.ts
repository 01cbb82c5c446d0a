import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { type Config, readConfig, VARIABLE_NAMES } from '../src/config/config.js';
import { MOMENTS } from '../src/lifecycle/moments.js';
import { PHASES } from '../src/lifecycle/phases.js';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

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

const rows = tableAfter('Configuration').map(([variable = '', fallback = '']) => ({
  name: variable.replaceAll('`', ''),
  fallback,
}));

const IN_CLUSTER = { KUBERNETES_SERVICE_HOST: '10.96.0.1' };

/** What the table says a variable is, where nothing is set. */
function documented(place: 'cluster' | 'elsewhere'): Record<string, string> {
  const values = rows.map(({ name, fallback }): [string, string] => {
    const [inCluster = '', elsewhere = inCluster] = fallback.split(', ').map((text) => text.split(' ', 1)[0] ?? '');
    const value = place === 'cluster' ? inCluster : elsewhere;
    return [name, value === 'all' || value === 'none' ? '' : value];
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
    const expected: Config = readConfig(place);
    expect(readConfig({ ...documented(column), ...place })).toEqual(expected);
    // Each default is written out and not merely left empty, which would be the default as well.
    expect(
      Object.entries(documented(column))
        .filter(([, value]) => value === '')
        .map(([name]) => name),
    ).toEqual(['HOST', 'SIDECARS']);
  });
});

describe('the README', () => {
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
