import type { PodMoment } from './result.js';

/** What there is to see while a rollout runs. */
export interface Watcher {
  moment(pod: string, moment: PodMoment): void;
  /** Called often. */
  progress(state: Progress): void;
}

export interface Progress {
  readonly atMs: number;
  readonly replaced: number;
  readonly replicas: number;
  readonly requests: number;
  readonly failed: number;
}
