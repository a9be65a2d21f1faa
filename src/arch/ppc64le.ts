import type { Architecture } from '../program/ports.ts';
import { ppcAddressLayout } from './ppc64le/address-layout.ts';
import { ppcKernelMap } from './ppc64le/kernel-map.ts';
import { recoverPpcInfo } from './ppc64le/recover-vmcoreinfo.ts';
import { PPC_REGISTERS } from './ppc64le/registers.ts';
import { ppcUnwind } from './ppc64le/unwind.ts';

/** Power, 64-bit little-endian server kernels: radix tree or hashed page table, 4 and 64 KiB pages, ABI version 2. */
export const ppc64le: Architecture = {
  name: 'ppc64le',
  elfMachine: 21, // EM_PPC64
  pointerSize: 8,
  littleEndian: true,
  prstatusSize: 504,
  instructionSet: 'ppc64le',
  pageSizes: [4096, 65536],
  vaBits: [52],
  recognise: (info) => info.symbol('cur_cpu_spec') !== undefined || info.symbol('mmu_psize_defs') !== undefined,
  registers: PPC_REGISTERS,
  kernelMap: ppcKernelMap,
  recoverInfo: recoverPpcInfo,
  unwind: ppcUnwind,
  addressLayout: ppcAddressLayout,
  // arch/powerpc/kernel/systbl.c
  systemCallTables: [
    { abi: 'ppc64', symbol: 'sys_call_table' },
    { abi: 'ppc', symbol: 'compat_sys_call_table' },
  ],
  // MMU_PAGE_4K, _64K, _2M, _1G: arch/powerpc/include/asm/mmu.h
  directPages: [
    { kib: 4, index: 0 },
    { kib: 64, index: 2 },
    { kib: 2048, index: 7 },
    { kib: 1048576, index: 13 },
  ],
  // R_PPC64_NONE, _ADDR32, _REL32, _ADDR64, _REL64. Source: 64-bit ELF V2 ABI for Power, 3.5 "Relocation Types".
  relocations: {
    0: { size: 0 },
    1: { size: 4 },
    26: { size: 4, relative: true },
    38: { size: 8 },
    44: { size: 8, relative: true },
  },
};
