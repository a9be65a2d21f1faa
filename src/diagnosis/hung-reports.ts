import { attempt } from '../base/attempt.ts';
import type { Case } from './case.ts';

/** `INFO: task kworker/0:1:12 blocked for more than 120 seconds.`: a comm may hold colons and spaces. */
const LINE = /^INFO: task (.*):(\d+) (?:is )?blocked for more than (\d+) seconds/;
/** What the hung task detector said of a task. */
export interface HungReport {
  readonly line: string;
  readonly comm: string;
  readonly pid: number;
  readonly seconds: number;
}

/** The first complaint about each task. */
export function hungReports(of: Case): HungReport[] {
  const found = new Map<number, HungReport>();
  for (const { text } of of.log) {
    const line = text.split('\n')[0] ?? '';
    const match = LINE.exec(line);
    if (!match) continue;
    const pid = Number(match[2]);
    if (!found.has(pid)) found.set(pid, { line, comm: match[1] as string, pid, seconds: Number(match[3]) });
  }
  return [...found.values()];
}

/** Locks are held for moments; a wait that is longer means that their holder does not go on. */
const LONG_SECONDS = 30;

/** The kernel's own limit where it is shorter: its setting, or, where data has no names, what it said. */
export function longWait(of: Case): number {
  const symbol = of.prog.findSymbol('sysctl_hung_task_timeout_secs');
  const own = symbol && attempt(() => Number(of.prog.memory.ulong(symbol.address)));
  const told = hungReports(of).map((h) => h.seconds);
  return Math.min(LONG_SECONDS, ...[own ?? 0, ...told].filter((s) => s > 0));
}
