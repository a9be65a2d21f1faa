import type { Addr } from '../../base/units.ts';
import type { AddressLayout } from '../../program/ports.ts';
import type { Program } from '../../program/program.ts';

/** PAGE_OFFSET: the linear map, the kernel's image at its beginning. */
export const LINEAR_START = 0xc000000000000000n;

/** Where a kernel puts what is not in the linear map. */
export interface VirtualRegions {
  /** Modules, vmalloc and behind them I/O, which the kernel's tables map. */
  readonly vmalloc: Addr;
  readonly vmemmap: Addr;
  /** Exclusive. */
  readonly end: Addr;
}

/** Three regions of the same size: vmalloc, I/O, page descriptors. */
function regions(start: Addr, shift: bigint): VirtualRegions {
  return { vmalloc: start, vmemmap: start + (2n << shift), end: start + (3n << shift) };
}

/** RADIX_KERN_VIRT_START and, with 64 KiB pages, H_KERN_VIRT_START: book3s/64/radix.h, hash-64k.h. */
const WIDE = regions(0xc008000000000000n, 49n);
/** H_KERN_VIRT_START of hash-4k.h in kernels of today, and as it was before. */
const NARROW = [regions(0xc0003d0000000000n, 40n), regions(0xc000100000000000n, 44n)];

/**
 * Where the regions may be, the likeliest first. They are of the same part of the address space since Linux 0034d395f89d
 * ("powerpc/mm/hash64: Map all the kernel regions in the same 0xc range"), v5.2.
 */
export function virtualRegions(radix: boolean, pageShift: number): readonly [VirtualRegions, ...VirtualRegions[]] {
  return radix || pageShift === 16 ? [WIDE] : (NARROW as [VirtualRegions, ...VirtualRegions[]]);
}

/** The parts of the address space. Source: arch/powerpc/include/asm/book3s/64/{radix,hash,hash-4k,hash-64k}.h. */
export function ppcAddressLayout(prog: Program): AddressLayout {
  const behind = prog.map.linear.at(-1)?.end;
  const { vmalloc, vmemmap } = NARROW.find((r) => r.vmalloc === behind) ?? WIDE;
  return { directMap: LINEAR_START, vmalloc, vmemmap, kernelText: LINEAR_START, modules: vmalloc };
}
