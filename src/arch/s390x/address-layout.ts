import type { AddressLayout } from '../../program/ports.ts';
import type { Program } from '../../program/program.ts';

/** The kernel lays its address space out when it starts, and keeps the results in variables: arch/s390/boot/startup.c. */
export function s390AddressLayout(prog: Program): AddressLayout {
  const variable = (name: string): bigint | undefined => {
    const symbol = prog.findSymbol(name);
    const bytes = new Uint8Array(8);
    if (!symbol || prog.memory.tryRead(symbol.address, bytes) !== undefined) return undefined;
    return new DataView(bytes.buffer).getBigUint64(0, false);
  };
  const vmalloc = variable('VMALLOC_START');
  const vmemmap = prog.map.vmemmap ?? variable('vmemmap');
  const modules = variable('MODULES_VADDR');
  return {
    directMap: prog.map.directMap(0),
    ...(vmalloc !== undefined && { vmalloc }),
    ...(vmemmap !== undefined && { vmemmap }),
    ...(modules !== undefined && { modules }),
  };
}
