import { basename } from 'node:path';
import { UsageError } from '../base/errors.ts';
import { compareReports } from '../diagnosis/compare/compare-reports.ts';
import { comparisonBlocks } from '../report/comparison-blocks.ts';
import type { CrashReport } from '../report/crash-report.ts';
import { Redaction } from '../report/redact/redact-report.ts';
import type { Request } from './arguments.ts';
import { obtainReport } from './obtain-report.ts';
import { writeBlocks } from './write-report.ts';

/** Writes what several deaths have in common; returns the exit status. Each file is one dump or saved report. */
export async function runCompare(request: Extract<Request, { kind: 'compare' }>): Promise<number> {
  if (request.files.length < 2) throw new UsageError('inquest compare needs two or more dumps or reports');
  const reports: { name: string; report: CrashReport }[] = [];
  const names = shortNames(request.files);
  // One redaction for all, so that one machine has one name in all of them.
  const redaction = request.redact ? new Redaction({ all: request.redact === 'all' }) : undefined;
  for (const [i, file] of request.files.entries()) {
    const report = await obtainReport({ files: [file], ...(request.debug && { debug: request.debug }) });
    const name = names[i] as string;
    reports.push(redaction ? { name: `dump-${i + 1}`, report: redaction.redact(report) } : { name, report });
  }
  const data = compareReports(reports);
  await writeBlocks(request, data, (language) => comparisonBlocks(data, language));
  return 0;
}

/** The last part of each path, with the folder where several are called the same. */
function shortNames(files: readonly string[]): string[] {
  const last = files.map((f) => basename(f));
  return files.map((f, i) => {
    const name = last[i] as string;
    return last.indexOf(name) === last.lastIndexOf(name) ? name : f.split('/').slice(-2).join('/');
  });
}
