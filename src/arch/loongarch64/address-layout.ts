import type { AddressLayout } from '../../program/ports.ts';
import type { Program } from '../../program/program.ts';
import { CACHED } from './kernel-map.ts';

/** VMLINUX_LOAD_ADDRESS: where the kernel is linked, Linux arch/loongarch/Makefile. */
const LINKED = 0x9000000000200000n;

/** The parts of the address space: Linux arch/loongarch/include/asm/pgtable.h. */
export function loongarchAddressLayout(prog: Program): AddressLayout {
  const { vmemmap } = prog.map;
  return { directMap: CACHED, kernelText: LINKED, ...(vmemmap !== undefined && { vmemmap }) };
}
