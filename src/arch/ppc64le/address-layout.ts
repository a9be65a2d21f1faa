import type { Addr } from '../../base/units.ts';
import type { AddressLayout } from '../../program/ports.ts';
import type { Program } from '../../program/program.ts';

/** PAGE_OFFSET: the linear map, the kernel's image at its beginning. */
export const LINEAR_START = 0xc000000000000000n;

/** Where a kernel puts what is not in the linear map. */
export interface VirtualRegions {
  /** Modules, vmalloc and I/O, which the kernel's tables map. */
  readonly vmalloc: Addr;
  readonly vmemmap: Addr;
  /** Exclusive. */
  readonly end: Addr;
}

/** RADIX_KERN_VIRT_START and, with 64 KiB pages, H_KERN_VIRT_START: book3s/64/radix.h, hash-64k.h; regions of 2^49 bytes. */
const WIDE: VirtualRegions = {
  vmalloc: 0xc008000000000000n,
  vmemmap: 0xc00c000000000000n,
  end: 0xc00e000000000000n,
};
/** H_KERN_VIRT_START of hash-4k.h; regions of 2^44 bytes. */
const NARROW: VirtualRegions = {
  vmalloc: 0xc000100000000000n,
  vmemmap: 0xc000300000000000n,
  end: 0xc000400000000000n,
};

/** The regions since Linux 0034d395f89d ("powerpc/mm/hash64: Map all the kernel regions in the same 0xc range"), v5.2. */
export function virtualRegions(radix: boolean, pageShift: number): VirtualRegions {
  return radix || pageShift === 16 ? WIDE : NARROW;
}

/** The parts of the address space. Source: arch/powerpc/include/asm/book3s/64/{radix,hash,hash-4k,hash-64k}.h. */
export function ppcAddressLayout(prog: Program): AddressLayout {
  const beyond = prog.map.linear.at(-1)?.end;
  const wide = beyond !== NARROW.vmalloc;
  const { vmalloc, vmemmap } = wide ? WIDE : NARROW;
  return { directMap: LINEAR_START, vmalloc, vmemmap, kernelText: LINEAR_START, modules: vmalloc };
}
