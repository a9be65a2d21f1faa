import { addrAdd } from '../base/u64.ts';
import type { Addr } from '../base/units.ts';
import type { Program } from '../program/program.ts';

/** Address of a CPU's copy of a per-CPU variable; undefined when the kernel has no such symbol. */
export function perCpuAddress(prog: Program, name: string, cpu: number): Addr | undefined {
  const variable = prog.findSymbol(name);
  const offsets = prog.findSymbol('__per_cpu_offset');
  if (!variable || !offsets) return undefined;
  return addrAdd(variable.address, prog.memory.u64(offsets.address + BigInt(cpu * 8)));
}
