import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { PHASES, type Phase, Phases } from './phases.js';

/** The whole machine, written down once more: the steps of the drawing in `shutdown.ts` and its two short cuts. */
const LEGAL = new Set([
  'starting > ready',
  'starting > draining',
  'ready > lame-duck',
  'ready > draining',
  'lame-duck > draining',
  'draining > closing',
]);

// Of a long random sequence nearly all end in `closing`: the short ones keep the earlier phases in play.
const attempts = fc.oneof(
  fc.array(fc.constantFrom(...PHASES), { maxLength: 3 }),
  fc.array(fc.constantFrom(...PHASES), { maxLength: 30 }),
);

/** A machine after it was asked to enter all of these, and the phases that it went through. */
function after(asked: readonly Phase[]): { phases: Phases; path: Phase[] } {
  const phases = new Phases();
  const path: Phase[] = [phases.current];
  for (const next of asked) {
    if (enters(phases, next)) {
      path.push(phases.current);
    }
  }
  return { phases, path };
}

function enters(phases: Phases, next: Phase): boolean {
  try {
    phases.enter(next);
    return true;
  } catch {
    return false;
  }
}

describe('Phases', () => {
  it('begin with "starting"', () => {
    expect(new Phases().current).toBe('starting');
  });

  it('follow the drawing from the start to the end', () => {
    const { path } = after(['ready', 'lame-duck', 'draining', 'closing']);
    expect(path).toEqual(PHASES);
  });

  it.each(PHASES.flatMap((from) => PHASES.map((to) => [from, to] as const)))(
    'from "%s" allow "%s" exactly if the drawing does',
    (from, to) => {
      const { phases } = after(shortestPathTo(from));
      expect(phases.current).toBe(from);
      expect(enters(phases, to)).toBe(LEGAL.has(`${from} > ${to}`));
    },
  );

  it('throw at an illegal step and stay as they were, whatever was entered before', () => {
    fc.assert(
      fc.property(attempts, fc.constantFrom(...PHASES), (asked, next) => {
        const { phases } = after(asked);
        const before = phases.current;
        fc.pre(!LEGAL.has(`${before} > ${next}`));
        expect(() => phases.enter(next)).toThrow(`The phase "${next}" cannot follow "${before}".`);
        expect(phases.current).toBe(before);
      }),
    );
  });

  it('take a legal step, whatever was entered before', () => {
    fc.assert(
      fc.property(attempts, fc.constantFrom(...PHASES), (asked, next) => {
        const { phases } = after(asked);
        fc.pre(LEGAL.has(`${phases.current} > ${next}`));
        phases.enter(next);
        expect(phases.current).toBe(next);
      }),
    );
  });

  it('never come back and never go backwards, whatever is entered', () => {
    fc.assert(
      fc.property(attempts, (asked) => {
        const order = after(asked).path.map((phase) => PHASES.indexOf(phase));
        expect(order).toEqual([...new Set(order)].toSorted((a, b) => a - b));
      }),
    );
  });

  it('count as leaving in the last three and only there', () => {
    fc.assert(
      fc.property(attempts, (asked) => {
        const { phases } = after(asked);
        expect(phases.isLeaving).toBe(['lame-duck', 'draining', 'closing'].includes(phases.current));
      }),
    );
  });

  it('can reach "closing" from wherever they are', () => {
    fc.assert(
      fc.property(attempts, (asked) => {
        const { phases } = after(asked);
        enters(phases, 'draining');
        enters(phases, 'closing');
        expect(phases.current).toBe('closing');
      }),
    );
  });

  it('are of one app each: two of them know nothing of each other', () => {
    const [one, other] = [new Phases(), new Phases()];
    one.enter('ready');
    expect(other.current).toBe('starting');
  });
});

function shortestPathTo(phase: Phase): Phase[] {
  return PHASES.slice(1, PHASES.indexOf(phase) + 1);
}
