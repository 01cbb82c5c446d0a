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
 *  |                                |  drain              |                    |                   |
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
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import { type BeforeApplicationShutdown, Inject, Injectable, Logger } from '@nestjs/common';
import { CONFIG, type Config } from '../config/config.js';
import { endpointsForgetMs, type SliceEnds, sliceEnds } from '../config/time-budget.js';
import { ProxiedClients } from '../sidecars/proxied-clients.js';
import { Sidecars } from '../sidecars/sidecars.js';
import { Connections, type InFlightRequest } from '../http/connections.js';
import { HookWatch } from './hook-watch.js';
import { Lifecycle } from './lifecycle.js';
import type { Moment } from './moments.js';
import { Phases } from './phases.js';
import type { ShutdownSignal, Signals } from './signals.js';
import { writeTerminationMessage } from './termination-message.js';
import { TrackedWork } from '../work/tracked-work.js';

/** How often a wait looks whether it is over. Far below what anybody measures, and no event can be missed. */
const LOOK_EVERY_MS = 5;

/** The same for what the kernel holds, which takes reading a table that can be long. */
const LOOK_AT_KERNEL_EVERY_MS = 20;

/** How many requests a message names. The line's `requests` has all of them. */
const MOST_NAMED = 20;

/**
 * How long a client that is about to ask something may go on when nothing else is left to wait for: enough for a request
 * that is on the wire, or for a header that comes in two packets, and too little for one that never comes to hold a pod.
 */
const ARRIVAL_GRACE_MS = 500;

/** A client that has read nothing of its answer for this long is taken to be gone. */
const STALLED_READER_MS = 5_000;

/** What made the pod leave. `close` is a call of `app.close()`, in a test. */
type Cause = ShutdownSignal | 'close';

