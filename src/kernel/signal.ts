import { addrAdd } from '../base/u64.ts';
import type { Addr } from '../base/units.ts';
import type { Problem } from '../program/ports.ts';
import type { Program } from '../program/program.ts';
import { KernelStruct } from './kernel-struct.ts';
import { listEntries } from './list.ts';
import { noteProblem } from './note-problem.ts';
import { SIGNALS } from './signal-names.ts';

/** What a process does on a signal, `struct k_sigaction`. */
export interface SignalAction {
  readonly signal: number;
  readonly address: Addr;
  /** 0n for the default, 1n for ignoring it, else an address in user space. */
  readonly handler: Addr;
  readonly mask: bigint;
  readonly flags: bigint;
}

/** Signals that were sent and not yet delivered, `struct sigpending`. */
export interface PendingSignals {
  readonly set: bigint;
  /** `siginfo` of each that is queued. */
  readonly queue: readonly { readonly signal: number; readonly info: Addr }[];
}

/** What the threads of a process share. */
export interface ProcessSignals {
  /** `struct signal_struct *` */
  readonly address: Addr;
  readonly threads: number;
  /** Empty when the process has none any more, as a zombie that has been reaped. */
  readonly actions: readonly SignalAction[];
  readonly shared: PendingSignals;
}

/** What a thread has of its own. */
export interface ThreadSignals {
  readonly blocked: bigint;
  readonly pending: PendingSignals;
}

/** More than any limit of queued signals (RLIMIT_SIGPENDING) that is in use. */
const MAX_QUEUED = 1_000_000;

/** Signal handling of the process that a task belongs to. @param task `struct task_struct *` @throws AnalysisError */
export function processSignals(prog: Program, task: Addr, problems: Problem[]): ProcessSignals {
  const { memory } = prog;
  const signal = memory.ulong(addrAdd(task, prog.offset('task_struct', 'signal')));
  const handlers = memory.ulong(addrAdd(task, prog.offset('task_struct', 'sighand')));
  const pending = addrAdd(signal, prog.offset('signal_struct', 'shared_pending'));
  // commit b3ac022cb9dc ("proc: turn signal_struct->count into "int nr_threads"", v2.6.35)
  const threads = memory.u32(addrAdd(signal, prog.offset('signal_struct', 'nr_threads', 'count')));
  let actions: readonly SignalAction[] = [];
  try {
    if (handlers !== 0n) actions = signalActions(prog, handlers);
  } catch (e) {
    noteProblem(problems, 'signal handlers', e);
  }
  return { address: signal, threads, actions, shared: pendingSignals(prog, pending, problems) };
}

/** Signals of one thread. @param task `struct task_struct *` @throws AnalysisError */
export function threadSignals(prog: Program, task: Addr, problems: Problem[]): ThreadSignals {
  const pending = addrAdd(task, prog.offset('task_struct', 'pending'));
  const blocked = addrAdd(task, prog.offset('task_struct', 'blocked'));
  return { blocked: prog.memory.u64(blocked), pending: pendingSignals(prog, pending, problems) };
}

/** `action[]` of a `struct sighand_struct`. */
function signalActions(prog: Program, handlers: Addr): SignalAction[] {
  const size = prog.type('k_sigaction').size;
  const at = (member: string): number => prog.offset('k_sigaction', `sa.${member}`);
  const [handler, flags, mask] = [at('sa_handler'), at('sa_flags'), at('sa_mask')];
  const all = new KernelStruct(prog, size * SIGNALS);
  const first = addrAdd(handlers, prog.offset('sighand_struct', 'action'));
  prog.memory.read(first, all.bytes);
  return Array.from({ length: SIGNALS }, (_, i) => ({
    signal: i + 1,
    address: addrAdd(first, i * size),
    handler: all.pointer(i * size + handler),
    mask: all.u64(i * size + mask),
    flags: all.pointer(i * size + flags),
  }));
}

function pendingSignals(prog: Program, at: Addr, problems: Problem[]): PendingSignals {
  const set = prog.memory.u64(addrAdd(at, prog.offset('sigpending', 'signal')));
  const link = prog.offset('sigqueue', 'list');
  const info = prog.offset('sigqueue', 'info');
  const number = prog.findMember('sigqueue', 'info.si_signo')?.offset ?? info;
  const queue: { signal: number; info: Addr }[] = [];
  try {
    const head = addrAdd(at, prog.offset('sigpending', 'list'));
    for (const node of listEntries(prog, head, 'queued signals', MAX_QUEUED)) {
      const entry = addrAdd(node, -link);
      queue.push({ signal: prog.memory.i32(addrAdd(entry, number)), info: addrAdd(entry, info) });
    }
  } catch (e) {
    noteProblem(problems, 'queued signals', e);
  }
  return { set, queue };
}
