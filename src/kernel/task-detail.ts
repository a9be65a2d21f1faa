import { hex64 } from '../base/hex.ts';
import { addrAdd } from '../base/u64.ts';
import type { Addr } from '../base/units.ts';
import type { Program } from '../program/program.ts';
import { isKernelPointer } from './kernel-struct.ts';
import { runQueues } from './sched.ts';

/** When a task ran; nanoseconds. */
export interface TaskTimes {
  /** Of the scheduler's clock, when it last got its CPU. */
  readonly lastRunNs: bigint;
  /** Between that and the last time its CPU's run queue was looked at. */
  readonly sinceRunNs: bigint;
  /** Of the monotonic clock, when it was created. */
  readonly startNs: bigint;
  readonly userNs: bigint;
  readonly systemNs: bigint;
}

/** @param task `struct task_struct *` @param cpu its CPU @throws NotFoundError MemoryFault */
export function taskTimes(prog: Program, task: Addr, cpu: number): TaskTimes {
  const at = (...members: string[]): bigint => prog.memory.u64(addrAdd(task, prog.offset('task_struct', ...members)));
  const lastRunNs = at('sched_info.last_arrival', 'se.exec_start'); // the first needs CONFIG_SCHED_INFO
  const queue = runQueues(prog).queues.find((q) => q.cpu === cpu);
  const clock = queue ? prog.memory.u64(addrAdd(queue.address, prog.offset('rq', 'clock'))) : 0n;
  return {
    lastRunNs,
    sinceRunNs: clock > lastRunNs ? clock - lastRunNs : 0n,
    startNs: at('start_time'),
    userNs: at('utime'),
    systemNs: at('stime'),
  };
}

/** `SCHED_*` of include/uapi/linux/sched.h, by value. */
export const SCHED_POLICIES: readonly string[] = ['NORMAL', 'FIFO', 'RR', 'BATCH', 'ISO', 'IDLE', 'DEADLINE', 'EXT'];

/** `task_struct.policy`. @throws NotFoundError MemoryFault */
export function schedPolicy(prog: Program, task: Addr): number {
  return prog.memory.u32(addrAdd(task, prog.offset('task_struct', 'policy')));
}

/** `task_struct.prio`. @throws NotFoundError MemoryFault */
export function taskPriority(prog: Program, task: Addr): number {
  return prog.memory.u32(addrAdd(task, prog.offset('task_struct', 'prio'))) | 0;
}

/** Where the stack of a task ends that does not run. @throws NotFoundError MemoryFault */
export function savedStackPointer(prog: Program, task: Addr): Addr {
  return prog.memory.ulong(addrAdd(task, prog.offset('task_struct', 'thread.sp', 'thread.cpu_context.sp')));
}

/** Address of the `struct thread_info` in a task as JSON (CONFIG_THREAD_INFO_IN_TASK); null where it is elsewhere. */
export function infoAddress(prog: Program, task: Addr): string | null {
  const place = prog.findMember('task_struct', 'thread_info');
  return place ? hex64(addrAdd(task, place.offset)) : null;
}

/** Resources in the order of include/uapi/asm-generic/resource.h. */
const RESOURCES = [
  ...['CPU', 'FSIZE', 'DATA', 'STACK', 'CORE', 'RSS', 'NPROC', 'NOFILE'],
  ...['MEMLOCK', 'AS', 'LOCKS', 'SIGPENDING', 'MSGQUEUE', 'NICE', 'RTPRIO', 'RTTIME'],
] as const;

export interface ResourceLimit {
  readonly resource: string;
  /** 2^64 - 1 for none. */
  readonly current: bigint;
  readonly maximum: bigint;
}

/** `task->signal->rlim`; empty for a task whose signal structure is gone. @throws NotFoundError MemoryFault */
export function resourceLimits(prog: Program, task: Addr): ResourceLimit[] {
  const signal = prog.memory.ulong(addrAdd(task, prog.offset('task_struct', 'signal')));
  if (!isKernelPointer(prog, signal)) return [];
  const limits = addrAdd(signal, prog.offset('signal_struct', 'rlim'));
  return RESOURCES.map((resource, i) => ({
    resource,
    current: prog.memory.u64(addrAdd(limits, i * 16)),
    maximum: prog.memory.u64(addrAdd(limits, i * 16 + 8)),
  }));
}
