import type { Architecture } from '../program/ports.ts';
import { x86KernelMap } from './x86-64/kernel-map.ts';
import { X86_REGISTERS } from './x86-64/registers.ts';
import { x86Unwind } from './x86-64/unwind.ts';

/** x86-64, Intel and AMD: 4- and 5-level paging, ORC stacks. */
export const x86_64: Architecture = {
  name: 'x86_64',
  elfMachine: 62, // EM_X86_64
  pointerSize: 8,
  littleEndian: true,
  recognise: (info) =>
    info.number('phys_base') !== undefined ||
    info.number('pgtable_l5_enabled') !== undefined ||
    info.symbol('init_top_pgt') !== undefined,
  registers: X86_REGISTERS,
  kernelMap: x86KernelMap,
  unwind: x86Unwind,
};
