import { closeSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { UsageError } from '../base/errors.ts';
import type { CrashReport } from '../report/crash-report.ts';
import { readReport } from '../report/read-report.ts';
import { makeReport, type ReportOptions } from '../session/make-report.ts';
import type { DumpRequest } from './arguments.ts';
import { DebugOnDemand } from './debug-on-demand.ts';
import { breakable } from './interrupt.ts';
import { openWithProgress } from './open-with-progress.ts';
import { Progress } from './progress.ts';
import { splitFiles } from './split-files.ts';

/** The report of a dump, or one that was saved as JSON. @throws AnalysisError */
export async function obtainReport(request: DumpRequest, options: ReportOptions = {}): Promise<CrashReport> {
  const [first = ''] = request.files;
  if (request.files.length === 1 && isJson(first)) return savedReport(first);
  const progress = new Progress();
  const files = splitFiles(request);
  const dump = await openWithProgress(files.dump, progress);
  const debug = new DebugOnDemand(dump.program, { ...request.debug, noSearch: true }, files.debug);
  try {
    await debug.start();
    const source = await debug.source();
    progress.start('making the report');
    const all = { ...options, lines: debug.explicit, ...(source && { source }) };
    return breakable(() => makeReport(dump.program, all), 'while making the report');
  } finally {
    progress.stop();
    debug.close();
    dump.close();
  }
}

/** A file that begins with a brace, as no dump does. What cannot be read is the business of who opens dumps. */
function isJson(path: string): boolean {
  if (!statSync(path, { throwIfNoEntry: false })?.isFile()) return false;
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch {
    return false;
  }
  try {
    const bytes = new Uint8Array(64);
    const read = readSync(fd, bytes, 0, bytes.length, 0);
    return /^\ufeff?\s*\{\s*"/.test(new TextDecoder().decode(bytes.subarray(0, read)));
  } finally {
    closeSync(fd);
  }
}

function savedReport(path: string): CrashReport {
  let data: unknown;
  try {
    data = JSON.parse(readFileSync(path, 'utf8'));
  } catch (e) {
    throw new UsageError(`${path}: not JSON: ${e instanceof Error ? e.message : String(e)}`);
  }
  return readReport(data, path);
}
