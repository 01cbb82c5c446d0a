import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { Findings, ScenarioFailed } from './scenario.js';
import { SCENARIOS } from './scenarios.js';

const failure = (kind: string) => ({ atMs: 1, kind, reason: 'ECONNRESET' });

const isLong = ({ kind }: { kind: string }) => kind === 'long';

describe('failures that are no fault of the service', () => {
  it('are taken out, and told', () => {
    const findings = new Findings();
    findings.excuse({ count: 2, why: 'they were too long', isMeant: isLong });
    expect(findings.unexcused([failure('long'), failure('short'), failure('long')])).toEqual([failure('short')]);
    expect(findings.notes).toEqual(['2 failed because they were too long.']);
  });

  it.each([1, 3])('are a failure of the scenario when there are %d instead of 2', (count) => {
    const findings = new Findings();
    findings.excuse({ count: 2, why: 'they were too long', isMeant: isLong });
    const failures = Array.from({ length: count }, () => failure('long'));
    expect(() => findings.unexcused(failures)).toThrow(ScenarioFailed);
  });

  it('may be any number where none is given, also none', () => {
    const findings = new Findings();
    findings.excuse({ why: 'they were too long', isMeant: isLong });
    expect(findings.unexcused([failure('short')])).toEqual([failure('short')]);
    expect(findings.notes).toEqual([]);
  });
});

describe('the scenarios', () => {
  it('have names of their own', () => {
    const names = SCENARIOS.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });

  it('include those that must lose requests', () => {
    expect(SCENARIOS.filter(({ mustLose }) => mustLose).map(({ name }) => name)).toEqual([
      'control-no-delays',
      'control-hooks',
      'control-terminus',
      'control-envoy-untold',
    ]);
  });

  it('are all played: no file of the folder is left out', () => {
    const list = readFileSync('tools/cluster/scenarios.ts', 'utf8');
    const files = readdirSync('tools/cluster/scenarios');
    expect(files.length).toBeGreaterThan(10);
    for (const file of files) {
      expect(list).toContain(`./scenarios/${file.replace(/\.ts$/, '.js')}`);
    }
    expect(existsSync('tools/cluster/scenarios/index.ts')).toBe(false);
  });
});
