import { attempt } from '../../base/attempt.ts';
import { perOwner } from '../../base/lazy.ts';
import type { Addr, Bytes } from '../../base/units.ts';
import type { StackRange } from '../../program/ports.ts';
import type { Program } from '../../program/program.ts';
import { perCpuAddress } from '../per-cpu.ts';
import { threadSize } from '../task-stack.ts';

const PAGE = 4096n;
const MAX_STACK: Bytes = 1 << 20;

const cache = perOwner((_prog: Program) => new Map<number, readonly StackRange[]>());

/**
 * The stacks that exceptions and interrupts of a CPU run on: IRQ, the interrupt-stack-table ones, the entry trampoline.
 * Source: Linux Documentation/arch/x86/kernel-stacks.rst, arch/x86/kernel/dumpstack_64.c.
 */
export function x86CpuStacks(prog: Program, cpu: number): readonly StackRange[] {
  const cached = cache(prog).get(cpu);
  if (cached) return cached;
  // each is found by variables of its own, any of which may be missing from the dump
  const stacks = [irqStack, exceptionStacks, entryStack].flatMap((find) => attempt(() => find(prog, cpu)) ?? []);
  cache(prog).set(cpu, stacks);
  return stacks;
}

function pointerAt(prog: Program, at: Addr | undefined): Addr {
  if (at === undefined || typeof prog.memory.translate(at) === 'string') return 0n;
  return prog.memory.u64(at);
}

/** Interrupts and softirqs. The pointer is the stack's end, or the last word on it. */
function irqStack(prog: Program, cpu: number): StackRange[] {
  // Linux d7b6d709a76a ("x86/percpu: Move irq_stack variables next to current_task"), v6.2, moved it into `pcpu_hot`;
  // c6a0918072ea ("x86/irq: Move irq stacks to percpu hot section"), v6.15, out again.
  const inHot = prog.findMember('pcpu_hot', 'hardirq_stack_ptr');
  const hot = inHot && perCpuAddress(prog, 'pcpu_hot', cpu);
  const place = hot ? hot + BigInt(inHot.offset) : perCpuAddress(prog, 'hardirq_stack_ptr', cpu);
  const pointer = pointerAt(prog, place);
  if (pointer === 0n) return [];
  const high = ((pointer + PAGE - 1n) / PAGE) * PAGE;
  const size = prog.findType('struct irq_stack')?.size ?? threadSize(prog);
  return size > 0 && size <= MAX_STACK ? [{ name: 'irq', low: high - BigInt(size), high }] : [];
}

/** DF, NMI, DB, MCE, VC: members `<name>_stack` of `struct cea_exception_stacks`, with guard pages between them. */
function exceptionStacks(prog: Program, cpu: number): StackRange[] {
  const type = prog.findType('struct cea_exception_stacks')?.resolve();
  const start = pointerAt(prog, perCpuAddress(prog, 'cea_exception_stacks', cpu));
  if (!type || start === 0n) return [];
  const ranges: StackRange[] = [];
  for (const member of type.members) {
    const name = /^(\w+)_stack$/.exec(member.name)?.[1];
    if (!name || member.type.size === 0 || member.type.size > MAX_STACK) continue;
    const low = start + BigInt(member.bitOffset / 8);
    ranges.push({ name, low, high: low + BigInt(member.type.size) });
  }
  return ranges;
}

/** Where the CPU enters from user space: the stack pointer of privilege level 0 in the task state segment. */
function entryStack(prog: Program, cpu: number): StackRange[] {
  const size = prog.findType('struct entry_stack')?.size;
  const tss = perCpuAddress(prog, 'cpu_tss_rw', cpu);
  const place = prog.findMember('tss_struct', 'x86_tss.sp0');
  if (!size || size > MAX_STACK || tss === undefined || !place) return [];
  const high = pointerAt(prog, tss + BigInt(place.offset));
  return high === 0n ? [] : [{ name: 'entry', low: high - BigInt(size), high }];
}

/** STACK_END_MAGIC, the last word of every task's stack: Linux include/uapi/linux/magic.h. */
const TASK_STACK_END = 0x57ac6e9dn;

/**
 * An interrupt stack by its looks, for dumps that lack the per-CPU variable which points to it: THREAD_SIZE bytes of the
 * vmalloc area (arch/x86/kernel/irq_64.c, `map_irq_stack`) with an unmapped guard page behind, but without the last word of
 * a task's stack.
 */
export function x86StackAt(prog: Program, at: Addr): StackRange | undefined {
  if (prog.map.linear.some((r) => at >= r.start && at < r.end)) return undefined;
  const mapped = (address: Addr) => typeof prog.map.translate(address) !== 'string';
  const size = BigInt(threadSize(prog));
  let high = (at / PAGE) * PAGE;
  while (high < at + size && mapped(high)) high += PAGE;
  const low = high - size;
  if (mapped(high) || at >= high || !mapped(low) || mapped(low - PAGE)) return undefined;
  const word = new Uint8Array(8);
  if (prog.memory.tryRead(low, word) === undefined) {
    if (new DataView(word.buffer).getBigUint64(0, true) === TASK_STACK_END) return undefined;
  }
  return { name: 'irq', low, high };
}
