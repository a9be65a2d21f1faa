import { UsageError } from '../base/errors.ts';
import { type CrashReport, crashReportSchema } from './crash-report.ts';
import { schemaProblems } from './schema-check.ts';

/** Members that reports of earlier versions lack. */
const LATER = { findings: [] };

/** A report that was saved as JSON. @param where it is from @throws UsageError when it is none */
export function readReport(data: unknown, where: string): CrashReport {
  if (typeof data !== 'object' || data === null || !('crash' in data)) {
    throw new UsageError(`${where}: no report of a crash: inquest report --format json makes one`);
  }
  const report = { ...LATER, ...data };
  const [problem] = schemaProblems(crashReportSchema, report).filter((p) => !p.endsWith('not in the schema'));
  if (problem !== undefined) throw new UsageError(`${where}: no report of a crash: ${problem}`);
  return report as unknown as CrashReport;
}
