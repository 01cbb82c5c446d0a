/** Every number in the production overlay that a rule speaks of, broken one at a time. */
import { describe, expect, it } from '@jest/globals';
import { production, type Rendered } from './fixtures.js';

type Change = (rendered: Rendered) => Rendered;

/** The path in the Deployment, which rule objects, by what change. Numbers in brackets are the nearest that are right. */
const BROKEN: [path: string, rule: string, broken: Change, right: Change][] = [
  ['replicas', 'replicas', (r) => r.deployment('replicas', 1), (r) => r.deployment('replicas', 2)],
  [
    'minReadySeconds',
    'progress-deadline',
    (r) => r.deployment('minReadySeconds', 180),
    (r) => r.deployment('minReadySeconds', 179),
  ],
  [
    'progressDeadlineSeconds',
    'progress-deadline',
    (r) => r.deployment('progressDeadlineSeconds', 125),
    (r) => r.deployment('progressDeadlineSeconds', 126),
  ],
  [
    'strategy.rollingUpdate.maxUnavailable',
    'rolling-update',
    (r) => r.deployment('strategy.rollingUpdate.maxUnavailable', 1),
    (r) => r.deployment('strategy.rollingUpdate.maxUnavailable', '0%'),
  ],
  [
    'strategy.rollingUpdate.maxSurge',
    'rolling-update',
    (r) => r.deployment('strategy.rollingUpdate.maxSurge', 0),
    (r) => r.deployment('strategy.rollingUpdate.maxSurge', 1),
  ],
  ['template.spec.terminationGracePeriodSeconds', 'slices-fit', (r) => r.grace(54), (r) => r.grace(55)],
  [
    'template.spec.terminationGracePeriodSeconds',
    'env-agrees',
    (r) => r.pod('terminationGracePeriodSeconds', 61),
    (r) => r.grace(61),
  ],
  [
    'template.spec.terminationGracePeriodSeconds',
    'env-agrees',
    (r) => r.pod('terminationGracePeriodSeconds', undefined),
    (r) => r,
  ],
  ['template.spec.terminationGracePeriodSeconds', 'node-drained', (r) => r.grace(601), (r) => r.grace(600)],
  ['template.spec.terminationGracePeriodSeconds', 'pre-stop-shorter', (r) => r.grace(10), (r) => r],
  [
    'template.spec.containers.0.lifecycle.preStop.sleep.seconds',
    'slices-fit',
    (r) => r.preStop(16),
    (r) => r.preStop(15),
  ],
  [
    'template.spec.containers.0.lifecycle.preStop.sleep.seconds',
    'env-agrees',
    (r) => r.container('lifecycle.preStop.sleep.seconds', 11),
    (r) => r.preStop(11),
  ],
  ['template.spec.containers.0.lifecycle.preStop.sleep.seconds', 'pre-stop-shorter', (r) => r.preStop(60), (r) => r],
  [
    'template.spec.securityContext.runAsUser',
    'run-as-non-root',
    (r) => r.pod('securityContext.runAsUser', 0),
    (r) => r.pod('securityContext.runAsUser', 1),
  ],
  [
    'template.spec.containers.0.ports.0.containerPort',
    'own-ports',
    (r) => r.container('ports.[name=http].containerPort', 3001),
    (r) => r.container('ports.[name=http].containerPort', 3001).env('PORT', '3001'),
  ],
  [
    'template.spec.containers.0.ports.1.containerPort',
    'own-ports',
    (r) => r.container('ports.[name=management].containerPort', 9001),
    (r) => r.container('ports.[name=management].containerPort', 9001).env('MANAGEMENT_PORT', '9001'),
  ],
  [
    'template.spec.containers.0.startupProbe.failureThreshold',
    'startup-probe',
    (r) => r.container('startupProbe.failureThreshold', 59),
    (r) => r.container('startupProbe.failureThreshold', 60),
  ],
  [
    'template.spec.containers.0.startupProbe.failureThreshold',
    'progress-deadline',
    (r) => r.container('startupProbe.failureThreshold', 295),
    (r) => r.container('startupProbe.failureThreshold', 294),
  ],
  [
    'template.spec.containers.0.startupProbe.periodSeconds',
    'progress-deadline',
    (r) => r.container('startupProbe.periodSeconds', 3),
    (r) => r.container('startupProbe.periodSeconds', 2),
  ],
  [
    'template.spec.containers.0.readinessProbe.periodSeconds',
    'readiness-noticed',
    (r) => r.container('readinessProbe.periodSeconds', 2),
    (r) => r,
  ],
  [
    'template.spec.containers.0.readinessProbe.failureThreshold',
    'readiness-noticed',
    (r) => r.container('readinessProbe.failureThreshold', 5),
    (r) => r.container('readinessProbe.failureThreshold', 4),
  ],
  [
    'template.spec.containers.0.readinessProbe.timeoutSeconds',
    'readiness-noticed',
    (r) => r.container('readinessProbe.timeoutSeconds', 3),
    (r) => r.container('readinessProbe.timeoutSeconds', 2),
  ],
  [
    'env',
    'env-agrees',
    (r) => r.env('TERMINATION_GRACE_PERIOD_SECONDS', '61'),
    (r) => r.env('TERMINATION_GRACE_PERIOD_SECONDS', '60.0'),
  ],
  ['env', 'env-agrees', (r) => r.env('PRE_STOP_SECONDS', '9'), (r) => r.env('PRE_STOP_SECONDS', '10.0')],
  // Nothing is assumed of what the manifests do not set.
  ['env', 'settings', (r) => r.env('PRE_STOP_SECONDS', ' '), (r) => r.env('PRE_STOP_SECONDS', ' 10 ')],
  ['env', 'propagation', (r) => r.env('PROPAGATION_SECONDS', '16'), (r) => r.env('PROPAGATION_SECONDS', '15')],
  ['env', 'readiness-noticed', (r) => r.env('LAME_DUCK_SECONDS', '3'), (r) => r.env('LAME_DUCK_SECONDS', '4')],
  ['env', 'slices-fit', (r) => r.env('LAME_DUCK_SECONDS', '11'), (r) => r.env('LAME_DUCK_SECONDS', '10')],
  ['env', 'slices-fit', (r) => r.env('DRAIN_TIMEOUT_SECONDS', '36'), (r) => r.env('DRAIN_TIMEOUT_SECONDS', '35')],
  ['env', 'slices-fit', (r) => r.env('CLEANUP_SECONDS', '11'), (r) => r.env('CLEANUP_SECONDS', '10')],
  ['env', 'slices-fit', (r) => r.env('SIDECAR_SECONDS', '6'), (r) => r.env('SIDECAR_SECONDS', '5')],
  ['env', 'startup-probe', (r) => r.env('SIDECAR_START_SECONDS', '121'), (r) => r.env('SIDECAR_START_SECONDS', '120')],
];

