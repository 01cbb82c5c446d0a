import { Injectable } from '@nestjs/common';

/** The phases of the drawing in `shutdown.ts`, in their order. */
export const PHASES = ['starting', 'ready', 'lame-duck', 'draining', 'closing'] as const;

export type Phase = (typeof PHASES)[number];

/** Which phase may follow which. A phase never comes back: a pod that was asked to go does not return. */
const FOLLOWERS: Readonly<Record<Phase, readonly Phase[]>> = {
  // Straight to draining: an app that a test closes without ever having listened.
  starting: ['ready', 'draining'],
  // Straight to draining: a person at a terminal, who has no endpoints to be told.
  ready: ['lame-duck', 'draining'],
  'lame-duck': ['draining'],
  draining: ['closing'],
  closing: [],
};

/** The one state of the lifecycle. Everybody may read it; only `shutdown.ts` moves it. */
@Injectable()
export class Phases {
  #current: Phase = 'starting';

  get current(): Phase {
    return this.#current;
  }

  /** Whether the pod was asked to go. */
  get isLeaving(): boolean {
    return this.#current !== 'starting' && this.#current !== 'ready';
  }

  /** @throws Error when `next` may not follow the current phase. */
  enter(next: Phase): void {
    if (!FOLLOWERS[this.#current].includes(next)) {
      throw new Error(`The phase "${next}" cannot follow "${this.#current}".`);
    }
    this.#current = next;
  }
}
