import type { CallTrace, TraceFrame } from './call-trace.ts';
import { plainFunction } from './function-name.ts';

/** What the CPU was doing, by its call trace. */
export interface TraceContextFacts {
  readonly kind: 'task' | 'softirq' | 'irq' | 'nmi' | 'exception';
  /** It ran on the stack of interrupts, not on a task's. */
  readonly irqStack: boolean;
  /** What the interrupt interrupted. */
  readonly interrupted?: { readonly function: string; readonly during: Interrupted };
  /** For people: `softirq on the IRQ stack; interrupted a page fault of user space in clear_page`. */
  readonly text: string;
}

export type Interrupted = 'user page fault' | 'kernel page fault' | 'system call' | 'kernel thread' | 'idle' | 'kernel';

const SOFTIRQ =
  /^(?:__do_softirq|handle_softirqs|__softirqentry_text_start|____do_softirq|do_softirq_own_stack|run_ksoftirqd)$/;
/** Code that a CPU enters on an interrupt. */
const IRQ =
  /^(?:el1_irq|el0_irq|el[01][ht]_64_f?irq|el[01]t?_irq|(?:asm_)?sysvec_\w+|(?:asm_)?common_interrupt|apic_timer_interrupt|ret_from_intr|\w+_interrupt|__irq_svc|__irq_usr|handle_exception|ret_from_exception|hardware_interrupt_common\w*|decrementer_common\w*|io_int_handler|ext_int_handler|do_irq|handle_loongarch_irq|except_vec_vi_handler)$/;
const NMI = /^(?:nmi|end_repeat_nmi|asm_exc_nmi|exc_nmi|do_nmi|default_do_nmi|el1h?_(?:64_)?fiq|__nmi_\w+)$/;
const PAGE_FAULT =
  /^(?:do_page_fault|do_user_addr_fault|exc_page_fault|asm_exc_page_fault|page_fault|__do_page_fault|do_translation_fault|do_mem_abort|do_DataAbort|handle_page_fault|do_dat_exception|hash__do_page_fault)$/;
const USER_ENTRY =
  /^(?:el0_\w+|el0t_\w+|asm_exc_page_fault|page_fault|ret_to_user|ret_from_exception|__dabt_usr|__pabt_usr)$/;
const SYSCALL =
  /^(?:entry_SYSCALL\w*|entry_SYSENTER\w*|do_syscall_\w+|do_int80\w*|el0_svc\w*|invoke_syscall|system_call\w*|ret_fast_syscall|syscall_call|__do_syscall|do_trap_ecall_u|handle_syscall|handle_sys\w*)$/;
const THREAD = /^(?:ret_from_fork\w*|kthread|ret_from_kernel_thread|kernel_thread_starter)$/;
const IDLE =
  /^(?:do_idle|cpu_startup_entry|arch_cpu_idle|default_idle\w*|cpuidle_enter\w*|rest_init|start_secondary|secondary_start\w*)$/;

/** The context in which the innermost frame of a trace ran. */
export function contextOf(trace: CallTrace): TraceContextFacts {
  const frames = trace.frames.filter((f) => !f.guess);
  const names = frames.map((f) => plainFunction(f.function));
  const nmi = names.findIndex((n) => NMI.test(n));
  const soft = names.findIndex((n) => SOFTIRQ.test(n));
  const entry = nmi >= 0 ? nmi : names.findIndex((n) => IRQ.test(n));
  const kind = kindOf(frames, nmi, soft, entry);
  const outer = entry < 0 ? [] : names.slice(entry + 1).filter((n) => !IRQ.test(n) && !NMI.test(n));
  const what = outer[0];
  const interrupted = what === undefined ? undefined : { function: what, during: duringOf(outer, trace) };
  const irqStack = (kind === 'softirq' || kind === 'irq') && (entry >= 0 || frames.some((f) => f.context === 'irq'));
  return {
    kind,
    irqStack,
    ...(interrupted && { interrupted }),
    text: textOf(kind, irqStack, interrupted),
  };
}

function kindOf(frames: readonly TraceFrame[], nmi: number, soft: number, entry: number): TraceContextFacts['kind'] {
  const mark = frames[0]?.context;
  if (mark === 'nmi' || (nmi >= 0 && (soft < 0 || nmi < soft))) return 'nmi';
  if (soft >= 0 && (entry < 0 || soft < entry)) return 'softirq';
  if (entry >= 0 || mark === 'irq') return 'irq';
  if (mark === 'softirq' || mark === 'exception') return mark;
  return 'task';
}

function duringOf(outer: readonly string[], trace: CallTrace): Interrupted {
  const fault = outer.some((n) => PAGE_FAULT.test(n));
  const user = trace.endsInUser === true || outer.some((n) => USER_ENTRY.test(n));
  if (outer.some((n) => SYSCALL.test(n))) return 'system call';
  if (fault) return user ? 'user page fault' : 'kernel page fault';
  if (outer.some((n) => IDLE.test(n))) return 'idle';
  if (outer.some((n) => THREAD.test(n))) return 'kernel thread';
  return 'kernel';
}

const WORDS = {
  task: 'process context',
  softirq: 'softirq',
  irq: 'hardware interrupt',
  nmi: 'NMI',
  exception: 'exception',
};

function textOf(
  kind: TraceContextFacts['kind'],
  irqStack: boolean,
  interrupted: TraceContextFacts['interrupted'],
): string {
  const where = irqStack ? `${WORDS[kind]} on the IRQ stack` : WORDS[kind];
  if (!interrupted) return where;
  return `${where}; interrupted ${interrupted.function} (${interrupted.during})`;
}
