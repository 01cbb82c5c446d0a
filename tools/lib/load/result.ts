import type { ConnectionsRecord } from '../connections/record.js';

/**
 * What one rolling deploy did. The table, the picture and `--json` are all drawn from this and from nothing else, so
 * that another way of running a rollout (a cluster) has to fill in these types and gets all three.
 *
 * Every time is in milliseconds since the run began, unless its name says otherwise.
 */
export interface RolloutResult {
  /** What was rolled: `ebb`, or the command of `--service`. */
  readonly service: string;
  /** What the pods were: processes of this machine, or pods of a Kubernetes. */
  readonly target: 'processes' | 'kubernetes';
  /** When the run began, ISO 8601. */
  readonly startedAt: string;
  readonly durationMs: number;
  readonly settings: RolloutSettings;
  /** In the order they were created: first the old generation, then the new. */
  readonly pods: readonly PodRecord[];
  /** One row per kind of client, in a fixed order. */
  readonly kinds: readonly KindRecord[];
  /** Requests answered, by whole second of the run, whoever answered them. */
  readonly answeredPerSecond: readonly number[];
  /** Every request that failed, in the order of time. */
  readonly failures: readonly Failure[];
  /** Clients that stay connected, by their kind; absent where there were none. */
  readonly connections?: readonly ConnectionsRecord[];
}

export interface RolloutSettings {
  readonly replicas: number;
  readonly preStopMs: number;
  /** For how long new connections still go to a pod that was deleted; absent where the cluster decides it. */
  readonly propagationMs?: number;
  readonly graceMs: number;
}

/** A name of a phase of the service, and what only its surroundings know: the preStop wait. */
export type PodPhase = 'starting' | 'ready' | 'pre-stop' | 'lame-duck' | 'draining' | 'closing';

export interface PhaseSpan {
  readonly phase: PodPhase;
  readonly fromMs: number;
  readonly toMs: number;
}

/** What an EndpointSlice said of a pod for a while (KEP-1672): who routes goes by these three. */
export interface EndpointSpan {
  readonly fromMs: number;
  readonly toMs: number;
  /** New connections are sent to it. Never while it is terminating. */
  readonly ready: boolean;
  /** Its readiness, whether it is terminating or not. */
  readonly serving: boolean;
  readonly terminating: boolean;
}

/** Something that happened to a pod: what the orchestrator did, or a moment the service logged. */
export interface PodMoment {
  readonly atMs: number;
  /**
   * `created`, `ready`, `not ready`, `deleted`, `endpoints.forgot`, `SIGTERM`, `SIGKILL`, `exit`, `gone` (the object was
   * removed), `restarted` (a container in place), or an `event` of the service's log.
   */
  readonly name: string;
  /** A few words more, where there are any: why a lame duck ended, an exit code. */
  readonly detail?: string;
}

export interface PodRecord {
  /** Unique in the run, `old-1`, `new-3`. */
  readonly name: string;
  /** Its name in the cluster. */
  readonly podName?: string;
  /** Where the cluster put it. */
  readonly node?: string;
  readonly generation: 'old' | 'new';
  readonly phases: readonly PhaseSpan[];
  readonly moments: readonly PodMoment[];
  /** What the EndpointSlices said of it, in the order of time, without a gap while it was in any; absent without a cluster. */
  readonly endpoint?: readonly EndpointSpan[];
  /**
   * Requests it answered; absent where neither the client nor the pod can tell. By the pod's own count what it answered in
   * its last half second may be missing: it was asked for the last time before that.
   */
  readonly served?: number;
  /** The same, empty then, by whole second of the run: `servedPerSecond[3]` were answered between 3,000 and 3,999 ms. */
  readonly servedPerSecond: readonly number[];
  /** From SIGTERM to the end of the process; absent while it was never asked to go during the rollout. */
  readonly sigtermToExitMs?: number;
  /** From its deletion until the object was removed; absent without a cluster. */
  readonly deletedToGoneMs?: number;
  /** Its exit code or the signal that ended it, in words: `0`, `1`, `SIGKILL`. */
  readonly exit?: string;
  /** How its lame duck ended, in the service's own words; absent where it does not say. */
  readonly lameDuckOver?: string;
}

export interface KindRecord {
  /** `busy keep-alive`, `thinking keep-alive`, `150 ms of work`, … */
  readonly kind: string;
  readonly requests: number;
  readonly failed: number;
  /** The slowest answer. */
  readonly slowestMs: number;
}

export interface Failure {
  readonly atMs: number;
  readonly kind: string;
  /** The pod the connection went to; absent where no connection was made to any, or a Service chose. */
  readonly pod?: string;
  /** `ECONNRESET`, `ECONNREFUSED`, `503`, `timeout`, … */
  readonly reason: string;
}
