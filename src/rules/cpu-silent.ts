import { attempt } from '../base/attempt.ts';
import { bareName } from '../diagnosis/allocator-calls.ts';
import type { Case } from '../diagnosis/case.ts';
import { lockupFinding } from '../diagnosis/lockup-finding.ts';
import type { Rule } from '../diagnosis/rule.ts';
import { type StuckCpu, stuckCpu } from '../diagnosis/stuck-cpu.ts';
import { presentCpus } from '../kernel/percpu.ts';

/** A CPU spins with interrupts off, so that its own watchdog cannot speak: another one complained of what came of it. */
export const cpuSilent: Rule = {
  id: 'cpu.silent',
  title: 'A CPU spins with interrupts off',
  source: 'kernel/watchdog.c: the detector of soft lockups is a timer of each CPU; kernel/locking/qspinlock.c',
  *check(of) {
    const line = of.fatalLines.find((l) => LINE.test(l));
    const reported = line === undefined ? undefined : Number(LINE.exec(line)?.[1]);
    if (line === undefined || of.fatal?.kind !== 'soft lockup') return;
    for (const cpu of attempt(() => presentCpus(of.prog)) ?? []) {
      const found = cpu === reported ? undefined : spinning(of, cpu);
      if (!found) continue;
      const name = { en: 'Spin with interrupts off', zh: '关中断自旋' };
      yield { ...lockupFinding(of, { line, cpu }, found, name), explains: ['cpu.soft-lockup', ...SYMPTOMS] };
    }
  },
};

const LINE = /watchdog: BUG: soft lockup - CPU#(\d+) stuck/;
const SYMPTOMS: readonly string[] = ['rcu.stall', 'work.stall', 'wait.hung-task', 'wait.hang', 'panic.asked'];
/** Where a CPU spins for a lock: kernel/locking. */
const SPINS =
  /^(?:(?:native_|(?:__)?pv_)?queued_(?:spin|read|write)_lock_slowpath|_?_?raw_(?:spin|read|write)_lock\w*)$/;

/** A CPU that was found there, and takes no interrupts; one that stopped for the panic stands elsewhere. */
function spinning(of: Case, cpu: number): StuckCpu | undefined {
  const found = attempt(() => stuckCpu(of, cpu));
  return found?.interrupts === false && SPINS.test(bareName(found.frame.symbol ?? '')) ? found : undefined;
}