/** What no rule speaks of, and why. */
const FREE: Readonly<Record<string, string>> = {
  revisionHistoryLimit: 'clutter',
  'template.spec.securityContext.runAsGroup': 'group 0 alone owns nothing',
  'template.spec.topologySpreadConstraints.0.maxSkew': 'a preference',
  'template.spec.topologySpreadConstraints.1.maxSkew': 'a preference',
  'template.spec.containers.0.startupProbe.timeoutSeconds': 'within the period',
  'template.spec.containers.0.livenessProbe.periodSeconds': 'liveness is not asked while a pod leaves',
  'template.spec.containers.0.livenessProbe.failureThreshold': 'liveness is not asked while a pod leaves',
  'template.spec.containers.0.livenessProbe.timeoutSeconds': 'liveness is not asked while a pod leaves',
};

/** The paths of all numbers. */
function numbersIn(value: unknown, path: string): string[] {
  if (typeof value === 'number') {
    return [path];
  }
  return typeof value === 'object' && value !== null
    ? Object.entries(value).flatMap(([key, inner]) => numbersIn(inner, path === '' ? key : `${path}.${key}`))
    : [];
}

describe('the production overlay', () => {
  it('is objected to by no rule', () => {
    expect(production().objections()).toEqual([]);
  });

  it('has no number that is neither broken here nor free', () => {
    const deployment = production().objects.find((one) => JSON.stringify(one).includes('"kind":"Deployment"'));
    const numbers = numbersIn((deployment as { spec: unknown }).spec, '');
    const known = new Set([...BROKEN.map(([path]) => path), ...Object.keys(FREE)]);
    expect(numbers.filter((path) => !known.has(path))).toEqual([]);
  });

  it.each(BROKEN)('broken at %s: %s objects, and no other rule', (_path, rule, broken, right) => {
    expect(broken(production()).objecting()).toEqual([rule]);
    expect(right(production()).objecting()).toEqual([]);
  });
});
