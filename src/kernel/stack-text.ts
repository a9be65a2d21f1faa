import { AnalysisError } from '../base/errors.ts';
import type { Addr, Bytes } from '../base/units.ts';
import type { KernelSymbol, StackRange } from '../program/ports.ts';
import type { Program } from '../program/program.ts';

/** nm's letters of symbols in text sections; `?` is what a table without letters gives. */
const TEXT = 'tTwW?';

/** A word of a stack that is the address of an instruction: a return address, now or once. */
export interface StackText {
  /** Where it lies. */
  readonly at: Addr;
  readonly pc: Addr;
  readonly symbol: KernelSymbol;
}

/** Every word from `from` to the end of a stack that points into kernel or module text, ascending. @throws MemoryFault */
export function stackText(prog: Program, stack: StackRange, from: Addr): StackText[] {
  const start = from < stack.low ? stack.low : (from + 7n) & ~7n;
  const found: StackText[] = [];
  const words = stackWords(prog, start, Number(stack.high - start));
  words.forEach((pc, i) => {
    if (pc < prog.kernelStart) return;
    const symbol = prog.symbolAt(pc);
    if (symbol && TEXT.includes(symbol.letter)) found.push({ at: start + BigInt(i * 8), pc, symbol });
  });
  return found;
}

/** The 8-byte words of `size` bytes at `at`. @throws MemoryFault */
export function stackWords(prog: Program, at: Addr, size: Bytes): bigint[] {
  if (size <= 0) return [];
  const bytes = prog.memory.bytes(at, size);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const words: bigint[] = [];
  for (let i = 0; i + 8 <= size; i += 8) words.push(view.getBigUint64(i, prog.arch.littleEndian));
  return words;
}

/** `STACK_END_MAGIC`, include/uapi/linux/magic.h */
const END_MAGIC = 0x57ac6e9dn;

/**
 * What shows that the stack of a task was written beyond its end; empty when nothing does.
 * @param task `struct task_struct *` @param cpus those that the kernel knows
 */
export function stackOverflowSigns(prog: Program, task: Addr, cpus: readonly number[]): string[] {
  const { unwind } = prog.arch;
  if (!unwind) return [];
  try {
    const { low } = unwind.taskStack(prog, task);
    if (low === 0n) return []; // given back on exit
    const signs: string[] = [];
    const [end = 0n] = stackWords(prog, low, 8);
    if (end !== END_MAGIC) signs.push(`${end.toString(16)} != STACK_END_MAGIC`);
    // where thread_info lies at the end of the stack it is overwritten with it; elsewhere its CPU cannot be wrong by that
    const own = prog.findMember('task_struct', 'thread_info') ? task : low;
    const place = prog.findMember('thread_info', 'cpu');
    const cpu = place && prog.memory.u32(own + BigInt(place.offset));
    if (cpu !== undefined && cpus.length > 0 && !cpus.includes(cpu)) signs.push(`thread_info.cpu: ${cpu}`);
    return signs;
  } catch (e) {
    if (!(e instanceof AnalysisError)) throw e;
    return [`the end of the stack cannot be read: ${e.message}`];
  }
}
