import type { Addr } from '../../base/units.ts';
import type { Program } from '../../program/program.ts';
import type { DebugFile } from './debug-file.ts';
import { LocationError } from './location.ts';

/** Where linker scripts of kernels put per-CPU variables, and where modules have them. */
const SECTION = '.data..percpu';

/**
 * The run-time address of a per-CPU variable of one CPU; undefined when the link-time address is that of something else.
 * Link-time addresses count from 0 on x86-64 until Linux commit 9d7de2aa8b41 ("x86/percpu/64: Use relative percpu
 * offsets"), v6.15, and are in the kernel's image elsewhere.
 * @throws LocationError when the CPU is not known, or the variable is a module's @throws MemoryFault
 */
export function perCpuAddress(prog: Program, file: DebugFile, link: Addr, cpu: number | undefined): Addr | undefined {
  const { elf } = file;
  const index = elf.sections.findIndex((s) => s.name === SECTION);
  const start = elf.sectionAddress(index);
  if (index < 0 || link < start || link >= start + BigInt(elf.sections[index]?.size ?? 0)) return undefined;
  if (elf.relocatable) throw new LocationError('a per-CPU variable of a module, whose areas are not known');
  const base = start === 0n ? link : link + (prog.map.kaslrOffset ?? 0n);
  const offsets = prog.findSymbol('__per_cpu_offset');
  if (!offsets) return base; // a kernel for one CPU
  if (cpu === undefined) throw new LocationError('a per-CPU variable, and the CPU of this frame is not known');
  return BigInt.asUintN(64, base + prog.memory.u64(offsets.address + BigInt(cpu * 8)));
}
