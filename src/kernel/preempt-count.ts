import { addrAdd } from '../base/u64.ts';
import type { Addr } from '../base/units.ts';
import type { Program } from '../program/program.ts';
import { perCpu } from './percpu.ts';

/** What `preempt_count` of a CPU or task says: include/linux/preempt.h. */
export interface PreemptCount {
  readonly value: number;
  /** Nesting of preempt_disable(). */
  readonly preempt: number;
  /** A softirq handler runs (as opposed to softirqs being switched off). */
  readonly softirq: boolean;
  readonly hardirq: number;
  readonly nmi: number;
}

/**
 * The preempt count of a running task, from its CPU where the architecture keeps it there, from the task otherwise;
 * undefined when this kernel has neither. @param task `struct task_struct *`
 * @throws MemoryFault
 */
export function preemptCount(prog: Program, task: Addr, cpu: number): PreemptCount | undefined {
  const at = place(prog, task, cpu);
  if (at === undefined) return undefined;
  const value = prog.memory.u32(at) & 0x7fffffff; // bit 31: x86's inverted PREEMPT_NEED_RESCHED
  return {
    value,
    preempt: value & 0xff,
    softirq: (value & 0x100) !== 0,
    hardirq: (value >>> 16) & 0xf,
    nmi: (value >>> 20) & 0xf,
  };
}

function place(prog: Program, task: Addr, cpu: number): Addr | undefined {
  // Linux commit 46e8fff6d45f ("x86/preempt: Move preempt count to percpu hot section"), v6.15; before it
  // commit 64701838bf05 ("x86/percpu: Move preempt_count next to current_task"), v6.2: inside pcpu_hot.
  if (prog.findSymbol('__preempt_count')) return perCpu(prog, '__preempt_count', cpu);
  const hot = prog.findSymbol('pcpu_hot') && prog.findMember('pcpu_hot', 'preempt_count');
  if (hot) return addrAdd(perCpu(prog, 'pcpu_hot', cpu), hot.offset);
  // arm64: struct { u32 count; u32 need_resched; } over a u64 preempt_count; the count is the first half.
  const own =
    prog.findMember('task_struct', 'thread_info.preempt.count') ??
    prog.findMember('task_struct', 'thread_info.preempt_count');
  return own && addrAdd(task, own.offset);
}
