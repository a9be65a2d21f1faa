import type { Finding } from '../report/finding.ts';
import type { Case } from './case.ts';

/** A diagnosis rule. It never prints and never catches: the runner turns a fault into a problem of the report. */
export interface Rule {
  /** `slab.double-free`; findings carry it. */
  readonly id: string;
  readonly title: string;
  /** The real bug or the document that the rule comes from. */
  readonly source: string;
  /** @throws AnalysisError */
  check(of: Case): Iterable<Finding>;
}
