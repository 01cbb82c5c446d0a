/** What is measured. */
import { existsSync } from 'node:fs';
import { UsageError } from '../lib/terminal/flags.js';

/** A number that the server counts itself, to be compared with the client's. */
export interface Counter {
  readonly on: 'public' | 'management';
  readonly path: string;
  readonly pattern: RegExp;
}

export interface Subject {
  readonly name: string;
  /** As the table calls it. */
  readonly title: string;
  /** What Node runs. */
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Whether it is first put together as the image has it. */
  readonly isMadeAsImage?: boolean;
  /** Instead of {@link args}: a command of the user's. */
  readonly command?: string;
  /** Where `/readyz` is asked. */
  readonly readyOn: 'public' | 'management';
  readonly readyPath: string;
  readonly counter?: Counter;
  /** Whether its answer is known, to the byte. */
  readonly hasKnownAnswer: boolean;
  /** Whether its exit is measured: it has `/wait`, and is a Nest application. */
  readonly waits: boolean;
  /** Whether it is another build of a subject that is measured already, and only its start differs. */
  readonly startsOnly: boolean;
}

/** What the ratios are to. */
export const REFERENCE = 'stock';

/** What `npm run bundle` makes, and the program in it that makes the compile cache. */
export const BUNDLE = 'dist-bundle';
export const MAKE_CACHE = 'make-compile-cache.js';

const PEERS = 'dist-test/tools/bench/peers';

const PEER = {
  readyOn: 'public',
  readyPath: '/readyz',
  hasKnownAnswer: true,
  waits: false,
  startsOnly: false,
} as const;

const EBB = {
  ...PEER,
  readyOn: 'management',
  waits: true,
  counter: { on: 'management', path: '/metrics', pattern: /^ebb_requests_total (\d+)$/m },
} as const;

const BUNDLED = { ...PEER, args: [`${BUNDLE}/main.js`], readyOn: 'management', startsOnly: true } as const;

function peer(name: string, title: string, more: Partial<Subject> = {}): Subject {
  return { ...PEER, name, title, args: [`${PEERS}/${name}.main.js`], ...more };
}

export const SUBJECTS: readonly Subject[] = [
  peer('node-http', 'node:http'),
  peer('fastify', 'Fastify'),
  peer('nest-fastify', 'Nest + Fastify'),
  peer('express', 'Express'),
  peer(REFERENCE, 'Nest + Express, stock', { waits: true }),
  peer('usual', 'stock + terminus, request log, metrics', {
    counter: {
      on: 'public',
      path: '/metrics',
      pattern: /^http_request_duration_seconds_count\{method="GET",route="\/",status="200"\} (\d+)$/m,
    },
  }),
  peer('ebb-slow-path', 'Ebb, fastPath: false', EBB),
  peer('ebb', 'Ebb', EBB),
  // They have the sample's routes, so that only their start can be compared.
  { ...BUNDLED, name: 'ebb-bundled', title: 'Ebb, bundled' },
  { ...BUNDLED, name: 'ebb-image', title: 'Ebb, bundled, compile cache', isMadeAsImage: true },
];

export interface Choice {
  readonly subjects: readonly Subject[];
  /** What would be measured as well if it had been built. */
  readonly leftOut: readonly Subject[];
}

/**
 * The subjects of these names, in their own order; all that are built when there are no names.
 *
 * @param own `NAME=COMMAND` of programs that are not the bench's.
 * @throws {@link UsageError} for a name that nobody has, and for one that is not built.
 */
export function chooseSubjects(names: readonly string[] | undefined, own: readonly string[]): Choice {
  const all = [...SUBJECTS, ...own.map(ownSubject)];
  const known = all.map(({ name }) => name);
  const unknown = names?.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new UsageError(`--subjects must be of ${known.join(', ')}, not "${unknown}".`);
  }
  const chosen = all.filter(({ name }) => names === undefined || names.includes(name));
  const left = chosen.filter((subject) => missingOf(subject) !== undefined);
  const [first] = left;
  if (names !== undefined && first !== undefined) {
    throw new UsageError(`--subjects names ${first.name}, and there is no ${missingOf(first)}. Build it first.`);
  }
  return { subjects: chosen.filter((subject) => !left.includes(subject)), leftOut: left };
}

/** The file of a subject that is not there; undefined when it can be started. */
export function missingOf({ args, isMadeAsImage }: Subject): string | undefined {
  const files = isMadeAsImage === true ? [...args, `${BUNDLE}/${MAKE_CACHE}`] : args;
  return files.find((file) => !existsSync(file));
}

function ownSubject(text: string): Subject {
  const [, name, command] = /^([\w-]+)=(.+)$/.exec(text) ?? [];
  if (name === undefined || command === undefined || SUBJECTS.some((one) => one.name === name)) {
    throw new UsageError(`--service must be NAME=COMMAND with a name of its own, not "${text}".`);
  }
  return { ...PEER, name, title: name, args: [], command, readyPath: '/', hasKnownAnswer: false };
}
