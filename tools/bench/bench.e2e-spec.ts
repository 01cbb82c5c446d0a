/** `npm run bench` as somebody at a terminal runs it. Runs alone on the machine (see `npm test`); no test says how fast anything is. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { pressCtrlC, startTool } from '../lib/processes/tool.js';
import { until } from '../lib/processes/until.js';
import type { BenchResult, Measured, MeasurementName } from './result.js';

jest.setTimeout(120_000);

const SHORT = ['--rounds', '1', '--seconds', '0.2'];

let folder: string;
let spinners: ChildProcess[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bench-'));
});

afterEach(async () => {
  spinners.forEach((spinner) => spinner.kill('SIGKILL'));
  spinners = [];
  await rm(folder, { recursive: true });
});

const fixture = (how: string) => `${process.execPath} dist-test/tools/bench/fixtures/service.main.js ${how}`;

async function bench(...args: readonly string[]): Promise<{ code: number | null; output: string }> {
  const tool = startTool('bench/main.js', ['--report', join(folder, 'report'), ...args]);
  const code = await tool.code;
  return { code, output: tool.output() };
}

async function reported(): Promise<BenchResult> {
  return JSON.parse(await readFile(join(folder, 'report/bench.json'), 'utf8')) as BenchResult;
}

function measuredIn({ measured }: BenchResult, name: MeasurementName): Measured {
  const found = measured.find((one) => one.name === name);
  if (found === undefined) {
    throw new Error(`${name} was not measured.`);
  }
  return found;
}

describe('a bench of requests', () => {
  it('reports figures of each subject, and as many answers as the server gave', async () => {
    const count = join(folder, 'count');
    const service = ['--service', `mine=${fixture(`counting ${count}`)}`];
    const subjects = ['--subjects', 'stock,ebb,mine'];
    const { code, output } = await bench('--only', 'requests', ...subjects, ...service, ...SHORT, '--allow-noise');
    expect(output).toMatch(/Report: .*bench\.html/);
    expect(code).toBe(0);

    const { samples, totals } = measuredIn(await reported(), 'requests');
    expect(totals).toMatchObject({ mine: Number(await readFile(count, 'utf8')) });
    expect(samples.map(({ subject }) => subject).toSorted()).toEqual(['ebb', 'mine', 'stock']);
    for (const { figures, subject } of samples) {
      expect(figures['answered']).toBeGreaterThan(0);
      expect(figures['answered']).toBeLessThan(totals?.[subject] ?? 0);
      // What is answered within the time makes the rate; what was on its way then is answered too.
      expect((figures['perSecond'] ?? 0) * 0.2).toBeLessThanOrEqual(figures['answered'] ?? 0);
      expect(figures['p99Ms']).toBeGreaterThanOrEqual(figures['p50Ms'] ?? Infinity);
      expect(figures['p50Ms']).toBeGreaterThan(0);
      expect(figures['processorUs']).toBeGreaterThan(0);
      expect(figures['rssBytes']).toBeGreaterThan(20_000_000);
    }
    expect(await readFile(join(folder, 'report/bench.html'), 'utf8')).toContain('<svg');
    expect(await readFile(join(folder, 'report/bench.txt'), 'utf8')).toMatch(/^Ebb +[\d,]+ +\d/m);
  });

  it.each([
    ['answers other bytes', 'changes', 'It answered "other" and not "right".'],
    ['answers 500', 'fails', 'It answered "HTTP/1.1 500 Internal Server Error" and not 200.'],
    ['closes its connections', 'closes', 'It closed a connection.'],
    ['dies', 'dies', 'mine ended (3).'],
  ])('fails, and reports nothing, when a subject %s', async (_what, how, message) => {
    const service = ['--service', `mine=${fixture(how)}`, '--subjects', 'mine'];
    const { code, output } = await bench('--only', 'requests', ...service, ...SHORT, '--allow-noise');
    expect(output).toContain(message);
    expect(output).toContain('mine');
    expect(code).toBe(1);
    expect(await readdir(folder)).toEqual([]);
  });

  it('says what a subject printed that does not start', async () => {
    const service = `mine=${process.execPath} -e "console.log('no database today'); process.exit(4)"`;
    const { code, output } = await bench(
      '--only',
      'requests',
      '--service',
      service,
      '--subjects',
      'mine',
      '--allow-noise',
    );
    expect(output).toContain('mine ended (4). Its last output:\nno database today');
    expect(code).toBe(1);
  });
});

describe('a bench of everything else', () => {
  it('reports figures of each subject', async () => {
    const args = ['--only', 'start,memory,exit,image', '--subjects', 'stock,ebb,mine', '--short', '--rounds', '1'];
    const { code, output } = await bench(...args, '--service', `mine=${fixture('counting')}`, '--allow-noise');
    expect(output).toContain('Report: ');
    expect(code).toBe(0);
    const result = await reported();
    const starts = measuredIn(result, 'start').samples;
    expect(starts.map(({ subject }) => subject).toSorted()).toEqual(['ebb', 'mine', 'stock']);
    for (const { figures } of starts) {
      expect(figures['readyMs']).toBeGreaterThan(0);
      expect(figures['processorMs']).toBeGreaterThan(0);
    }
    for (const { figures } of starts.filter(({ subject }) => subject !== 'mine')) {
      expect(figures['goneMs']).toBeGreaterThan(figures['hearsMs'] ?? Infinity);
    }
    for (const { figures } of measuredIn(result, 'memory').samples) {
      expect(figures['perConnectionHeap']).toBeGreaterThan(500);
      expect(figures['rssAtMany']).toBeGreaterThan(figures['idleHeap'] ?? Infinity);
    }
    const exits = measuredIn(result, 'exit').samples;
    expect(exits.map((sample) => `${sample.subject}: ${sample.case}`).toSorted()).toEqual(
      ['ebb', 'stock'].flatMap((one) =>
        ['0 idle', '0 idle, 1 in flight', '1,000 idle', '1,000 idle, 1 in flight'].map((of) => `${one}: ${of}`),
      ),
    );
    for (const { figures, case: one } of exits) {
      // It was in flight when SIGTERM came: the process waited for it.
      const least = one?.includes('in flight') === true ? 500 : 0;
      expect(figures['exitMs']).toBeGreaterThan(least);
      expect(figures['lastAnswerMs'] ?? 0).toBeLessThan(figures['exitMs'] ?? 0);
    }
    const [modules] = measuredIn(result, 'image').samples;
    expect(modules?.figures['files']).toBeGreaterThan(1_000);
  });
});

describe('the bench', () => {
  it('gives no figures on a noisy machine, and says what it saw', async () => {
    for (let one = 0; one < 4; one += 1) {
      spinners.push(spawn(process.execPath, ['-e', 'for (;;) {}'], { stdio: 'ignore' }));
    }
    const { code, output } = await bench('--only', 'requests', '--subjects', 'node-http', ...SHORT);
    expect(output).toContain('The machine is too noisy');
    expect(output).toMatch(/other processes used \d+\.\d % of a core \(limit 5\.0 %\)/);
    expect(output).toContain('--allow-noise');
    expect(code).toBe(1);
    expect(await readdir(folder)).toEqual([]);

    const allowed = await bench('--only', 'requests', '--subjects', 'node-http', ...SHORT, '--allow-noise');
    expect(allowed.output.match(/^noisy: do not use$/gm)).toHaveLength(2);
    expect(allowed.code).toBe(0);
    expect(await reported()).toMatchObject({ noisy: true });
  });

  it('fails where there is nothing to measure', async () => {
    const { code, output } = await bench('--only', 'exit', '--subjects', 'node-http', ...SHORT, '--allow-noise');
    expect(output).toContain('Exit is left out');
    expect(output).toContain('Nothing was measured');
    expect(code).toBe(1);
    expect(await readdir(folder)).toEqual([]);
  });

  it('ends every process it started when it is interrupted', async () => {
    const tool = startTool('bench/main.js', [
      '--report',
      join(folder, 'report'),
      '--subjects',
      'node-http',
      '--allow-noise',
    ]);
    await until('a server to be measured', () => (tool.output().includes('Requests: round') ? true : undefined));
    pressCtrlC(tool);
    expect(await tool.code).toBe(130);
    await until('the process group to be empty', () => (isThere(-(tool.child.pid ?? 0)) ? undefined : true));
  });

  it.each([
    [['--only', 'speed'], '--only must be of requests, start, memory, exit, rollout, image, not "speed".'],
    [['--subjects', 'nobody'], '--subjects must be of node-http, '],
    [['--quick'], "Unknown option '--quick'"],
  ])('refuses %j with one line and its usage', async (args, message) => {
    const { code, output } = await bench(...args);
    expect(code).toBe(2);
    expect(output).toContain(message);
    expect(output).toContain('npm run bench -- [options]');
  });
});

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
