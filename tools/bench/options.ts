import { existsSync } from 'node:fs';
import { UsageError, integer, number, parse } from '../lib/terminal/flags.js';
import { MEASUREMENTS, type MeasurementName } from './result.js';
import { SUBJECTS, type Choice, chooseSubjects } from './subjects.js';

export interface BenchOptions extends Choice {
  readonly measurements: readonly MeasurementName[];
  /** Of requests; the other measurements have fewer, in proportion. */
  readonly rounds: number;
  /** Of one slice of requests. */
  readonly seconds: number;
  readonly connections: number;
  readonly short: boolean;
  readonly allowNoise: boolean;
  readonly report: string;
  /** A tar file of an image. */
  readonly image?: string;
}

const LONG = { rounds: 12, seconds: 1.5 } as const;
const SHORT = { rounds: 2, seconds: 0.5 } as const;

export const USAGE = `Ebb beside others, in one run: how fast, how soon, how large.

npm run bench -- [options]

  --only A,B         of ${MEASUREMENTS.join(', ')}    default all
  --subjects A,B     of ${SUBJECTS.map(({ name }) => name)
    .join(', ')
    .replace(/(.{50}\S*) /, '$1\n                     ')}    default all
  --service N=CMD    another subject, called N: a program that listens on $PORT
                     and answers GET / with 200 and the same bytes each time; may be repeated
  --rounds N         rounds of requests; of the others fewer, in proportion      default ${LONG.rounds}
  --seconds S        seconds of a slice of requests                              default ${LONG.seconds}
  --connections N    connections that send requests                              default 32
  --short            ${SHORT.rounds} rounds of ${SHORT.seconds} s, and fewer of everything: below two minutes
  --allow-noise      keep what was disturbed: to try something out, no figures
  --image FILE.tar   also the layers of this image, as "docker save" writes it
  --report DIR       where the report goes                                       default bench-report
  --help             this text`;

/**
 * Reads the command line. Undefined when it asks for help.
 *
 * @throws {@link UsageError}
 */
export function readOptions(args: readonly string[]): BenchOptions | undefined {
  const values = parse(args, {
    only: { type: 'string' },
    subjects: { type: 'string' },
    service: { type: 'string', multiple: true, default: [] },
    rounds: { type: 'string' },
    seconds: { type: 'string' },
    connections: { type: 'string', default: '32' },
    short: { type: 'boolean', default: false },
    'allow-noise': { type: 'boolean', default: false },
    image: { type: 'string' },
    report: { type: 'string', default: 'bench-report' },
    help: { type: 'boolean', short: 'h' },
  });
  if (values.help === true) {
    return undefined;
  }
  if (values.image !== undefined && !existsSync(values.image)) {
    throw new UsageError(`--image must be a file, and there is no ${values.image}.`);
  }
  const defaults = values.short ? SHORT : LONG;
  return {
    measurements: readMeasurements(values.only),
    ...chooseSubjects(values.subjects === undefined ? undefined : list('subjects', values.subjects), values.service),
    rounds: integer('rounds', values.rounds ?? String(defaults.rounds), 1, 100),
    seconds: number('seconds', values.seconds ?? String(defaults.seconds), 0.1, 60),
    connections: integer('connections', values.connections, 1, 1_000),
    short: values.short,
    allowNoise: values['allow-noise'],
    report: values.report,
    ...(values.image === undefined ? {} : { image: values.image }),
  };
}

function readMeasurements(only: string | undefined): readonly MeasurementName[] {
  if (only === undefined) {
    return MEASUREMENTS;
  }
  const names = list('only', only);
  const known: readonly string[] = MEASUREMENTS;
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new UsageError(`--only must be of ${MEASUREMENTS.join(', ')}, not "${unknown}".`);
  }
  return MEASUREMENTS.filter((name) => names.includes(name));
}

function list(name: string, text: string): string[] {
  const names = text.split(',');
  if (names.includes('')) {
    throw new UsageError(`--${name} must be names with commas between them, not "${text}".`);
  }
  return names;
}
