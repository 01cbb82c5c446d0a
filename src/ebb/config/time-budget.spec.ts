import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { budgetMisfits, endpointsForgetMs, MARGIN_MS, sliceEnds, type TimeBudget } from './time-budget.js';

/** The defaults in a cluster. They use 55 of the 60 seconds. */
const roomy: TimeBudget = {
  graceMs: 60_000,
  preStopMs: 10_000,
  propagationMs: 5_000,
  lameDuckMs: 5_000,
  drainMs: 30_000,
  cleanupMs: 5_000,
  sidecarMs: 0,
};

const duration = fc.oneof(fc.constant(0), fc.constant(250), fc.integer({ min: 0, max: 200_000 }));
const boundedBudget = fc.record({
  graceMs: duration,
  preStopMs: duration,
  propagationMs: duration,
  lameDuckMs: duration,
  drainMs: duration,
  cleanupMs: duration,
  sidecarMs: duration,
});
const anyBudget: fc.Arbitrary<TimeBudget> = fc
  .tuple(boundedBudget, fc.boolean())
  .map(([budget, isUnbounded]) => (isUnbounded ? unbounded(budget) : budget));

/** Built to fit, because among random budgets hardly one does. The grace period is what the slices need, and a bit. */
const fittingBudget = fc.tuple(anyBudget, duration).map(([budget, spareMs]) => fitting(budget, spareMs));

function unbounded(budget: TimeBudget): TimeBudget {
  return { ...budget, drainMs: 'unbounded' };
}

function fitting(budget: TimeBudget, spareMs: number): TimeBudget {
  const lameDuckMs = Math.max(budget.lameDuckMs, budget.propagationMs - budget.preStopMs);
  return { ...budget, lameDuckMs, graceMs: sumOf({ ...budget, lameDuckMs }) + spareMs };
}

/** A budget whose grace period is up to a few seconds too short. */
function almostFitting(budget: TimeBudget): TimeBudget {
  return { ...budget, graceMs: Math.max(0, sumOf(budget) - 3_000) };
}

function sumOf(budget: TimeBudget): number {
  const drainMs = budget.drainMs === 'unbounded' ? 0 : budget.drainMs;
  return budget.preStopMs + budget.lameDuckMs + drainMs + budget.cleanupMs + budget.sidecarMs + MARGIN_MS;
}

/** The number of seconds that a text tells to change a variable to, in ms. */
function advised(text: string, variable: string): number | undefined {
  const seconds = new RegExp(`${variable} to at (?:least|most) ([\\d.]+)[.,]?(?:\\s|$)`).exec(text)?.[1];
  return seconds === undefined ? undefined : Math.round(Number(seconds.replace(/\.$/, '')) * 1_000);
}

/** The opening words of the misfits: which rule each of them is about. */
function rules(budget: TimeBudget): string[] {
  return budgetMisfits(budget).map((text) => text.split(':', 1)[0] ?? '');
}

const WHOLE_PERIOD = 'The preStop sleep takes the whole grace period';
const TOO_EARLY = 'The listener would close while new connections are still routed to this pod';
const TOO_LONG = 'The slices do not fit into the grace period, so the pod would be killed before it is done';

describe('sliceEnds', () => {
  it.each([
    { circumstance: 'with a lame duck', budget: roomy, withLameDuck: true, ends: [5_000, 35_000, 40_000] },
    { circumstance: 'of a SIGINT, without one', budget: roomy, withLameDuck: false, ends: [0, 30_000, 35_000] },
    {
      circumstance: 'with an unbounded drain',
      budget: { ...roomy, drainMs: 'unbounded' as const },
      withLameDuck: true,
      ends: [5_000, Infinity, Infinity],
    },
    {
      circumstance: 'with a drain of 0',
      budget: { ...roomy, drainMs: 0 },
      withLameDuck: true,
      ends: [5_000, 5_000, 10_000],
    },
  ])('$circumstance are $ends ms after the signal', ({ budget, withLameDuck, ends }) => {
    const { lameDuckMs, drainMs, closeMs } = sliceEnds(budget, withLameDuck);
    expect([lameDuckMs, drainMs, closeMs]).toEqual(ends);
  });

  it('come in order and lie one slice apart, whatever the budget', () => {
    fc.assert(
      fc.property(boundedBudget, fc.boolean(), (budget, withLameDuck) => {
        const ends = sliceEnds(budget, withLameDuck);
        expect(ends.lameDuckMs).toBe(withLameDuck ? budget.lameDuckMs : 0);
        expect(ends.drainMs - ends.lameDuckMs).toBe(budget.drainMs);
        expect(ends.closeMs - ends.drainMs).toBe(budget.cleanupMs);
      }),
    );
  });

  it('never come for an unbounded drain and what follows it, whatever the budget', () => {
    fc.assert(
      fc.property(boundedBudget, fc.boolean(), (budget, withLameDuck) => {
        const ends = sliceEnds({ ...budget, drainMs: 'unbounded' }, withLameDuck);
        expect(ends).toEqual({
          lameDuckMs: withLameDuck ? budget.lameDuckMs : 0,
          drainMs: Infinity,
          closeMs: Infinity,
        });
      }),
    );
  });
});

