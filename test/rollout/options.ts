import { parseArgs } from 'node:util';

/** What a rollout does, from the command line. */
export interface RolloutOptions {
  readonly replicas: number;
  /** From a pod's deletion to SIGTERM. */
  readonly preStopMs: number;
  /** How long new connections still go to a deleted pod. */
  readonly propagationMs: number;
  /** Handed to the service as `LAME_DUCK_SECONDS`. */
  readonly lameDuckMs: number;
  /** From a pod's deletion to SIGKILL. */
  readonly graceMs: number;
  /** Multiplies the number of clients. */
  readonly load: number;
  /** How long the request takes that is in flight when a pod is told to go. */
  readonly longRequestMs: number;
  /** What is rolled, as a command; absent: the built Ebb. */
  readonly service?: string;
  readonly fastPath: string;
  /** `{seconds}` is replaced by the work a request asks for. */
  readonly workPath: string;
  readonly json?: string;
  readonly picture: string;
}

/** The command line is refused; the message says why. */
export class UsageError extends Error {}

export const USAGE = `A rolling deploy of real processes under load, on loopback.

npm run rollout -- [options]

  --replicas N       pods                                                        default 3
  --pre-stop S       seconds from a pod's deletion to SIGTERM                    default 1
  --propagation S    seconds for which new connections still go to a deleted pod default 1.5
  --lame-duck S      seconds the service goes on serving after SIGTERM           default 3
  --grace S          seconds from a pod's deletion to SIGKILL                    default 60
  --load X           multiplies the number of clients                            default 1
  --long S           seconds of the request that is in flight when a pod goes    default 9
  --service "CMD"    roll another program, which listens on $PORT                default Ebb
  --fast-path PATH   what most clients ask for                                   default /a
  --work-path PATH   what takes {seconds}                                        default /?delay={seconds}
  --json FILE        also write the result as JSON
  --picture FILE     where the picture goes                                      default rollout-report/rollout.html
  --help             this text`;

/**
 * Reads the command line. Undefined when it asks for help.
 *
 * @throws {@link UsageError}
 */
export function readOptions(args: readonly string[]): RolloutOptions | undefined {
  const values = parse(args);
  if (values.help === true) {
    return undefined;
  }
  const seconds = (name: 'pre-stop' | 'propagation' | 'lame-duck' | 'grace' | 'long') =>
    number(name, values[name], 0, 600) * 1_000;
  if (seconds('long') <= seconds('pre-stop')) {
    throw new UsageError('--long must exceed --pre-stop, or no request is in flight when SIGTERM comes.');
  }
  return {
    replicas: integer('replicas', values.replicas, 1, 20),
    preStopMs: seconds('pre-stop'),
    propagationMs: seconds('propagation'),
    lameDuckMs: seconds('lame-duck'),
    graceMs: seconds('grace'),
    longRequestMs: seconds('long'),
    load: number('load', values.load, 0.05, 10),
    ...(values.service === undefined ? {} : { service: values.service }),
    fastPath: values['fast-path'],
    workPath: values['work-path'],
    ...(values.json === undefined ? {} : { json: values.json }),
    picture: values.picture,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        replicas: { type: 'string', default: '3' },
        'pre-stop': { type: 'string', default: '1' },
        propagation: { type: 'string', default: '1.5' },
        'lame-duck': { type: 'string', default: '3' },
        grace: { type: 'string', default: '60' },
        load: { type: 'string', default: '1' },
        long: { type: 'string', default: '9' },
        service: { type: 'string' },
        'fast-path': { type: 'string', default: '/a' },
        'work-path': { type: 'string', default: '/?delay={seconds}' },
        json: { type: 'string' },
        picture: { type: 'string', default: 'rollout-report/rollout.html' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function number(name: string, text: string, least: number, most: number): number {
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= least && value <= most)) {
    throw new UsageError(`--${name} must be a number from ${least} to ${most}, not "${text}".`);
  }
  return value;
}

function integer(name: string, text: string, least: number, most: number): number {
  const value = number(name, text, least, most);
  if (!Number.isInteger(value)) {
    throw new UsageError(`--${name} must be a whole number, not "${text}".`);
  }
  return value;
}
