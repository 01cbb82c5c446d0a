/** What a rule is tried on. */
import { type Rendered, sidecar } from '../fixtures.js';

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
