/**
 * How the pod leaves: decided here, from the signal to the last line of the log, and nowhere else.
 *
 *  t0 pod deleted                   SIGTERM                                                            exit      SIGKILL
 *  |--- preStop sleep  P -----------|-- lame duck  <= A --|-- draining  <= R --|-- closing  <= C --|- sidecars S -|- margin -|
 *  |  phase: ready                  |  phase: lame-duck   |  phase: draining   |  phase: closing   |
 *  |  /readyz 200                   |  /readyz 503        |  503               |  503              |
 *  |  serves, keep-alive            |  serves; every      |  listener closed;  |  Nest's hooks:    |
 *  |  endpoints forget the pod      |  response says      |  what is in flight |  business code    |
 *  |  meanwhile                     |  Connection: close; |  and tracked work  |  frees its        |
 *  |                                |  sidecars told to   |  finish            |  resources        |
 *  |                                |  drain; streams and |                    |                   |
 *  |                                |  sockets told to go |                    |                   |
 *  |<------------------------------------ G  terminationGracePeriodSeconds ------------------------------------------------->|
 *
 * Slices are ceilings and their ends are absolute, counted from SIGTERM: what one slice leaves, the next may use. Nothing
 * in here throws or hangs: a step that fails is logged, and the next one runs.
 *
 * Behind a sidecar that carries inbound traffic two things differ. Its clients stay connected to it whatever the service
 * says, and it answers them with 502 or 503 once the service accepts no more connections. So the lame duck ends early only
 * if the proxy itself says that nobody is connected to it; silence is no proof, because a client that is connected and
 * thinks is silent too, and behind a proxy that does not tell the lame duck takes all of A. And while a request is still in
 * flight after it, the listener stays open for those who may come through the proxy meanwhile.
 */
import { setImmediate as turn } from 'node:timers/promises';
import { type BeforeApplicationShutdown, Inject, Injectable, Logger } from '@nestjs/common';
import { CONFIG, type Config } from '../config/config.js';
import { Connections } from '../http/connections.js';
import { Delivery, type Undelivered } from '../http/delivery.js';
import { ProxiedClients } from '../sidecars/proxied-clients.js';
import { Sidecars } from '../sidecars/sidecars.js';
import { Changes } from '../work/changes.js';
import { Work } from '../work/work.js';
import { ForeignListeners } from './foreign-listeners.js';
import { HookWatch } from './hook-watch.js';
import { type Cause, LastWords } from './last-words.js';
import { LameDuck } from './lame-duck.js';
import { Lifecycle } from './lifecycle.js';
import { Phases } from './phases.js';
import type { ShutdownSignal, Signals } from './signals.js';
import { Timeline } from './timeline.js';

/**
 * How long a client that is about to ask something may go on when nothing else is left to wait for: enough for a request
 * that is on the wire, or for a header that comes in two packets, and too little for one that never comes to hold a pod.
 */
const ARRIVAL_GRACE_MS = 500;

/** Who may come to the pod. */
interface Listeners {
  /** Absent where there is no public listener. */
  readonly port?: number;
  readonly managementPort: number;
  /** Whether endpoints lead to it, which have to forget it. */
  readonly isRoutedTo: boolean;
}

