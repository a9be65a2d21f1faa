import { type OomReport, oomReports } from '../oops/oom-report.ts';
import type { Case } from './case.ts';

/** A report of the OOM killer that ends with a panic. */
export interface OomStop extends OomReport {
  readonly panic: string;
}

/** The call of the OOM killer that stopped the kernel; undefined when it died of something else. */
export function oomStop(of: Case): OomStop | undefined {
  const reports = oomReports(of.log.flatMap((r) => r.text.split('\n')));
  return reports.find((r): r is OomStop => r.panic !== undefined);
}
