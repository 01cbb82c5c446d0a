/**
 * The real programs of sidecars as child processes, from the folder that `SIDECAR_BIN_DIR` names, with the configuration
 * that `k8s/components/` ships: only the ports are others, so that several can run side by side.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { Ports } from '../../../tools/lib/processes/ports.js';
import type { Exit } from './service.js';
import { outcome, send } from './http-client.js';
import { until } from '../../../tools/lib/processes/until.js';

export type ProgramName = 'envoy' | 'daprd' | 'cloud-sql-proxy' | 'otelcol';

const folder = process.env['SIDECAR_BIN_DIR'];

/** Why a program cannot be run here; undefined when it can. */
export function whyNot(name: ProgramName): string | undefined {
  if (folder === undefined || folder === '') {
    return `SIDECAR_BIN_DIR is not set: it names the folder that has the program ${name}`;
  }
  try {
    accessSync(join(folder, name), constants.X_OK);
    return undefined;
  } catch {
    return `no program ${name} in SIDECAR_BIN_DIR`;
  }
}

const ports = new Ports();
const running = new Set<SidecarProgram>();
const components = fileURLToPath(new URL('../../../k8s/components', import.meta.url));

/** What a program is started with. */
export interface Launch {
  readonly name: ProgramName;
  readonly args: readonly string[];
  /** Where it is asked, and where to quit. */
  readonly port: number;
  readonly quitPort: number;
  /** What it reads, by name; `{folder}` in an argument is where. */
  readonly files?: Readonly<Record<string, string>>;
}

export class SidecarProgram {
  readonly exited: Promise<Exit>;
  readonly #child: ChildProcess;
  readonly #folder = mkdtempSync(join(tmpdir(), 'ebb-sidecar-'));
  #log = '';
  #hasEnded = false;

