import { addrAdd } from '../base/u64.ts';
import type { Addr } from '../base/units.ts';
import type { Program } from '../program/program.ts';
import { isKernelPointer } from './kernel-struct.ts';
import { plainName } from './wait-function.ts';
import { workerPools } from './workqueue.ts';

/** What calls the function of a kernel thread, or of a work: nobody's own code. */
export const STARTERS = /^(?:kthread|ret_from_fork\w*|process_one_work|process_scheduled_works|worker_thread)$/;

/** A function that something was made to execute. */
export interface StartedFunction {
  readonly function: string;
  readonly module?: string;
  /** The word that holds its address: `worker.current_func` or `kthread.threadfn`. */
  readonly started: Addr;
}

/**
 * The function that a kernel thread was made for, or that of the work which it executes: the one that has left the stack when
 * its last act was a jump to what waits. @param task `struct task_struct *` @throws NotFoundError MemoryFault
 */
export function startedFunction(prog: Program, task: Addr): StartedFunction | undefined {
  const worker = workerPools(prog)
    .pools.flatMap((p) => p.workers)
    .find((w) => w.task === task);
  const word = worker?.function === undefined ? threadWord(prog, task) : addrAdd(worker.address, workOffset(prog));
  const symbol = word === undefined ? undefined : prog.symbolAt(prog.memory.ulong(word));
  if (word === undefined || !symbol || STARTERS.test(symbol.name)) return undefined;
  return {
    function: plainName(symbol.name),
    ...(symbol.module !== undefined && { module: symbol.module }),
    started: word,
  };
}

function workOffset(prog: Program): number {
  return prog.offset('worker', 'current_func');
}

/**
 * `kthread.threadfn` of a kernel thread; 0n where there is none. @throws NotFoundError MemoryFault
 */
export function threadFunction(prog: Program, task: Addr): Addr {
  const word = threadWord(prog, task);
  return word === undefined ? 0n : prog.memory.ulong(word);
}

/**
 * A kernel thread's `struct kthread` is in `worker_private` since commit e32cf5dfbe22 ("kthread: Generalize pf_io_worker so it
 * can point to struct kthread", v5.17), before in `set_child_tid`.
 */
function threadWord(prog: Program, task: Addr): Addr | undefined {
  const thread = prog.memory.ulong(addrAdd(task, prog.offset('task_struct', 'worker_private', 'set_child_tid')));
  return isKernelPointer(prog, thread) ? addrAdd(thread, prog.offset('kthread', 'threadfn')) : undefined;
}
