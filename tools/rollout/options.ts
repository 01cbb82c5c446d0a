import { CLUSTER_FLAGS, CLUSTER_USAGE, type ClusterOptions, readCluster } from '../lib/kubernetes/options.js';
import { UsageError, integer, number, parse } from '../lib/terminal/flags.js';
import type { LoadSettings } from '../lib/load/load.js';

interface CommonOptions extends LoadSettings {
  readonly replicas: number;
  readonly json?: string;
  readonly picture: string;
}

/** A rollout of processes of this machine. */
export interface ProcessOptions extends CommonOptions {
  readonly target: 'processes';
  /** From a pod's deletion to SIGTERM. */
  readonly preStopMs: number;
  /** How long new connections still go to a deleted pod. */
  readonly propagationMs: number;
  /** Handed to the service as `LAME_DUCK_SECONDS`. */
  readonly lameDuckMs: number;
  /** From a pod's deletion to SIGKILL. */
  readonly graceMs: number;
  /** How long the request takes that is in flight when a pod is told to go. */
  readonly longRequestMs: number;
  /** What is rolled, as a command; absent: the built Ebb. */
  readonly service?: string;
}

/** A rollout on a cluster. What is absent is as the overlay has it. */
export interface ClusterRolloutOptions extends CommonOptions {
  readonly target: 'kubernetes';
  readonly cluster: ClusterOptions;
  readonly preStopSeconds?: number;
  readonly propagationSeconds?: number;
  readonly lameDuckSeconds?: number;
  readonly graceSeconds?: number;
}

/** What a rollout does, from the command line. */
export type RolloutOptions = ProcessOptions | ClusterRolloutOptions;

export const USAGE = `A rolling deploy under load: of real processes on loopback, or on a real Kubernetes.

npm run rollout -- [options]

  --target TARGET    processes, or kubernetes: the current context of kubectl    default processes
  --replicas N       pods                                                        default 3
  --pre-stop S       seconds from a pod's deletion to SIGTERM                    default 1
  --propagation S    seconds for which new connections still go to a deleted pod default 1.5
  --lame-duck S      seconds the service goes on serving after SIGTERM           default 3
  --grace S          seconds from a pod's deletion to SIGKILL                    default 60
  --load X           multiplies the number of clients                            default 1
  --fast-path PATH   what most clients ask for                                   default /a
  --work-path PATH   what takes {seconds}                                        default /?delay={seconds}
  --sockets PATH     WebSocket clients stay connected there, 40 of them          default none
  --streams PATH     the same of streams of events                               default none
  --json FILE        also write the result as JSON
  --picture FILE     where the picture goes                                      default rollout-report/rollout.html
  --help             this text

Of processes:

  --long S           seconds of the request that is in flight when a pod goes    default 9
  --service "CMD"    roll another program, which listens on $PORT                default Ebb

On Kubernetes, where --pre-stop, --propagation, --lame-duck and --grace are the overlay's unless they are given:

${CLUSTER_USAGE}`;

const DEFAULTS = { 'pre-stop': '1', propagation: '1.5', 'lame-duck': '3', grace: '60', long: '9' } as const;

type Seconds = keyof typeof DEFAULTS;

/**
 * Reads the command line. Undefined when it asks for help.
 *
 * @throws {@link UsageError}
 */
export function readOptions(args: readonly string[]): RolloutOptions | undefined {
  const values = parseAll(args);
  if (values.help === true) {
    return undefined;
  }
  const common = {
    replicas: integer('replicas', values.replicas, 1, 20),
    load: number('load', values.load, 0.05, 10),
    fastPath: values['fast-path'],
    workPath: values['work-path'],
    ...(values.sockets === undefined ? {} : { sockets: values.sockets }),
    ...(values.streams === undefined ? {} : { streams: values.streams }),
    ...(values.json === undefined ? {} : { json: values.json }),
    picture: values.picture,
  };
  switch (values.target) {
    case 'processes':
      return { ...common, ...readProcesses(values) };
    case 'kubernetes':
      return { ...common, ...readKubernetes(values) };
    default:
      throw new UsageError(`--target must be processes or kubernetes, not "${values.target}".`);
  }
}

function readProcesses(values: Values) {
  refuse(values, ['overlay', 'image', 'namespace', 'node-port', 'base-url'], 'kubernetes');
  const ms = (name: Seconds) => seconds(name, values[name] ?? DEFAULTS[name]) * 1_000;
  if (ms('long') <= ms('pre-stop')) {
    throw new UsageError('--long must exceed --pre-stop, or no request is in flight when SIGTERM comes.');
  }
  return {
    target: 'processes' as const,
    preStopMs: ms('pre-stop'),
    propagationMs: ms('propagation'),
    lameDuckMs: ms('lame-duck'),
    graceMs: ms('grace'),
    longRequestMs: ms('long'),
    ...(values.service === undefined ? {} : { service: values.service }),
  };
}

function readKubernetes(values: Values) {
  refuse(values, ['long', 'service'], 'processes');
  const { 'pre-stop': preStop, propagation, 'lame-duck': lameDuck, grace } = values;
  return {
    target: 'kubernetes' as const,
    cluster: readCluster(values),
    // The API takes whole seconds for these two.
    ...(preStop === undefined ? {} : { preStopSeconds: integer('pre-stop', preStop, 0, 600) }),
    ...(grace === undefined ? {} : { graceSeconds: integer('grace', grace, 1, 600) }),
    ...(propagation === undefined ? {} : { propagationSeconds: seconds('propagation', propagation) }),
    ...(lameDuck === undefined ? {} : { lameDuckSeconds: seconds('lame-duck', lameDuck) }),
  };
}

/** A flag that means nothing here was meant to do something. */
function refuse(values: Values, names: readonly (keyof Values)[], target: string): void {
  const given = names.find((name) => values[name] !== undefined);
  if (given !== undefined) {
    throw new UsageError(`--${given} is for --target ${target}.`);
  }
}

function seconds(name: Seconds, text: string): number {
  return number(name, text, 0, 600);
}

type Values = ReturnType<typeof parseAll>;

function parseAll(args: readonly string[]) {
  return parse(args, {
    ...CLUSTER_FLAGS,
    target: { type: 'string', default: 'processes' },
    replicas: { type: 'string', default: '3' },
    'pre-stop': { type: 'string' },
    propagation: { type: 'string' },
    'lame-duck': { type: 'string' },
    grace: { type: 'string' },
    load: { type: 'string', default: '1' },
    long: { type: 'string' },
    service: { type: 'string' },
    'fast-path': { type: 'string', default: '/a' },
    'work-path': { type: 'string', default: '/?delay={seconds}' },
    sockets: { type: 'string' },
    streams: { type: 'string' },
    json: { type: 'string' },
    picture: { type: 'string', default: 'rollout-report/rollout.html' },
    help: { type: 'boolean', short: 'h' },
  });
}