  /** Starts a program and does not wait for it. */
  constructor({ name, args, files = {} }: Launch) {
    for (const [file, text] of Object.entries(files)) {
      writeFileSync(join(this.#folder, file), text);
    }
    this.#child = spawn(
      join(folder ?? '', name),
      args.map((arg) => arg.replace('{folder}', this.#folder)),
      // Nothing of the host decides a test.
      { cwd: this.#folder, env: { HOME: this.#folder }, stdio: ['ignore', 'pipe', 'pipe'] },
    );
    running.add(this);
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding('utf8').on('data', (chunk: string) => (this.#log += chunk));
    }
    this.exited = once(this.#child, 'close').then((values: unknown[]) => {
      running.delete(this);
      this.#hasEnded = true;
      rmSync(this.#folder, { recursive: true, force: true });
      const [code, signal] = values as [number | null, NodeJS.Signals | null];
      return { code, signal };
    });
  }

  /** Everything that it printed. */
  get log(): string {
    return this.#log;
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Waits until a question is answered so. @throws Error when the program ends before. */
  async untilAnswers(port: number, path: string, expected: string): Promise<void> {
    let latest = '';
    const looking = setInterval(() => {
      void outcome(send(port, path)).then((found) => (latest = found));
    }, 20);
    try {
      await until(
        `${path} to answer ${expected}`,
        () => (latest === expected ? true : undefined),
        () => this.#hasEnded,
        () => `The latest was ${latest}.\n${this.#log}`,
      );
    } finally {
      clearInterval(looking);
    }
  }
}

/** Ends what a test has left running. For `afterEach`. */
export async function endSidecarPrograms(): Promise<void> {
  const left = [...running];
  for (const program of left) {
    program.kill('SIGKILL');
  }
  await Promise.all(left.map(({ exited }) => exited));
}

/** The shipped arguments of a container of a component. */
function shippedArgs(component: string): string[] {
  const patch = parse(readFileSync(join(components, component, 'deployment.patch.yaml'), 'utf8')) as {
    spec: { template: { spec: { initContainers: { name: string; args: string[] }[] } } };
  };
  const container = patch.spec.template.spec.initContainers.find(({ name }) => name === component);
  if (container === undefined) {
    throw new Error(`k8s/components/${component}/deployment.patch.yaml has no init container "${component}".`);
  }
  return container.args;
}

function shippedFile(component: string, file: string): string {
  return readFileSync(join(components, component, file), 'utf8');
}

/** Replaces each port by another one, and fails where there is one that nobody thought of. */
function withPorts(text: string, pattern: RegExp, others: Readonly<Record<string, number>>): string {
  return text.replaceAll(pattern, (_match, before: string, port: string) => {
    const other = others[port];
    if (other === undefined) {
      throw new Error(`The shipped configuration has a port that this test does not know: ${port}`);
    }
    return `${before}${other}`;
  });
}

/** Where an Envoy listens, beside its admin interface. */
export interface EnvoyPorts {
  readonly inbound: number;
  readonly outbound: number;
  /** Where it expects the service. */
  readonly app: number;
  readonly management: number;
}

/** The shipped Envoy, with the shipped arguments. */
export async function envoy(): Promise<Launch & { readonly ports: EnvoyPorts }> {
  const taken = await take('admin', 'inbound', 'outbound', 'probes', 'app', 'management');
  const config = withPorts(shippedFile('envoy', 'envoy.yaml'), /(port_value: )(\d+)/g, {
    9901: taken.admin,
    8080: taken.inbound,
    10000: taken.outbound,
    9902: taken.probes,
    3000: taken.app,
    9000: taken.management,
  });
  return {
    name: 'envoy',
    args: shippedArgs('envoy').map((arg) => arg.replace('/etc/envoy', '{folder}')),
    files: { 'envoy.yaml': config },
    port: taken.admin,
    quitPort: taken.admin,
    ports: taken,
  };
}

/** daprd as its injector starts it, for a service at this port, without a control plane. */
export async function daprd(app: number): Promise<Launch> {
  const listeners = await take(
    'dapr-http-port',
    'dapr-grpc-port',
    'dapr-internal-grpc-port',
    'dapr-public-port',
    'metrics-port',
  );
  const args = Object.entries(listeners).flatMap(([flag, value]) => [`--${flag}`, String(value)]);
  const { 'dapr-http-port': port } = listeners;
  return {
    name: 'daprd',
    args: ['--app-id', 'ebb', '--app-port', String(app), '--resources-path', '{folder}', ...args],
    port,
    quitPort: port,
  };
}

/** The shipped arguments, and what a pod that must complete adds to them. Without an account: it connects to nothing. */
export async function cloudSqlProxy(): Promise<Launch> {
  const { port, quitPort, database } = await take('port', 'quitPort', 'database');
  const shipped = shippedArgs('cloud-sql-proxy').map((arg) =>
    withPorts(arg, /^(--(?:http-)?port=)(\d+)$/g, { 9090: port, 5432: database }),
  );
  const toComplete = ['--quitquitquit', `--admin-port=${quitPort}`];
  const offline = ['--token=none', '--lazy-refresh', 'project:region:instance'];
  return {
    name: 'cloud-sql-proxy',
    args: [...shipped, ...toComplete, ...offline],
    port,
    quitPort,
  };
}

/** The shipped collector; it keeps what it has for a minute, so that a test sees what it does with it at its end. */
export async function collector(): Promise<Launch & { readonly otlp: number }> {
  const { port, grpc, otlp } = await take('port', 'grpc', 'otlp');
  const others = { 13133: port, 4317: grpc, 4318: otlp };
  const config = withPorts(shippedFile('otel-collector', 'config.yaml'), /(endpoint: [\d.]+:)(\d+)/g, others);
  return {
    name: 'otelcol',
    args: shippedArgs('otel-collector').map((arg) => arg.replace('/etc/otelcol', '{folder}')),
    files: { 'config.yaml': config.replace('batch: {}', 'batch: { timeout: 60s }') },
    port,
    quitPort: port,
    otlp,
  };
}

/** A port where a test's own server or service will listen. */
export function freePort(): Promise<number> {
  return ports.take();
}

async function take<const Name extends string>(...names: readonly Name[]): Promise<Record<Name, number>> {
  const taken: [string, number][] = [];
  for (const name of names) {
    taken.push([name, await ports.take()]);
  }
  return Object.fromEntries(taken) as Record<Name, number>;
}