@Injectable()
export class Shutdown implements BeforeApplicationShutdown {
  readonly #logger = new Logger('Lifecycle');
  #drained: Promise<void> | undefined;
  #cause: Cause | undefined;
  #startedAt = 0;
  #ends: SliceEnds;
  #forced = false;
  #crashed = false;
  #isComplete = false;
  #deadline: NodeJS.Timeout | undefined;
  #cut = 0;

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly phases: Phases,
    private readonly connections: Connections,
    private readonly work: TrackedWork,
    private readonly lifecycle: Lifecycle,
    private readonly hooks: HookWatch,
    private readonly sidecars: Sidecars,
    private readonly proxiedClients: ProxiedClients,
  ) {
    this.#ends = sliceEnds(config.budget, true);
  }

  /** The pod is ready, and from here on a signal starts the timeline. */
  standBy(signals: Signals, listeners: Readonly<Record<string, unknown>>): void {
    signals.handle({
      first: (signal) => {
        this.#surviveExceptions();
        const isClosedByCode = this.#drained !== undefined;
        void this.drain(signal);
        if (isClosedByCode) {
          // app.close() has no deadline. Who sends a signal sets one.
          this.#cause = signal;
          if (this.phases.current === 'closing') {
            this.#armDeadline(this.config.budget.cleanupMs);
          }
        }
      },
      again: (signal, exitCode) => this.#abandon(signal, exitCode),
    });
    process.once('exit', (code) => {
      process.exitCode = this.complete(code);
    });
    // Nest's listener and Ebb's. Any other one is a library that tears itself down while requests still need it.
    const foreign = process.listenerCount('SIGTERM') - 2;
    if (foreign > 0) {
      this.#logger.warn(
        `${foreign} more listener(s) for SIGTERM: whatever they close is gone while requests still arrive`,
      );
    }
    this.phases.enter('ready');
    this.proxiedClients.watch();
    this.#moment('startup.complete', 'Server ready', listeners);
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

  /**
   * What nobody caught would end the process at once, and with it every request that is still in flight: an error in a
   * listener of {@link Lifecycle.leaving} is enough. While leaving it is logged, and the exit code tells.
   */
  #surviveExceptions(): void {
    process.on('uncaughtException', (error) => {
      this.#crashed = true;
      this.#logger.error({ err: error }, 'Nobody caught an exception; the shutdown goes on');
    });
  }

  async #leave(cause: Cause): Promise<void> {
    const withLameDuck = cause === 'SIGTERM';
    this.#cause = cause;
    this.#startedAt = performance.now();
    this.#ends = sliceEnds(this.config.budget, withLameDuck);
    this.phases.enter(withLameDuck ? 'lame-duck' : 'draining');
    this.connections.askToLeave();
    this.#moment('shutdown.initiated', 'Shutting down server...', { cause });
    this.lifecycle.startLeaving();

    if (withLameDuck) {
      void this.#drainSidecars();
      const early = await this.#until(() => this.#isLameDuckUseless(), this.#ends.lameDuckMs);
      this.#moment('lame-duck.over', early ? 'No connection is left' : 'The lame duck has had its time', {
        reason: early ? 'no connection left' : 'time is up',
      });
      this.phases.enter('draining');
    }
    this.proxiedClients.stop();
    if (withLameDuck && this.sidecars.carryInbound) {
      await this.#untilProxiedClientsAreAnswered();
    }

    await this.connections.stopListening();
    this.#moment('listener.closed', 'No new connections are accepted', { work: this.work.pending });

    if (await this.#finish()) {
      this.#moment('requests.drained', 'Every request is answered');
    } else {
      await this.#cutWhatIsLeft();
    }
    this.phases.enter('closing');
    if (this.#cause !== 'close') {
      const { closeMs } = this.#ends;
      this.#armDeadline(Number.isFinite(closeMs) ? closeMs - this.#elapsedMs() : this.config.budget.cleanupMs);
    }
  }

  /** Whether everything was answered, read and done within its slice. */
  async #finish(): Promise<boolean> {
    do {
      if (!(await this.#isEverythingAnswered())) {
        return false;
      }
      this.connections.closeIdle();
      if (!(await this.#isEverythingRead())) {
        return false;
      }
      // Again for work that was tracked while a client was still reading.
    } while (this.work.pending.length > 0);
    return true;
  }

  /**
   * No client is connected, and none will be: the endpoints have forgotten the pod (t >= D - P). A client that has
   * connected since then shows the opposite. The pod was not deleted, only its container is to be restarted, and readiness,
   * which is red by now, is all that takes it out of service: that needs the lame duck's whole time.
   */
  #isLameDuckUseless(): boolean {
    const forgottenAt = this.#startedAt + endpointsForgetMs(this.config.budget);
    if (performance.now() < forgottenAt || this.connections.inFlightCount > 0) {
      return false;
    }
    // The proxy's own connections to the service say nothing of who is connected to the proxy.
    return this.sidecars.carryInbound
      ? this.proxiedClients.haveStayedAwaySince(forgottenAt)
      : this.connections.open === 0 && this.connections.lastAcceptedAt < forgottenAt;
  }

  async #drainSidecars(): Promise<void> {
    if (this.sidecars.carryInbound) {
      const sidecars = await this.sidecars.drain();
      this.proxiedClients.watchClosely();
      this.#moment('sidecars.draining', 'The sidecars were told to drain', { sidecars });
    }
  }

  /** Waits for what is in flight now. Not for what comes later, or clients that were not told to leave would hold the pod. */
  async #untilProxiedClientsAreAnswered(): Promise<void> {
    const now = performance.now();
    let isWorkDone = false;
    void this.work.settled().then(() => (isWorkDone = true));
    await this.#until(() => isWorkDone && !this.connections.isInFlightSince(now), this.#ends.drainMs);
  }

  async #isEverythingAnswered(): Promise<boolean> {
    const isIdle = () =>
      this.connections.inFlightCount === 0 && this.connections.lingering === 0 && this.work.pending.length === 0;
    const end = this.#ends.drainMs;
    while (await this.#until(isIdle, end)) {
      const graceEnd = Math.min(this.#elapsedMs() + ARRIVAL_GRACE_MS, end);
      await this.#until(() => this.connections.arriving(ARRIVAL_GRACE_MS) === 0 || !isIdle(), graceEnd);
      // A request that has reached the kernel is answered: only what is still on the wire is out of reach.
      await turn();
      await turn();
      if (isIdle()) {
        return true;
      }
    }
    return false;
  }

  /** Waits until the clients have what was answered, as long as they go on reading. False when the slice ends first. */
  async #isEverythingRead(): Promise<boolean> {
    let bytes = 0;
    let changedAt = this.#elapsedMs();
    for (;;) {
      const left = await this.connections.undeliveredBytes(this.sidecars.carryInbound);
      if (left === 0) {
        return true;
      }
      if (left !== bytes) {
        bytes = left;
        changedAt = this.#elapsedMs();
      }
      if (this.#elapsedMs() >= changedAt + STALLED_READER_MS) {
        this.#logger.warn({ undeliveredBytes: left }, `Clients have stopped reading, ${left} bytes before the end`);
        return true;
      }
      if (this.#elapsedMs() >= this.#ends.drainMs) {
        return false;
      }
      await sleep(LOOK_AT_KERNEL_EVERY_MS);
    }
  }

  async #cutWhatIsLeft(): Promise<void> {
    const requests = this.connections.inFlight;
    const work = this.work.pending;
    const { lingering } = this.connections;
    const undeliveredBytes = await this.connections.undeliveredBytes(this.sidecars.carryInbound);
    this.#force(requests, { work, undeliveredBytes }, [
      ...requests.map(describe),
      ...work.map((name) => `work "${name}"`),
      ...(lingering === 0 ? [] : [`${lingering} clients still sending a body that was answered`]),
      ...(undeliveredBytes === 0 ? [] : [`${undeliveredBytes} bytes of answers not read yet`]),
    ]);
    this.#cut += requests.length;
    this.connections.cut();
  }

  /** The last ceiling, A+R+C. Only where a signal asked the process to go: the one of a test is not ours to end. */
  #armDeadline(leftMs: number): void {
    // Not unref'd: a hook that waits for something that never comes keeps nothing alive, and the process would end as if
    // all were well.
    clearTimeout(this.#deadline);
    this.#deadline = setTimeout(() => {
      const hooks = this.hooks.running;
      this.#force([], { hooks }, [`still running: ${hooks.join(', ') || 'Nest itself'}`]);
      void this.sidecars.quit().finally(() => process.exit(1));
    }, leftMs);
  }

  /** What is left when the last hook is done, and has a time limit of its own: the deadline of the hooks is met. */
  async quitSidecars(): Promise<void> {
    clearTimeout(this.#deadline);
    await this.sidecars.quit();
  }

  #abandon(signal: ShutdownSignal, exitCode: number): void {
    const requests = this.connections.inFlight;
    this.#force(requests, { signal }, [`a second signal, ${signal}`, ...requests.map(describe)]);
    process.exit(exitCode);
  }

  #force(
    requests: readonly InFlightRequest[],
    fields: Readonly<Record<string, unknown>>,
    because: readonly string[],
  ): void {
    this.#forced = true;
    const more = because.length > MOST_NAMED ? [`and ${because.length - MOST_NAMED} more`] : [];
    const message = `Server forced to shutdown: ${[...because.slice(0, MOST_NAMED), ...more].join('; ')}`;
    this.#moment('shutdown.forced', message, { requests, ...fields }, 'error');
  }

  /**
   * The last words, in the log and, in a cluster, in the termination message.
   *
   * @param code what the process would exit with.
   * @returns what it exits with: 0 only when nothing was cut, no hook failed and every exception was caught.
   */
  complete(code = 0): number {
    if (this.#isComplete) {
      return code;
    }
    this.#isComplete = true;
    const exitCode = code === 0 && (this.#forced || this.#crashed || this.hooks.failed.length > 0) ? 1 : code;
    const summary = {
      signal: this.#cause,
      phase: this.phases.current,
      elapsedMs: this.#elapsedMs(),
      finished: this.connections.finishedWhileLeaving,
      cut: this.#cut + this.connections.inFlightCount,
      workLeft: this.work.pending,
      failedHooks: this.hooks.failed,
      exitCode,
    };
    this.#moment('shutdown.complete', 'Server exiting', summary);
    if (this.config.inCluster) {
      writeTerminationMessage(JSON.stringify(summary));
    }
    return exitCode;
  }

  async #until(isOver: () => boolean, endMs: number): Promise<boolean> {
    while (!isOver()) {
      if (this.#elapsedMs() >= endMs) {
        return false;
      }
      await sleep(LOOK_EVERY_MS);
    }
    return true;
  }

  /** Since the signal; before one, since the process began. */
  #elapsedMs(): number {
    return Math.round(performance.now() - this.#startedAt);
  }

  #moment(
    event: Moment,
    message: string,
    fields: Readonly<Record<string, unknown>> = {},
    level: 'log' | 'error' = 'log',
  ): void {
    const elapsedMs = this.#elapsedMs();
    const sinceSignalMs = this.#cause === undefined ? 0 : elapsedMs;
    const line = {
      event,
      phase: this.phases.current,
      elapsedMs,
      budgetLeftMs: Number.isFinite(this.#ends.closeMs) ? this.#ends.closeMs - sinceSignalMs : null,
      inFlight: this.connections.inFlightCount,
      openConnections: this.connections.open,
      ...fields,
    };
    this.#logger[level](line, message);
  }
}

function describe({ method, route, ageMs }: InFlightRequest): string {
  return `${method} ${route} after ${(ageMs / 1_000).toFixed(1)} s`;
}
