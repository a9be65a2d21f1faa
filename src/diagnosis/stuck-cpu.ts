import { attempt } from '../base/attempt.ts';
import type { Phrase } from '../base/phrase.ts';
import { currentTask } from '../kernel/sched.ts';
import { findTask, type TaskRecord } from '../kernel/task.ts';
import { taskStack } from '../kernel/task-stack.ts';
import type { TaskWait } from '../kernel/wait-graph.ts';
import { waitGraph } from '../kernel/wait-graph.ts';
import type { FrameData, TaskStack } from '../report/stack-data.ts';
import { taskStackData } from '../report/task-stack.ts';
import type { Stack } from '../unwind/stack.ts';
import type { Case } from './case.ts';
import { type ContextKind, findCrashSite } from './crash-site.ts';

/** What a CPU was found doing that did not go on. */
export interface StuckCpu {
  readonly cpu: number;
  readonly task: TaskRecord;
  /** The function in which an interrupt or NMI found it. */
  readonly frame: FrameData;
  /** Index of the frame in `stack`. */
  readonly index: number;
  readonly stack: TaskStack;
  /** In what context that function runs: an interrupt or softirq is not the task's doing. */
  readonly context: ContextKind;
  /** Whether it takes interrupts there. */
  readonly interrupts?: boolean;
  /** The lock that it spins on. */
  readonly spins?: TaskWait;
}

/** How the others are stopped at a panic, from the entry on: arch/x86/kernel/smp.c, arch/arm64/kernel/smp.c. */
const STOPPED =
  /^(?:(?:asm_|__)*sysvec_reboot|stop_this_cpu|native_halt|default_do_nmi|(?:asm_|__)*exc_nmi(?:_\w+)?|end_repeat_nmi|nmi_handle|crash_nmi_callback|el0t_64_(?:irq|fiq)(?:_handler)?|__el0_(?:irq|fiq)_handler_common|el0_interrupt|do_interrupt_handler|call_on_irq_stack|gic_handle_irq|(?:generic_)?handle_(?:domain_irq|percpu_devid_irq)|generic_handle_domain_irq|(?:ipi_handler|do_handle_IPI)|(?:local|ipi)_cpu_stop\w*)$/;

/** Whether a CPU ran a program when the panic stopped it: nothing but the stop is on its stack. */
export function ranInUserSpace(of: Case, cpu: number): boolean {
  const stuck = attempt(() => stuckCpu(of, cpu));
  const frames = stuck?.stack.frames ?? [];
  return (
    frames.length > 0 &&
    !stuck?.task.kernelThread &&
    frames.every((f) => (f.symbol === null ? BigInt(f.pc) < of.prog.kernelStart : STOPPED.test(f.symbol)))
  );
}

/** Where a CPU was; undefined when its task or stack cannot be read. */
export function stuckCpu(of: Case, cpu: number): StuckCpu | undefined {
  const address = attempt(() => currentTask(of.prog, cpu));
  const found = address === undefined ? undefined : findTask(of.prog, address);
  if (!found) return undefined;
  const task = { ...found, cpu };
  const unwound = taskStack(of.prog, task);
  const stack = taskStackData(of.prog, task, unwound);
  const site = findCrashSite(stack, true);
  const frame = site && stack.frames[site.index];
  if (!site || !frame) return undefined;
  const { index, context } = site;
  const interrupts = interruptsAt(of, unwound, index);
  const spins = waitGraph(of.prog).waits.find((w) => w.task.address === task.address && w.task.active);
  return {
    cpu,
    task,
    frame,
    index,
    stack,
    context,
    ...(interrupts !== undefined && { interrupts }),
    ...(spins && { spins }),
  };
}

function interruptsAt(of: Case, stack: Stack, index: number): boolean | undefined {
  const registers = stack.frames[index]?.registers;
  return registers && of.prog.arch.unwind?.interruptsOn?.(registers);
}

/** The registers that hold the interrupt flag, as `bt` prints them. */
export function interruptWords({ interrupts }: StuckCpu): Phrase {
  if (interrupts === undefined) return { en: '', zh: '' };
  return interrupts ? { en: ', interrupts on', zh: '，中断开启' } : { en: ', interrupts off', zh: '，中断关闭' };
}

/** That it is an interrupt or softirq which does not end, whatever task was interrupted. */
export function contextWords({ context }: Pick<StuckCpu, 'context'>): Phrase {
  return CONTEXTS[context] ?? { en: '', zh: '' };
}

const CONTEXTS: Readonly<Partial<Record<ContextKind, Phrase>>> = {
  softirq: { en: ', in a softirq', zh: '（软中断中）' },
  hardirq: { en: ', in an interrupt', zh: '（硬中断中）' },
  nmi: { en: ', in an NMI', zh: '（NMI 中）' },
};
