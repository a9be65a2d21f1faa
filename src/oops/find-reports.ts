import type { LogLine } from '../log/log-line.ts';
import type { OopsReport } from './oops-report.ts';
import { ReportScanner } from './report-scanner.ts';

/** Every report in the lines, in the order in which they end. */
export function findReports(lines: Iterable<LogLine>): OopsReport[] {
  const found: OopsReport[] = [];
  const scanner = new ReportScanner((report) => found.push(report));
  for (const line of lines) scanner.push(line);
  scanner.end();
  return found.sort((a, b) => a.firstLine - b.firstLine);
}
