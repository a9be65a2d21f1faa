import type { AddressLayout } from '../../program/ports.ts';
import type { Program } from '../../program/program.ts';

/** __START_KERNEL_map, Linux arch/x86/include/asm/page_64_types.h. */
const KERNEL_TEXT = 0xffffffff80000000n;
/** KERNEL_IMAGE_SIZE with and without CONFIG_RANDOMIZE_BASE: modules begin behind it. */
const IMAGE_SIZE = { randomized: 0x40000000n, fixed: 0x20000000n } as const;

/**
 * The parts of the address space as Documentation/arch/x86/x86_64/mm.rst lists them; the bases that KASLR moves are variables
 * of the kernel (`page_offset_base`, `vmalloc_base`, `vmemmap_base`; Linux 4fa5662b6b49, v4.17, made them unconditional).
 */
export function x86AddressLayout(prog: Program): AddressLayout {
  const variable = (name: string): bigint | undefined => {
    const symbol = prog.findSymbol(name);
    return symbol && prog.memory.u64(symbol.address);
  };
  const vmalloc = variable('vmalloc_base');
  const vmemmap = variable('vmemmap_base') ?? prog.map.vmemmap;
  const randomized = prog.findSymbol('kaslr_regions') ?? prog.findSymbol('kernel_randomize_memory');
  return {
    directMap: variable('page_offset_base') ?? prog.map.directMap(0),
    ...(vmalloc !== undefined && { vmalloc }),
    ...(vmemmap !== undefined && { vmemmap }),
    kernelText: KERNEL_TEXT,
    modules: KERNEL_TEXT + (randomized || prog.map.kaslrOffset ? IMAGE_SIZE.randomized : IMAGE_SIZE.fixed),
  };
}
