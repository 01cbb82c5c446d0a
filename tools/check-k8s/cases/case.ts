/** What a rule is tried on. */
import { production, type Rendered, sidecar } from '../fixtures.js';

export type Change = (rendered: Rendered) => Rendered;

export interface Case {
  readonly rule: string;
  /** Right as it is. Absent: the production overlay. */
  readonly from?: () => Rendered;
  readonly wrong: readonly Change[];
  /** Right as well. */
  readonly right?: readonly Change[];
}

export const natives = (more: object) => (r: Rendered) => r.pod('initContainers', [{ ...sidecar, ...more }]);

/** With a regular container besides. */
export const beside = (more: object): Rendered => {
  const rendered = production().grace(75);
  const deployment = rendered.objects.find((one) => (one as { kind: string }).kind === 'Deployment') as {
    spec: { template: { spec: { containers: object[] } } };
  };
  const { restartPolicy: _, ...regular } = sidecar;
  deployment.spec.template.spec.containers.push({ ...regular, ...more });
  return rendered;
};
