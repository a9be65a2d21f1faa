/** Where the kernel image is linked: `__START_KERNEL_map`. Source: Linux Documentation/arch/x86/x86_64/mm.rst. */
export const START_KERNEL_MAP = 0xffffffff80000000n;

/**
 * The direct map lies between these, wherever KASLR put it. Source: mm.rst; before Linux d52888aa2753 ("x86/mm: Move LDT
 * remap out of KASLR region on 5-level paging", v4.20) it began where the LDT remap is now, so that is included.
 */
export const DIRECT_MAP_4 = { from: 0xffff880000000000n, to: 0xffffc88000000000n, unmoved: 0xffff888000000000n };
export const DIRECT_MAP_5 = { from: 0xff10000000000000n, to: 0xff91000000000000n, unmoved: 0xff11000000000000n };
