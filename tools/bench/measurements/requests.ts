/** Requests per second, latency, processor time of a request, memory after the load. */
import { plural } from '../../lib/picture/picture-markup.js';
import type { LoadOutcome } from '../load/load.js';
import { ANSWER } from '../peers/answer.js';
import { get } from '../processes/get.js';
import { Partner } from '../processes/partner.js';
import { processorMs, rssBytes } from '../processes/proc.js';
import { Server } from '../processes/server.js';
import type { Column, Measured, Sample } from '../result.js';
import type { Subject } from '../subjects.js';
import { type Bench, inRounds } from './bench.js';

/** Before anything counts: V8 compiles what is hot only after it has run for a while. */
const WARM_UP_SECONDS = 2;

/** Above this the client may be what is measured. */
const BUSY_CLIENT = 0.9;

const COLUMNS: readonly Column[] = [
  { key: 'perSecond', title: 'requests/s', unit: '1/s', better: 'more' },
  { key: 'processorUs', title: 'processor/request', unit: 'µs', better: 'less' },
  { key: 'p50Ms', title: 'p50', unit: 'ms', better: 'less' },
  { key: 'p99Ms', title: 'p99', unit: 'ms', better: 'less' },
  { key: 'rssBytes', title: 'RSS under load', unit: 'bytes', better: 'less' },
  { key: 'clientShare', title: 'client’s core', unit: 'share' },
];

export async function measureRequests(bench: Bench): Promise<Measured> {
  const { options, cores, watch } = bench;
  const subjects = options.subjects.filter(({ startsOnly }) => !startsOnly);
  const client = new Partner('load/load.main.js', cores.client);
  const targets = new Map<Subject, Target>();
  try {
    for (const subject of subjects) {
      bench.display.status(`Requests: ${subject.title} starts and warms up`);
      const target = new Target(await Server.start(subject, { core: cores.server }), client, options.connections);
      targets.set(subject, target);
      await target.load(Math.min(WARM_UP_SECONDS, options.seconds * 2) * 1_000);
    }
    const samples: Sample[] = [];
    await inRounds(bench, 'Requests', subjects, options.rounds, async (subject, round) => {
      const target = targets.get(subject);
      if (target !== undefined) {
        const { value: figures, noise, disturbedBy } = await watch.measure(() => target.load(options.seconds * 1_000));
        samples.push({ subject: subject.name, round, figures, noise, disturbedBy });
      }
    });
    for (const target of targets.values()) {
      await target.compareCounts();
    }
    return measured(bench, samples, [...targets.values()]);
  } finally {
    client.end();
    targets.forEach(({ server }) => server.kill());
  }
}

class Target {
  /** Whatever the client has had answered, in the warm-up too. */
  answered = 0;

  constructor(
    readonly server: Server,
    private readonly client: Partner,
    private readonly connections: number,
  ) {}

  async load(ms: number): Promise<Record<string, number>> {
    const { port, pid, subject } = this.server;
    const body = subject.hasKnownAnswer ? { body: JSON.stringify(ANSWER) } : {};
    try {
      await this.client.ask({ kind: 'open', port, connections: this.connections, ...body });
      const before = processorMs(pid);
      const outcome = await this.client.ask<LoadOutcome>({ kind: 'run', ms });
      this.server.assertAlive();
      const { answered, all, p50Ms, p99Ms, clientShare } = outcome;
      const processorUs = ((processorMs(pid) - before) / all) * 1_000;
      this.answered += all;
      const perSecond = answered / (ms / 1_000);
      return { perSecond, processorUs, p50Ms, p99Ms, rssBytes: rssBytes(pid), clientShare, answered: all };
    } catch (error) {
      this.server.assertAlive();
      throw new Error(`${subject.title}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
    }
  }

  /** Whether the server has a count of its own. */
  get isCounted(): boolean {
    return this.server.subject.counter !== undefined;
  }

  /** @throws Error when the server has counted other than the client has. */
  async compareCounts(): Promise<void> {
    const { counter, title } = this.server.subject;
    if (counter !== undefined) {
      const { body = '' } = (await get(this.server.portOf(counter.on), counter.path)) ?? {};
      const counted = counter.pattern.exec(body)?.[1];
      if (Number(counted) !== this.answered) {
        throw new Error(
          `${title} says that it answered ${counted ?? 'nothing'}, and the client had ${this.answered} answers.`,
        );
      }
    }
  }
}

function measured({ options, cores }: Bench, samples: readonly Sample[], targets: readonly Target[]): Measured {
  const counted = targets.filter(({ isCounted }) => isCounted).map(({ server }) => server.subject.title);
  const busy = samples.filter(({ figures }) => (figures['clientShare'] ?? 0) > BUSY_CLIENT);
  const names = new Set(busy.map(({ subject }) => subject));
  return {
    name: 'requests',
    title: 'Requests',
    notes: [
      `GET / of ${JSON.stringify(ANSWER).length} bytes of JSON, ${options.connections} keep-alive connections, each with one request at a time, ${plural(options.rounds, 'round')} of ${options.seconds} s.`,
      cores.server === undefined
        ? 'Server and client share the cores: taskset is not there, or there is but one core.'
        : 'Server and client have a core each.',
      ...(counted.length === 0 ? [] : [`As many answers as the server counts itself: ${counted.join(', ')}.`]),
      ...(busy.length === 0
        ? []
        : [
            `The client used over ${BUSY_CLIENT * 100} % of its core with ${[...names].join(', ')}: it may be what was measured there.`,
          ]),
    ],
    columns: COLUMNS,
    samples,
    totals: Object.fromEntries(targets.map(({ server, answered }) => [server.subject.name, answered])),
  };
}
