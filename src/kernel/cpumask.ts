import type { Addr } from '../base/units.ts';
import type { Program } from '../program/program.ts';

/** The kernel's own limit on x86-64 (NR_CPUS with MAXSMP); arm64 allows 4096 at most. */
const MAX_CPUS = 8192;

/**
 * `nr_cpu_ids`: one more than the highest possible CPU number. A kernel built for exactly its number of CPUs has no
 * such variable (commit 6f9c07be9d02, "lib/cpumask: add FORCE_NR_CPUS config option"), and a dump may lack it; then the
 * mask's own size bounds it.
 */
export function nrCpuIds(prog: Program): number {
  const symbol = prog.findSymbol('nr_cpu_ids');
  if (symbol) {
    const word = new Uint8Array(4);
    const fault = prog.memory.tryRead(symbol.address, word);
    const count = fault ? 0 : new DataView(word.buffer).getUint32(0, prog.arch.littleEndian);
    if (count >= 1 && count <= MAX_CPUS) return count;
  }
  const size = prog.findType('cpumask')?.size ?? 8;
  return Math.min(size * 8, MAX_CPUS);
}

/**
 * Numbers of the CPUs whose bit is set, ascending.
 * @param mask `struct cpumask *` @param count bits to look at
 * @throws MemoryFault
 */
export function cpusInMask(prog: Program, mask: Addr, count: number): number[] {
  const word = prog.arch.pointerSize;
  const bytes = prog.memory.bytes(mask, Math.ceil(Math.min(count, MAX_CPUS) / (word * 8)) * word);
  const cpus: number[] = [];
  for (let cpu = 0; cpu < count; cpu++) {
    // Bits are numbered inside unsigned longs, so a big-endian kernel stores the low byte of each word last.
    const byte = cpu >> 3;
    const at = prog.arch.littleEndian ? byte : byte - (byte % word) + (word - 1 - (byte % word));
    if (((bytes[at] as number) >> (cpu & 7)) & 1) cpus.push(cpu);
  }
  return cpus;
}
