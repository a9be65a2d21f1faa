import { perOwner } from '../base/lazy.ts';
import { addrAdd } from '../base/u64.ts';
import type { Addr } from '../base/units.ts';
import type { Program } from '../program/program.ts';
import { cpusInMask, nrCpuIds } from './cpumask.ts';

/** `__per_cpu_offset[]` as it stands; a kernel for one CPU has none, and its per-CPU data is where the symbols say. */
const offsets = perOwner((prog: Program): readonly bigint[] => {
  const symbol = prog.findSymbol('__per_cpu_offset');
  if (!symbol) return [0n];
  const count = nrCpuIds(prog);
  const bytes = new Uint8Array(count * 8);
  if (prog.memory.readWhatIsThere(symbol.address, bytes) === 0) prog.memory.read(symbol.address, bytes);
  const view = new DataView(bytes.buffer);
  const out: bigint[] = [];
  for (let cpu = 0; cpu < count; cpu++) out.push(view.getBigUint64(cpu * 8, prog.arch.littleEndian));
  return out;
});

/**
 * What the kernel adds to a per-CPU address for `cpu`; 0n for a CPU that cannot exist.
 * @throws MemoryFault
 */
export function perCpuOffset(prog: Program, cpu: number): bigint {
  return offsets(prog)[cpu] ?? 0n;
}

/**
 * Address of the per-CPU variable `symbol` of `cpu`. Right for both generations of x86-64: per-CPU symbols were small
 * offsets until commit 9d7de2aa8b41 ("x86/percpu/64: Use relative percpu offsets", v6.15), addresses since.
 * @throws NotFoundError MemoryFault
 */
export function perCpu(prog: Program, symbol: string, cpu: number): Addr {
  return addrAdd(prog.symbol(symbol), perCpuOffset(prog, cpu));
}

interface Masks {
  readonly possible: readonly number[];
  readonly present: readonly number[];
  readonly online: readonly number[];
}

const masks = perOwner((prog: Program): Masks => {
  const count = prog.findSymbol('__per_cpu_offset') ? nrCpuIds(prog) : 1;
  const read = (name: string): number[] => {
    const symbol = prog.findSymbol(name);
    return symbol ? cpusInMask(prog, symbol.address, count) : [];
  };
  const possible = read('__cpu_possible_mask');
  return {
    possible: possible.length > 0 ? possible : [0],
    present: read('__cpu_present_mask'),
    online: read('__cpu_online_mask'),
  };
});

/** CPUs that may ever exist, ascending; at least CPU 0. @throws MemoryFault */
export function possibleCpus(prog: Program): readonly number[] {
  return masks(prog).possible;
}

/** CPUs that are plugged in; all possible ones when the kernel's mask is empty. @throws MemoryFault */
export function presentCpus(prog: Program): readonly number[] {
  const { present, possible } = masks(prog);
  return present.length > 0 ? present : possible;
}

/** CPUs that the kernel holds for running. A panic takes the others offline, so the dump of one has usually one. */
export function onlineCpus(prog: Program): readonly number[] {
  return masks(prog).online;
}