@Injectable()
export class Shutdown implements BeforeApplicationShutdown {
  readonly #logger = new Logger('Lifecycle');
  #drained: Promise<void> | undefined;
  /** Whether the process is this service's, so that its end is decided here. Not in a test that holds an application. */
  #ownsProcess = false;
  #isRoutedTo = true;
  #signal: ShutdownSignal = 'SIGTERM';
  /** Whether the last hook has run. */
  #hasEnded = false;
  #deadline: NodeJS.Timeout | undefined;

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly phases: Phases,
    private readonly timeline: Timeline,
    private readonly changes: Changes,
    private readonly work: Work,
    private readonly connections: Connections,
    private readonly delivery: Delivery,
    private readonly lifecycle: Lifecycle,
    private readonly hooks: HookWatch,
    private readonly foreign: ForeignListeners,
    private readonly lastWords: LastWords,
    private readonly lameDuck: LameDuck,
    private readonly sidecars: Sidecars,
    private readonly proxiedClients: ProxiedClients,
  ) {}

  /**
   * The pod is ready, and from here on a signal starts the timeline.
   *
   * @param nests the listeners for signals that are Nest's own.
   */
  standBy(signals: Signals, nests: ReadonlySet<unknown>, { isRoutedTo, ...listeners }: Listeners): void {
    this.#ownsProcess = true;
    this.#isRoutedTo = isRoutedTo;
    signals.handle({
      first: (signal) => {
        this.#signal = signal;
        const isClosedByCode = this.#drained !== undefined;
        void this.drain(signal);
        if (isClosedByCode) {
          // Who sends a signal to an application that closes itself sets its deadline anew.
          this.lastWords.cause = signal;
          if (this.#hasEnded) {
            // What keeps the process is none of this service's, and Nest hears no signal any more.
            process.exit(0);
          }
          if (this.phases.current === 'closing') {
            this.#armDeadline(this.config.budget.cleanupMs);
          }
        }
      },
      repeated: (signal) => this.#logger.log(`${signal} once more: the shutdown goes on as it is`),
      insisted: (exitCode) => {
        this.lastWords.force(['a second signal, SIGINT', ...this.work.pending.texts], {
          signal: 'SIGINT',
          ...this.work.pending.fields,
        });
        process.exit(exitCode);
      },
    });
    this.foreign.take((listener) => signals.isOwn(listener) || nests.has(listener));
    process.on('uncaughtException', (error) => this.#leaveCrashed(error));
    // Before others': one that throws would take the last words away.
    process.prependOnceListener('exit', (code) => {
      process.exitCode = this.lastWords.say(code);
    });
    this.phases.enter('ready');
    this.proxiedClients.watch();
    this.timeline.moment('startup.complete', 'Server ready', listeners);
  }

  /**
   * Leaves: resolves when the phase `closing` begins and Nest's hooks may run. Idempotent, and everything that must not
   * wait (readiness, `Connection: close`, {@link Lifecycle.leaving}) has happened before it returns.
   */
  drain(cause: Cause = 'close'): Promise<void> {
    this.#drained ??= this.#leave(cause);
    return this.#drained;
  }

  /** So that no way of closing an app skips the drain: another adapter has no `beforeClose()` of ours. */
  beforeApplicationShutdown(): Promise<void> {
    return this.drain();
  }

  /** The last hook of all: what is left to do when nobody needs anything any more. */
  async end(): Promise<void> {
    if (this.#ownsProcess) {
      // Within the deadline, which names it: others' code may hang.
      await this.foreign.call(this.#signal);
    }
    // Has a time limit of its own: the deadline of the hooks is met.
    clearTimeout(this.#deadline);
    await this.sidecars.quit();
    this.#hasEnded = true;
  }

  /**
   * What nobody caught would end the process at once, and with it every request that is still in flight. It leaves as it does
   * at SIGTERM instead, and the exit code tells. While it leaves, nothing changes.
   */
  #leaveCrashed(error: unknown): void {
    const isFirst = this.lastWords.crash(error);
    if (isFirst && this.#drained === undefined) {
      this.lastWords.cause = 'crash';
      // As if the kubelet had sent it, to Nest as well.
      process.emit('SIGTERM', 'SIGTERM');
    }
  }

  async #leave(cause: Cause): Promise<void> {
    // A person at a terminal has no endpoints to be told, and neither has a worker.
    const withLameDuck = cause !== 'SIGINT' && this.#isRoutedTo;
    this.lastWords.cause ??= cause;
    this.timeline.begin(withLameDuck);
    this.phases.enter(withLameDuck && this.phases.current === 'ready' ? 'lame-duck' : 'draining');
    this.timeline.moment('shutdown.initiated', 'Shutting down server...', { cause: this.lastWords.cause });
    this.work.leave(this.lameDuck.goodbyesMs, this.timeline.drainEndAt);
    this.lifecycle.startLeaving();
    const endStalled = this.delivery.endStalledReaders();

    if (this.phases.current === 'lame-duck') {
      await this.lameDuck.run();
    }
    this.proxiedClients.stop();
    this.work.endLameDuck();
    await this.connections.stopListening();
    this.connections.endAnswered();
    const { fields } = this.work.pending;
    this.timeline.moment('listener.closed', 'No new connections are accepted', {
      work: fields['work'],
      // Of all kinds, by how many there are: what the pod still waits for.
      pending: Object.fromEntries(Object.entries(fields).map(([name, items]) => [name, items.length])),
    });

    const left = await this.#finish();
    if (left === undefined) {
      this.timeline.moment('requests.drained', 'Every request is answered, and all other work is done');
    } else {
      this.#cut(left);
    }
    endStalled();
    this.phases.enter('closing');
    if (this.#ownsProcess) {
      this.#armDeadline(this.timeline.closeLeftMs);
    }
  }

  /** Waits until everything is answered, read and done. What is not read when its slice ends; undefined otherwise. */
  async #finish(): Promise<Undelivered | undefined> {
    const { drainEndAt } = this.timeline;
    do {
      if (!(await this.#isEverythingDone())) {
        return { bytes: 0, proxiedBytes: 0 };
      }
      await this.connections.closeIdle();
      const left = await this.delivery.untilRead(this.sidecars.carryInbound, drainEndAt);
      if (left !== undefined) {
        return left;
      }
      // Again for work that was tracked while a client was still reading.
    } while (!this.work.isIdle);
    return undefined;
  }

  async #isEverythingDone(): Promise<boolean> {
    const { drainEndAt } = this.timeline;
    while (await this.changes.until(() => this.work.isIdle, drainEndAt)) {
      await this.connections.untilArrived(ARRIVAL_GRACE_MS, drainEndAt);
      // A request that has reached the kernel is answered: only what is still on the wire is out of reach.
      await turn();
      await turn();
      if (this.work.isIdle) {
        return true;
      }
    }
    return false;
  }

  #cut({ bytes, proxiedBytes }: Undelivered): void {
    const { texts, fields } = this.work.pending;
    const undelivered = bytes === 0 ? [] : [`${bytes} bytes of answers not read yet`];
    if (texts.length === 0 && undelivered.length === 0) {
      // What a proxy holds may be anybody's: no reason to call this shutdown a failed one.
      if (proxiedBytes > 0) {
        this.#logger.warn({ proxiedBytes }, `A proxy in the pod still has ${proxiedBytes} bytes to send`);
      }
      this.work.cut();
      return;
    }
    this.lastWords.force([...texts, ...undelivered], { ...fields, undeliveredBytes: bytes });
    this.lastWords.cut += this.connections.inFlightCount;
    this.work.cut();
  }

  /** The last ceiling, A+R+C. Only where the process is ours to end. */
  #armDeadline(leftMs: number): void {
    // Not unref'd: a hook that waits for something that never comes keeps nothing alive, and the process would end as if
    // all were well.
    clearTimeout(this.#deadline);
    this.#deadline = setTimeout(() => {
      // One of others' runs within the last hook, which is Ebb's own.
      const hooks = this.foreign.running === undefined ? this.hooks.running : [this.foreign.running];
      this.lastWords.force([`still running: ${hooks.join(', ') || 'Nest itself'}`], { hooks });
      void this.sidecars.quit().finally(() => process.exit(1));
    }, leftMs);
  }
}
