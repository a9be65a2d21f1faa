import type { Architecture } from '../program/ports.ts';
import { x86AddressLayout } from './x86-64/address-layout.ts';
import { x86InterruptVectors } from './x86-64/interrupt-vectors.ts';
import { x86KernelMap } from './x86-64/kernel-map.ts';
import { recoverX86Info } from './x86-64/recover-vmcoreinfo.ts';
import { X86_REGISTERS } from './x86-64/registers.ts';
import { x86Unwind } from './x86-64/unwind.ts';

/** x86-64, Intel and AMD: 4- and 5-level paging, ORC stacks. */
export const x86_64: Architecture = {
  name: 'x86_64',
  elfMachine: 62, // EM_X86_64
  pointerSize: 8,
  littleEndian: true,
  prstatusSize: 336,
  instructionSet: 'x86-64',
  pageSizes: [4096],
  vaBits: [48, 57],
  halfBits: (vaBits) => vaBits - 1, // Intel SDM volume 1, 3.3.7.1, "Canonical Addressing"
  recognise: (info) =>
    info.number('phys_base') !== undefined ||
    info.number('pgtable_l5_enabled') !== undefined ||
    info.symbol('init_top_pgt') !== undefined,
  registers: X86_REGISTERS,
  kernelMap: x86KernelMap,
  recoverInfo: recoverX86Info,
  unwind: x86Unwind,
  addressLayout: x86AddressLayout,
  kasanShadowOffset: 0xdffffc0000000000n, // arch/x86/Kconfig, of 4- and 5-level tables alike
  interruptVectors: x86InterruptVectors,
  // arch/x86/entry/syscall_64.c, syscall_32.c
  systemCallTables: [
    { abi: '64', symbol: 'sys_call_table' },
    { abi: 'i386', symbol: 'ia32_sys_call_table' },
    { abi: 'x32', symbol: 'x32_sys_call_table' },
  ],
  cpuInfo: { symbol: 'cpu_info', type: 'struct cpuinfo_x86' },
  // R_X86_64_NONE, _64, _PC32, _32, _32S, _PC64. Source: System V ABI, AMD64 supplement, "Relocation Types".
  relocations: {
    0: { size: 0 },
    1: { size: 8 },
    2: { size: 4, relative: true },
    10: { size: 4 },
    11: { size: 4 },
    24: { size: 8, relative: true },
  },
  // The same, R_X86_64_PLT32, and R_X86_64_GOTPCREL, _GOTPCRELX, _REX_GOTPCRELX.
  textRelocations: {
    0: { size: 0 },
    1: { size: 8 },
    2: { size: 4, relative: true },
    4: { size: 4, relative: true },
    9: { size: 4, mask: 0xffffffff },
    10: { size: 4 },
    11: { size: 4 },
    24: { size: 8, relative: true },
    41: { size: 4, mask: 0xffffffff },
    42: { size: 4, mask: 0xffffffff },
  },
};
