import type { AddressLayout } from '../../program/ports.ts';
import type { Program } from '../../program/program.ts';

/**
 * The parts of the address space as Documentation/arch/riscv/vm-layout.rst lists them. VMCOREINFO states them since
 * riscv has a text of its own in it (arch_crash_save_vmcoreinfo).
 */
export function riscvAddressLayout(prog: Program): AddressLayout {
  const part = (key: string, name: string) => {
    const value = prog.vmcoreinfo.number(name);
    return value === undefined ? {} : { [key]: BigInt.asUintN(64, value) };
  };
  return {
    ...part('directMap', 'PAGE_OFFSET'),
    ...part('vmalloc', 'VMALLOC_START'),
    ...part('vmemmap', 'VMEMMAP_START'),
    ...part('modules', 'MODULES_VADDR'),
    ...part('kernelText', 'KERNEL_LINK_ADDR'),
  };
}
