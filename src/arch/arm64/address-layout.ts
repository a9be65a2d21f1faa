import type { AddressLayout } from '../../program/ports.ts';
import type { Program } from '../../program/program.ts';

/**
 * The parts of the address space as Documentation/arch/arm64/memory.rst lists them: VMCOREINFO states them since Linux
 * 2369f171d5c5 ("arm64: crash_core: Export MODULES, VMALLOC, and VMEMMAP ranges"), v5.19.
 */
export function armAddressLayout(prog: Program): AddressLayout {
  const number = (name: string): bigint | undefined => {
    const value = prog.vmcoreinfo.number(name);
    return value === undefined ? undefined : BigInt.asUintN(64, value);
  };
  const vmalloc = number('VMALLOC_START');
  const vmemmap = number('VMEMMAP_START') ?? prog.map.vmemmap;
  const modules = number('MODULES_VADDR');
  return {
    directMap: BigInt.asUintN(64, -(1n << BigInt(prog.map.vaBits))), // PAGE_OFFSET
    ...(vmalloc !== undefined && { vmalloc }),
    ...(vmemmap !== undefined && { vmemmap }),
    ...(modules !== undefined && { modules }),
  };
}
