/** Every rule beside what it objects to, and what comes as near to that as is right. */
import { describe, expect, it } from '@jest/globals';
import { BUDGET } from './cases/budget.js';
import { GOOD_PRACTICE } from './cases/good-practice.js';
import { LONG_LIVED_CASES } from './cases/long-lived.js';
import { SIDECARS } from './cases/sidecars.js';
import { check } from './check.js';
import { name, production, type Rendered, TYPICAL } from './fixtures.js';
import { RULES } from './rules.js';

const CASES = [...BUDGET, ...SIDECARS, ...LONG_LIVED_CASES, ...GOOD_PRACTICE];

describe.each(CASES)('$rule', ({ rule, from = production, wrong, right = [] }) => {
  it('does not object to what is right', () => {
    for (const change of [(r: Rendered) => r, ...right]) {
      expect([change.toString(), change(from()).objecting()]).toEqual([change.toString(), []]);
    }
  });

  it('objects to what is wrong, and no other rule does', () => {
    for (const change of wrong) {
      expect([change.toString(), change(from()).objecting()]).toEqual([change.toString(), [rule]]);
    }
  });
});

describe('the rules', () => {
  it('have each something wrong here', () => {
    const tried = new Set(CASES.filter(({ wrong }) => wrong.length > 0).map(({ rule }) => rule));
    // Of somebody else's service, which has its test below.
    expect(RULES.map(({ id }) => id).filter((id) => !tried.has(id))).toEqual(['slices-known']);
  });

  it('have ids of their own, which are fit for an annotation', () => {
    const all = RULES.map(({ id }) => id);
    expect(new Set(all).size).toBe(all.length);
    expect(all.filter((id) => !/^[a-z][a-z-]{0,40}$/.test(id))).toEqual([]);
  });
});

describe('a typical Deployment of somebody else', () => {
  const { objections } = check(TYPICAL);

  it('hears what is wrong with its leaving, and what could not be known', () => {
    expect(objections.map(({ rule }) => rule)).toEqual(
      expect.arrayContaining([
        'slices-known',
        'pre-stop',
        'liveness-is-not-readiness',
        'startup-probe',
        'replicas',
        'image',
      ]),
    );
    expect(objections.find(({ rule }) => rule === 'slices-known')?.says).toContain(
      'no TERMINATION_GRACE_PERIOD_SECONDS',
    );
  });

  it('hears nothing of a budget that it does not have', () => {
    const ofBudget = new Set([
      'settings',
      'env-agrees',
      'propagation',
      'slices-fit',
      'readiness-noticed',
      'keep-alive',
    ]);
    expect(objections.filter(({ rule }) => ofBudget.has(rule))).toEqual([]);
  });

  it('hears of a preStop that takes the whole grace period', () => {
    const late = TYPICAL.replace(
      'image: web:latest',
      'image: web:1\n          lifecycle: { preStop: { sleep: { seconds: 30 } } }',
    );
    expect(check(late).objections).toContainEqual(
      expect.objectContaining({ rule: 'pre-stop-shorter', sum: 'P = 30, not less than G = 30' }),
    );
  });
});

const alone = () => production().deployment('replicas', 1);
const waive = (r: Rendered, rule: string, reason: string) =>
  r.set('Deployment', `metadata.annotations.'check-k8s/waive.${rule}'`, reason);

describe('a waiver', () => {
  it('is shown with its reason beside what it waives', () => {
    expect(waive(alone(), 'replicas', 'one is enough here').objections()).toEqual([
      expect.objectContaining({ rule: 'replicas', waived: 'one is enough here' }),
    ]);
  });

  it('stands on the object that it is about', () => {
    const budget = production()
      .set('PodDisruptionBudget', 'spec.maxUnavailable', 0)
      .set('PodDisruptionBudget', "metadata.annotations.'check-k8s/waive.disruption-budget'", 'moved by hand');
    expect(budget.objections()).toEqual([expect.objectContaining({ waived: 'moved by hand' })]);
  });

  it.each([
    ['replicas', ' ', 'it gives no reason'],
    ['replica', 'why', 'there is no rule replica'],
    ['image', 'why', 'the rule does not object'],
  ])('of %s because of "%s" has no effect: %s', (rule, reason, why) => {
    const objections = waive(alone(), rule, reason).objections();
    expect(objections.find((one) => one.rule === 'replicas')?.waived).toBeUndefined();
    expect(objections).toContainEqual(expect.objectContaining({ rule: 'waiver', says: expect.stringContaining(why) }));
  });
});

describe('a finding', () => {
  it('says where the values stand, the sum, and what to change', () => {
    const [finding] = production().grace(54).objections();
    expect(finding).toMatchObject({ workload: `Deployment/${name}`, severity: 'error' });
    expect(finding?.read.map(({ path, value }) => [path, value])).toEqual([
      ['spec.template.spec.terminationGracePeriodSeconds', '54'],
      [`spec.template.spec.containers.[name=${name}].lifecycle.preStop.sleep.seconds`, '10'],
      ['data.LAME_DUCK_SECONDS', '5'],
      ['data.DRAIN_TIMEOUT_SECONDS', '30'],
      ['data.CLEANUP_SECONDS', '5'],
      [`spec.template.spec.containers.[name=${name}].env.[name=SIDECAR_SECONDS].value`, '0 (not set, the default)'],
    ]);
    expect(finding?.read[2]?.object).toMatch(/^ConfigMap\//);
    expect(finding?.sum).toMatch(/sum +55\n/);
    expect(finding?.change).toMatch(/^Raise TERMINATION_GRACE_PERIOD_SECONDS to at least 55/);
  });
});
