import { Injectable } from '@nestjs/common';
import { Connections } from '../http/connections.js';
import { MOST_RETRY_MS } from '../http/event-streams.js';
import { Messages } from '../messages/messages.js';
import { ProxiedClients } from '../sidecars/proxied-clients.js';
import { Sidecars } from '../sidecars/sidecars.js';
import { Changes } from '../work/changes.js';
import { Work } from '../work/work.js';
import { Phases } from './phases.js';
import { Timeline } from './timeline.js';

/** Of the lame duck: who is told last needs some of it to come back elsewhere. */
const GOODBYES_SHARE = 0.8;

/** Serves on after SIGTERM, while whoever still routes to the pod hears that it goes, and clients are asked to leave. */
@Injectable()
export class LameDuck {
  constructor(
    private readonly phases: Phases,
    private readonly timeline: Timeline,
    private readonly changes: Changes,
    private readonly work: Work,
    private readonly connections: Connections,
    private readonly messages: Messages,
    private readonly sidecars: Sidecars,
    private readonly proxiedClients: ProxiedClients,
  ) {}

  /**
   * How long goodbyes may be spread over. A proxy in the pod keeps its clients' connections to itself, so that a stream's client
   * comes back on its own, to this pod. It is answered and told again, and that answer has the proxy close it: which takes somebody
   * who is still there to answer.
   */
  get goodbyesMs(): number {
    const leftMs = this.timeline.lameDuckEndAt - performance.now();
    return GOODBYES_SHARE * Math.max(leftMs - (this.sidecars.carryInbound ? MOST_RETRY_MS : 0), 0);
  }

  /** Resolves in the phase `draining`, when the listener may close. */
  async run(): Promise<void> {
    const { lameDuckEndAt, endpointsForgetAt, drainEndAt } = this.timeline;
    void this.#drainSidecars();
    const isUseless = () => this.#isUseless();
    // Nobody changes anything when the endpoints forget the pod.
    await this.changes.until(isUseless, Math.min(endpointsForgetAt, lameDuckEndAt));
    const early = await this.changes.until(isUseless, lameDuckEndAt);
    this.timeline.moment('lame-duck.over', early ? 'No connection is left' : 'The lame duck has had its time', {
      reason: early ? 'no connection left' : 'time is up',
    });
    this.phases.enter('draining');
    this.proxiedClients.stop();
    if (this.sidecars.carryInbound) {
      // What is in flight now, not what comes later, or clients that were not told to leave would hold the pod.
      const now = performance.now();
      await this.changes.until(() => !this.work.isPendingSince(now), drainEndAt);
    }
  }

  /**
   * No client is connected, and none will be: the endpoints have forgotten the pod (t >= D - P). A client that has
   * connected since then shows the opposite. The pod was not deleted, only its container is to be restarted, and readiness,
   * which is red by now, is all that takes it out of service: that needs the lame duck's whole time.
   */
  #isUseless(): boolean {
    const forgottenAt = this.timeline.endpointsForgetAt;
    // Nobody counts who is connected to a microservice.
    if (performance.now() < forgottenAt || !this.connections.isIdle || this.messages.listen) {
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
      this.timeline.moment('sidecars.draining', 'The sidecars were told to drain', { sidecars });
    }
  }
}
