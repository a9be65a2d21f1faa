import type { TaskRecord } from '../kernel/task.ts';
import type { Evidence } from '../report/finding.ts';
import type { Case } from './case.ts';
import { logEvidence } from './evidence.ts';

/** The first lines of lockdep's reports of a wrong order (kernel/locking/lockdep.c: print_circular_bug_header, print_deadlock_bug). */
const REPORT = /possible (?:circular locking dependency|recursive locking) detected/;
const TRIES = /^(.{1,15})\/(\d+) is trying to acquire lock:$/;
const LOCK = /^(?:[0-9a-f]{8,16} )?\([^)]{1,200}\).{0,60}, at: \S/;
/** Lines from the report's first to the lock that was wanted. */
const REACH = 8;

/** What lockdep said when one of these tasks asked for a lock in the wrong order: the report, who, and for what. */
export function lockOrderEvidence(of: Case, tasks: readonly Pick<TaskRecord, 'pid' | 'comm'>[]): Evidence[] {
  const lines = of.log.flatMap((r) => r.text.split('\n'));
  for (const [i, line] of lines.entries()) {
    if (!REPORT.test(line)) continue;
    const tail = lines.slice(i + 1, i + REACH);
    const at = tail.findIndex((l) => TRIES.test(l));
    const [, comm, pid] = TRIES.exec(tail[at] ?? '') ?? [];
    if (!tasks.some((t) => t.comm === comm && `${t.pid}` === pid)) continue;
    const wanted = tail.slice(at + 1).find((l) => LOCK.test(l));
    return [line, tail[at], wanted].flatMap((l) => (l === undefined ? [] : [logEvidence(l)]));
  }
  return [];
}
