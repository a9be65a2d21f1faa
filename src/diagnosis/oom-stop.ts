import { type OomReport, oomReports } from '../oops/oom-report.ts';
import type { Case } from './case.ts';

/** A report of the OOM killer that ends with a panic. */
export interface OomStop extends OomReport {
  readonly panic: string;
}

/** The call of the OOM killer that stopped the kernel; undefined when it died of something else. */
export function oomStop(of: Case): OomStop | undefined {
  const reports = oomReports(of.log.flatMap((r) => r.text.split('\n')));
  const found = reports.find((r): r is OomStop => r.panic !== undefined);
  return found ?? overwritten(of);
}

/** The table of some thousand processes pushes its own beginning out of the log; the panic is the last line, and stays. */
function overwritten(of: Case): OomStop | undefined {
  const panic = PANIC.exec(of.panic.message ?? '')?.[1];
  if (panic === undefined) return undefined;
  const lost = { line: 0, gfp: '', order: 0, constraint: undefined, group: undefined, groupKiB: undefined };
  return { ...lost, comm: of.crashed?.comm ?? '?', rows: [], victim: undefined, panic };
}

const PANIC =
  /^(?:Kernel panic - not syncing: )?((?:Out of memory: .*panic_on_oom is enabled|System is deadlocked on memory).*)$/;