describe('endpointsForgetMs', () => {
  it.each([
    [2_000, 5_000, 3_000],
    [5_000, 5_000, 0],
    [10_000, 5_000, -5_000],
  ])('of P %d ms and D %d ms is %d ms after SIGTERM', (preStopMs, propagationMs, expected) => {
    expect(endpointsForgetMs({ ...roomy, preStopMs, propagationMs })).toBe(expected);
  });

  it('lies within the lame duck of a budget that fits', () => {
    fc.assert(
      fc.property(fittingBudget, (budget) => {
        expect(endpointsForgetMs(budget)).toBeLessThanOrEqual(budget.lameDuckMs);
      }),
    );
  });
});

describe('budgetMisfits', () => {
  it.each<{ circumstance: string; change: Partial<TimeBudget>; broken: string[] }>([
    { circumstance: 'the defaults in a cluster', change: {}, broken: [] },
    { circumstance: 'exactly the grace period', change: { sidecarMs: 0, graceMs: 55_000 }, broken: [] },
    { circumstance: 'one millisecond too much', change: { graceMs: 54_999 }, broken: [TOO_LONG] },
    { circumstance: 'P + A = D', change: { propagationMs: 15_000 }, broken: [] },
    { circumstance: 'P + A one millisecond below D', change: { propagationMs: 15_001 }, broken: [TOO_EARLY] },
    { circumstance: 'P = G', change: { preStopMs: 60_000 }, broken: [WHOLE_PERIOD, TOO_LONG] },
    { circumstance: 'an unbounded drain, which counts as 0', change: { drainMs: 'unbounded' }, broken: [] },
    {
      circumstance: 'an unbounded drain beside slices that do not fit',
      change: { drainMs: 'unbounded', sidecarMs: 60_000 },
      broken: [TOO_LONG],
    },
    {
      circumstance: 'all rules broken',
      change: { preStopMs: 60_000, propagationMs: 100_000 },
      broken: [WHOLE_PERIOD, TOO_EARLY, TOO_LONG],
    },
  ])('of $circumstance: $broken', ({ change, broken }) => {
    expect(rules({ ...roomy, ...change })).toEqual(broken);
  });

  it('are one for each broken rule and none for a rule that holds', () => {
    fc.assert(
      fc.property(fc.oneof(anyBudget, fittingBudget), (budget) => {
        // The three rules of design.md, written down once more.
        const broken = [
          ...(budget.preStopMs < budget.graceMs ? [] : [WHOLE_PERIOD]),
          ...(budget.preStopMs + budget.lameDuckMs >= budget.propagationMs ? [] : [TOO_EARLY]),
          ...(sumOf(budget) <= budget.graceMs ? [] : [TOO_LONG]),
        ];
        expect(rules(budget)).toEqual(broken);
      }),
    );
  });

  it('do not appear when a fitting budget gets more grace or a shorter slice', () => {
    const slices = ['propagationMs', 'drainMs', 'cleanupMs', 'sidecarMs', 'preStopMs', 'lameDuckMs'] as const;
    fc.assert(
      fc.property(
        fittingBudget,
        duration,
        fc.constantFrom(...slices),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (budget, moreMs, slice, share) => {
          expect(budgetMisfits(budget)).toEqual([]);
          expect(budgetMisfits({ ...budget, graceMs: budget.graceMs + moreMs })).toEqual([]);
          const before = budget[slice];
          const shorter = { ...budget, [slice]: before === 'unbounded' ? 0 : Math.floor(before * share) };
          // The two slices that cover the propagation may not shrink below it.
          fc.pre(shorter.preStopMs + shorter.lameDuckMs >= shorter.propagationMs);
          expect(budgetMisfits(shorter)).toEqual([]);
        },
      ),
    );
  });

  it('are gone once the least grace period they advise is given', () => {
    fc.assert(
      fc.property(anyBudget, (budget) => {
        const text = budgetMisfits(budget).find((misfit) => misfit.startsWith(TOO_LONG)) ?? '';
        fc.pre(text !== '');
        const graceMs = advised(text, 'Raise TERMINATION_GRACE_PERIOD_SECONDS') ?? Number.NaN;
        expect(rules({ ...budget, graceMs })).not.toContain(TOO_LONG);
        expect(rules({ ...budget, graceMs })).not.toContain(WHOLE_PERIOD);
        // At least: a millisecond less is too little.
        expect(rules({ ...budget, graceMs: graceMs - 1 })).toContain(TOO_LONG);
      }),
    );
  });

  it('are gone once the drain is as short as they advise', () => {
    fc.assert(
      fc.property(fc.oneof(boundedBudget, fittingBudget.map(almostFitting)), (budget) => {
        const text = budgetMisfits(budget).find((misfit) => misfit.startsWith(TOO_LONG)) ?? '';
        const drainMs = advised(text, 'lower DRAIN_TIMEOUT_SECONDS') ?? 0;
        fc.pre(drainMs > 0);
        expect(rules({ ...budget, drainMs })).not.toContain(TOO_LONG);
        // At most: a millisecond more is too much.
        expect(rules({ ...budget, drainMs: drainMs + 1 })).toContain(TOO_LONG);
      }),
    );
  });

  it('advise a shorter drain exactly where one would help', () => {
    fc.assert(
      fc.property(fc.oneof(anyBudget, fittingBudget.map(almostFitting)), (budget) => {
        const text = budgetMisfits(budget).find((misfit) => misfit.startsWith(TOO_LONG)) ?? '';
        fc.pre(text !== '');
        const wouldHelp = sumOf({ ...budget, drainMs: 0 }) < budget.graceMs;
        expect(text.includes('lower DRAIN_TIMEOUT_SECONDS to at most')).toBe(wouldHelp);
      }),
    );
  });

  it.each([
    ['Raise LAME_DUCK_SECONDS', 'lameDuckMs'],
    ['or PRE_STOP_SECONDS', 'preStopMs'],
  ] as const)('of a listener that closes too early are gone after following "%s to at least"', (advice, slice) => {
    fc.assert(
      fc.property(anyBudget, (budget) => {
        const text = budgetMisfits(budget).find((misfit) => misfit.startsWith(TOO_EARLY)) ?? '';
        fc.pre(text !== '');
        const ms = advised(text, advice) ?? Number.NaN;
        expect(rules({ ...budget, [slice]: ms })).not.toContain(TOO_EARLY);
        expect(rules({ ...budget, [slice]: ms - 1 })).toContain(TOO_EARLY);
      }),
    );
  });

  it('name every slice with its seconds, the sum and the grace period', () => {
    fc.assert(
      fc.property(anyBudget, (budget) => {
        const text = budgetMisfits(budget).join('\n');
        fc.pre(text.includes(TOO_LONG));
        const rows = [
          ['PRE_STOP_SECONDS', budget.preStopMs],
          ['LAME_DUCK_SECONDS', budget.lameDuckMs],
          ['DRAIN_TIMEOUT_SECONDS', budget.drainMs],
          ['CLEANUP_SECONDS', budget.cleanupMs],
          ['SIDECAR_SECONDS', budget.sidecarMs],
          ['sum', sumOf(budget)],
          ['TERMINATION_GRACE_PERIOD_SECONDS', budget.graceMs],
        ] as const;
        for (const [name, ms] of rows) {
          const shown = ms === 'unbounded' ? ms : String(ms / 1_000).replace('.', '\\.');
          expect(text).toMatch(new RegExp(`^ +${name} +${shown}(  \\w)?$`, 'm'));
        }
      }),
    );
  });
});
