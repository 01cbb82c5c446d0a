/** What a process has of the memory, and what each idle connection adds to it. */
import { once } from 'node:events';
import { plural } from '../../lib/picture/picture-markup.js';
import type { CrowdAnswer } from '../crowd/crowd.main.js';
import type { Heap } from '../inside/memory.js';
import { Partner } from '../processes/partner.js';
import { Server } from '../processes/server.js';
import { rssBytes } from '../processes/proc.js';
import type { Column, Measured, Sample } from '../result.js';
import type { Subject } from '../subjects.js';
import { type Bench, inRounds } from './bench.js';
import { connectionsWithin } from './connections.js';

/** Memory hardly spreads. */
const ROUNDS = 0.25;

const CROWDS = [2_000, 10_000];
const SHORT_CROWDS = [500, 2_000];

/** Far above what a collection takes. */
const CEILING_MS = 20_000;

const COLUMNS: readonly Column[] = [
  { key: 'idleBytes', title: 'RSS idle', unit: 'bytes', better: 'less' },
  { key: 'perConnectionRss', title: 'RSS per idle connection', unit: 'bytes', better: 'less' },
  { key: 'perConnectionHeap', title: 'heap per idle connection', unit: 'bytes', better: 'less' },
];

export async function measureMemory(bench: Bench): Promise<Measured> {
  const { options, cores } = bench;
  const rounds = Math.ceil(options.rounds * ROUNDS);
  const subjects = options.subjects.filter(({ startsOnly, command }) => !startsOnly && command === undefined);
  const [few = 0, many = 0] = connectionsWithin(options.short ? SHORT_CROWDS : CROWDS);
  const client = new Partner('crowd/crowd.main.js', cores.client);
  const samples: Sample[] = [];
  try {
    await inRounds(bench, 'Memory', subjects, rounds, async (subject, round) => {
      samples.push({ subject: subject.name, round, figures: await measureOne(subject, client, bench, few, many) });
    });
  } finally {
    client.end();
  }
  return {
    name: 'memory',
    title: 'Memory',
    notes: [
      `RSS idle is that of a process that has just become ready. Per connection: the difference between ${count(few)} and ${count(many)} idle keep-alive connections that have each had one answer, after garbage collections; the heap with what V8 calls external. ${plural(rounds, 'round')}.`,
    ],
    columns: COLUMNS,
    samples,
  };
}

async function measureOne(
  subject: Subject,
  client: Partner,
  { cores }: Bench,
  few: number,
  many: number,
): Promise<Record<string, number>> {
  const server = await Server.start(subject, { core: cores.server, preload: 'memory' });
  try {
    const idleBytes = rssBytes(server.pid);
    const before = await heapOf(server);
    const atFew = await heapWith(server, client, few);
    const atMany = await heapWith(server, client, many);
    const perConnection = (key: keyof Heap) => (atMany[key] - atFew[key]) / (many - few);
    return {
      idleBytes,
      idleHeap: before.heapBytes,
      rssAtFew: atFew.rssBytes,
      rssAtMany: atMany.rssBytes,
      perConnectionRss: perConnection('rssBytes'),
      perConnectionHeap: perConnection('heapBytes'),
    };
  } finally {
    server.kill();
    await server.exited;
    await client.ask({ port: server.port, size: 0 });
  }
}

async function heapWith(server: Server, client: Partner, size: number): Promise<Heap> {
  const { port } = server;
  await client.ask<CrowdAnswer>({ port, size });
  const heap = await heapOf(server);
  const { size: left } = await client.ask<CrowdAnswer>({ port, size });
  if (left !== size) {
    throw new Error(
      `${server.subject.title} has closed ${size - left} of ${size} idle connections while it was measured.`,
    );
  }
  return heap;
}

async function heapOf(server: Server): Promise<Heap> {
  server.assertAlive();
  const answer = once(server.child, 'message', { signal: AbortSignal.timeout(CEILING_MS) });
  server.child.send({});
  const [heap] = (await answer) as [Heap];
  return heap;
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}
