import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { measure } from './measure.ts';
import { writeNoisyLog, writeReports } from './oops-log.ts';

/**
 * `inquest oops` as a whole process on a noisy log of 500 MB and on 100,000 different small reports. Speed is by CPU time
 * (user + system, of all threads): what one core does when nothing else runs. Exit status 1 beyond a limit.
 */
const LOG_BYTES = 500e6;
const REPORTS = 100_000;
const LIMITS = { mbPerSecond: 60, peakMiB: 200e6 / (1 << 20), reportsSeconds: 20 };

const program = resolve(import.meta.dirname, '../dist/inquest.cjs');
let failed = false;

function line(what: string, value: string, ok: boolean): void {
  console.log(`  ${what.padEnd(46)} ${value}${ok ? '' : '   LIMIT EXCEEDED'}`);
  failed ||= !ok;
}

/** Reports that the answer counts. */
function counted(output: string): number {
  const answer = JSON.parse(output) as { reports: readonly { count: number }[]; unlisted: number };
  return answer.unlisted + answer.reports.reduce((sum, report) => sum + report.count, 0);
}

const dir = mkdtempSync(join(tmpdir(), 'inquest-bench-'));
try {
  const log = join(dir, 'noisy.log');
  const expected = writeNoisyLog(log, LOG_BYTES);
  const noisy = measure([process.execPath, program, 'oops', log, '--json', '--no-debug']);
  const speed = LOG_BYTES / 1e6 / (noisy.cpuMs / 1000);
  console.log(`\noops: a noisy log of ${LOG_BYTES / 1e6} MB with ${expected} reports`);
  line('speed, MB a second of CPU time', speed.toFixed(0), speed >= LIMITS.mbPerSecond);
  line('CPU time', `${(noisy.cpuMs / 1000).toFixed(2)} s`, true);
  line('memory, peak', `${noisy.peakMiB.toFixed(0)} MiB`, noisy.peakMiB < LIMITS.peakMiB);
  line('reports found', String(counted(noisy.output)), counted(noisy.output) === expected);
  rmSync(log);

  const many = join(dir, 'reports.log');
  const bytes = writeReports(many, REPORTS);
  const small = measure([process.execPath, program, 'oops', many, '--json', '--no-debug']);
  console.log(`\noops: ${REPORTS} different small reports, ${(bytes / 1e6).toFixed(0)} MB`);
  line('CPU time', `${(small.cpuMs / 1000).toFixed(2)} s`, small.cpuMs < LIMITS.reportsSeconds * 1000);
  line('a report', `${((small.cpuMs / REPORTS) * 1000).toFixed(0)} us`, true);
  line('memory, peak', `${small.peakMiB.toFixed(0)} MiB`, small.peakMiB < LIMITS.peakMiB);
  line('reports found', String(counted(small.output)), counted(small.output) === REPORTS);
} finally {
  rmSync(dir, { recursive: true });
}
process.exitCode = failed ? 1 : 0;
