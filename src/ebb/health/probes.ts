import type { ServerResponse } from 'node:http';
import type { HealthCheckResult } from '@nestjs/terminus';
import type { Phases } from '../lifecycle/phases.js';
import type { StartProgress } from '../lifecycle/start-progress.js';
import { json, type Management } from '../management/management.js';

/** Asks every readiness check. */
export type ReadinessAnswer = () => Promise<{ readonly isReady: boolean; readonly body: unknown }>;

/** The three probes of the kubelet, on the management port. They answer before there is an application to ask. */
export class Probes {
  #readiness: ReadinessAnswer | undefined;

  constructor(
    management: Management,
    private readonly phases: Phases,
    private readonly progress: StartProgress,
  ) {
    // Whether the process can answer, and nothing else: it stays 200 while the pod leaves. A restart by the kubelet would cut
    // the very requests the drain waits for.
    management.add('/livez', (_request, response) => json(response, 200, { status: 'ok' }));
    management.add('/startupz', (_request, response) => this.#startup(response));
    management.add('/readyz', (_request, response) => this.#ready(response));
  }

  /** From now on this says whether the pod is ready, unless its phase does. */
  askForReadiness(readiness: ReadinessAnswer): void {
    this.#readiness = readiness;
  }

  /** Whether the start is over, once and for all. */
  #startup(response: ServerResponse): void {
    if (this.phases.current === 'starting') {
      json(response, 503, { status: 'starting', awaited: this.progress.awaited });
    } else {
      json(response, 200, { status: 'ok' });
    }
  }

  /** Whether new requests should come here. */
  async #ready(response: ServerResponse): Promise<void> {
    if (this.phases.current === 'starting' || this.#readiness === undefined) {
      json(response, 503, this.#notStarted());
      return;
    }
    const { isReady, body } = await this.#readiness();
    json(response, isReady ? 200 : 503, body);
  }

  /** As terminus would put it. */
  #notStarted(): HealthCheckResult {
    const { awaited } = this.progress;
    const startup = { status: 'down' as const, reason: 'startup', phase: this.phases.current, awaited };
    return { status: 'error', info: {}, error: { startup }, details: { startup } };
  }
}
