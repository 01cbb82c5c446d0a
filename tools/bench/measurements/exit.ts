/** How long a process takes to go, by how many idle connections it holds. */
import { plural } from '../../lib/picture/picture-markup.js';
import type { CrowdAnswer } from '../crowd/crowd.main.js';
import { sharedNow } from '../processes/clock.js';
import { Partner } from '../processes/partner.js';
import { timesOf } from '../processes/proc.js';
import { Server } from '../processes/server.js';
import type { Column, Measured, Sample } from '../result.js';
import { REFERENCE, type Subject } from '../subjects.js';
import { type Bench, inRounds } from './bench.js';
import { connectionsWithin } from './connections.js';
import { Beats } from '../inside/beats.js';
import { InFlight } from './in-flight.js';

const ROUNDS = 0.25;

const CROWDS = [0, 1_000, 5_000, 10_000];
const SHORT_CROWDS = [0, 1_000];

const IN_FLIGHT_SECONDS = 2.5;
const SHORT_IN_FLIGHT_SECONDS = 1;

const COLUMNS: readonly Column[] = [
  { key: 'exitMs', title: 'SIGTERM → exit', unit: 'ms', better: 'less' },
  { key: 'lastAnswerMs', title: 'last answer → exit', unit: 'ms', better: 'less' },
  { key: 'processorMs', title: 'processor meanwhile', unit: 'ms', better: 'less' },
  { key: 'standStillMs', title: 'longest stand-still', unit: 'ms', better: 'less' },
];

interface Case {
  readonly connections: number;
  /** Of the request that is in flight when SIGTERM comes; undefined when none is. */
  readonly inFlightSeconds?: number;
}

export async function measureExit(bench: Bench): Promise<Measured> {
  const { options, cores, watch } = bench;
  const rounds = Math.ceil(options.rounds * ROUNDS);
  const subjects = options.subjects.filter(({ waits, startsOnly }) => waits && !startsOnly);
  const crowds = connectionsWithin(options.short ? SHORT_CROWDS : CROWDS);
  const inFlightSeconds = options.short ? SHORT_IN_FLIGHT_SECONDS : IN_FLIGHT_SECONDS;
  const cases = crowds.flatMap((connections): Case[] => [{ connections }, { connections, inFlightSeconds }]);
  const client = new Partner('crowd/crowd.main.js', cores.client);
  const samples: Sample[] = [];
  try {
    for (const one of cases) {
      await inRounds(bench, `Exit, ${inWords(one)}`, subjects, rounds, async (subject, round) => {
        const { value, noise, disturbedBy } = await watch.measure(() => leave(subject, one, client, bench));
        samples.push({ subject: subject.name, round, case: inWords(one), figures: value, noise, disturbedBy });
      });
    }
  } finally {
    client.end();
  }
  return {
    name: 'exit',
    title: 'Exit',
    notes: [
      `${subjects.map(({ title }) => title).join(', ')}; idle keep-alive connections, and a request of ${inFlightSeconds} s that is in flight when SIGTERM comes, or none. No lame duck (PRE_STOP_SECONDS, LAME_DUCK_SECONDS and PROPAGATION_SECONDS are 0). ${plural(rounds, 'round')}.`,
      `The stand-still is the longest time for which the event loop did not come round after SIGTERM; ${REFERENCE} is Nest with enableShutdownHooks().`,
    ],
    columns: COLUMNS,
    samples,
  };
}

function inWords({ connections, inFlightSeconds }: Case): string {
  return `${connections.toLocaleString('en-US')} idle${inFlightSeconds === undefined ? '' : ', 1 in flight'}`;
}

async function leave(
  subject: Subject,
  { connections, inFlightSeconds }: Case,
  client: Partner,
  { cores }: Bench,
): Promise<Record<string, number>> {
  const server = await Server.start(subject, { core: cores.server, preload: 'heartbeat' });
  const { port, pid } = server;
  try {
    const beats = new Beats(server);
    await client.ask<CrowdAnswer>({ port, size: connections });
    const inFlight = inFlightSeconds === undefined ? undefined : await InFlight.send(port, inFlightSeconds);
    const usedBefore = timesOf(pid)?.ownMs ?? 0;
    const goneBefore = timesOf(process.pid)?.goneChildrenMs ?? 0;
    const askedAt = sharedNow();
    const { atMs, how } = await server.stop();
    if (how !== '0' && how !== 'SIGTERM') {
      throw new Error(`${subject.title} ended with ${how} when it was asked to go with ${inWords({ connections })}.`);
    }
    const answeredAt = await inFlight?.answeredAt;
    // A child that is gone has left its processor time with this process, its parent.
    const processorMs = (timesOf(process.pid)?.goneChildrenMs ?? 0) - goneBefore - usedBefore;
    return {
      exitMs: atMs - askedAt,
      processorMs,
      standStillMs: await beats.longestGapMs(askedAt, atMs),
      ...(answeredAt === undefined ? {} : { lastAnswerMs: atMs - answeredAt }),
    };
  } finally {
    server.kill();
    await server.exited;
    await client.ask({ port, size: 0 });
  }
}
