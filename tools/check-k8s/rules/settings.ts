import { type Finding, type Rule } from '../rule.js';

/** The service starts with the environment it is given. Misfits of the time budget are other rules' to say. */
export const settingsReadable: Rule = {
  id: 'settings',
  severity: 'error',
  title: 'the service can read its settings',
  source: 'src/ebb/environment.ts',
  check: ({ settings, service, field }): Finding[] =>
    settings.kind === 'unreadable'
      ? settings.mistakes.map((mistake) => ({
          says: `The service would not start, or what it reads is not known here: ${mistake}`,
          read: [field(service, ['env'])],
          change:
            'Correct the variable. What comes from elsewhere has to be among the objects that are checked; G and P are copied by k8s/transformers/termination-env, always last.',
        }))
      : [],
};

/** Of somebody else's service, the slices are nowhere to be read. */
export const slicesKnown: Rule = {
  id: 'slices-known',
  severity: 'warning',
  title: 'the slices of the time budget are known',
  source: 'src/ebb/config/time-budget.ts',
  check: ({ settings, service, field, podField }): Finding[] =>
    settings.kind === 'foreign'
      ? [
          {
            says:
              `Container ${service.name} does not say how it spends its grace period: no TERMINATION_GRACE_PERIOD_SECONDS in ` +
              'its environment. Not checked: whether it outlives its endpoints, whether its slices fit, its keep-alive, ' +
              'when a probe is noticed, and how long its sidecars must stay.',
            read: [podField(['terminationGracePeriodSeconds'], 30), field(service, ['lifecycle', 'preStop'])],
            change: 'Make sure by hand that P + A ≥ D, and P + A + R + C + S + 5 ≤ G.',
          },
        ]
      : [],
};
