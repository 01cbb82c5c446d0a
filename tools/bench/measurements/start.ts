/** From the spawn to the first 200 of readiness, and from when on a process can be asked to go. */
import { plural } from '../../lib/picture/picture-markup.js';
import { processorMs, rssBytes } from '../processes/proc.js';
import { sharedNow } from '../processes/clock.js';
import { Server } from '../processes/server.js';
import type { Column, Measured, Sample } from '../result.js';
import type { Subject } from '../subjects.js';
import { type Made, asImage } from './as-image.js';
import { type Bench, inRounds } from './bench.js';
import { within } from '../processes/within.js';

/** Of the rounds of requests: a start spreads less. */
const ROUNDS = 0.75;

const LEAVE_CEILING_MS = 30_000;

const COLUMNS: readonly Column[] = [
  { key: 'readyMs', title: 'ready after', unit: 'ms', better: 'less' },
  { key: 'processorMs', title: 'processor until then', unit: 'ms', better: 'less' },
  { key: 'rssBytes', title: 'RSS then', unit: 'bytes', better: 'less' },
  { key: 'hearsMs', title: 'listens to SIGTERM after', unit: 'ms', better: 'less' },
  { key: 'goneMs', title: 'told so then, gone after', unit: 'ms', better: 'less' },
];

export async function measureStart(bench: Bench): Promise<Measured> {
  const { options, watch } = bench;
  const rounds = Math.ceil(options.rounds * ROUNDS);
  const samples: Sample[] = [];
  const made: Made[] = [];
  try {
    for (const subject of options.subjects) {
      made.push(subject.isMadeAsImage === true ? await asImage(subject) : { subject, remove: () => Promise.resolve() });
    }
    const subjects = made.map(({ subject }) => subject);
    await inRounds(bench, 'Start', subjects, rounds, async (subject, round) => {
      const { value: figures, noise, disturbedBy } = await watch.measure(() => startAndLeave(subject, bench));
      samples.push({ subject: subject.name, round, figures, noise, disturbedBy });
    });
  } finally {
    await Promise.all(made.map(({ remove }) => remove()));
  }
  return {
    name: 'start',
    title: 'Start',
    notes: [
      `From the spawn to the first 200 of readiness, which is asked for every few milliseconds; on one core; ${plural(rounds, 'round')}.`,
      'SIGTERM is sent to another process as soon as it listens to it. Before that moment Node ends at once; in a container, as process 1, it does not hear the signal at all.',
    ],
    columns: COLUMNS,
    samples,
  };
}

async function startAndLeave(subject: Subject, { cores }: Bench): Promise<Record<string, number>> {
  const server = await Server.start(subject, { core: cores.server });
  const figures = {
    readyMs: sharedNow() - server.spawnedAtMs,
    processorMs: processorMs(server.pid),
    rssBytes: rssBytes(server.pid),
  };
  server.kill();
  await server.exited;
  // Nothing can be loaded before a command that may not even be Node.
  return subject.command === undefined ? { ...figures, ...(await leaveEarly(subject, cores.server)) } : figures;
}

/** What is asked to go as soon as it listens to SIGTERM, ready or not. */
async function leaveEarly(subject: Subject, core: number | undefined): Promise<Record<string, number>> {
  const server = await Server.spawn(subject, { core, preload: 'signal' });
  try {
    let askedAt: number | undefined;
    server.pipe?.once('data', () => {
      askedAt = sharedNow();
      server.child.kill('SIGTERM');
    });
    const { atMs } = await within(LEAVE_CEILING_MS, server.exited, () => {
      return new Error(
        `${subject.title} was ${askedAt === undefined ? 'not ' : ''}asked to go while it started, and is there.`,
      );
    });
    return { hearsMs: (askedAt ?? atMs) - server.spawnedAtMs, goneMs: atMs - server.spawnedAtMs };
  } finally {
    server.kill();
  }
}
