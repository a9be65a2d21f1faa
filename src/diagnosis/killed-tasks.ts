import { findReports } from '../oops/find-reports.ts';
import type { OopsReport } from '../oops/oops-report.ts';
import type { Case } from './case.ts';

/** Reports of the log that killed a task and not the kernel, oldest first: what the task had is left as it was. */
export function killedTasks(of: Case): OopsReport[] {
  const lines = of.log.flatMap((r, i) => r.text.split('\n').map((text) => ({ number: i + 1, text })));
  return findReports(lines).filter((r) => r.severity === 'fatal' && !r.panicked && r.reporter.pid !== undefined);
}
