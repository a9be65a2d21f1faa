import type { Architecture } from '../program/ports.ts';
import { s390AddressLayout } from './s390x/address-layout.ts';
import { s390KernelMap } from './s390x/kernel-map.ts';
import { recoverS390Info } from './s390x/recover-vmcoreinfo.ts';
import { S390_REGISTERS } from './s390x/registers.ts';
import { s390Unwind } from './s390x/unwind.ts';
import { s390Vmcoreinfo } from './s390x/vmcoreinfo.ts';

/** IBM Z, 64 bits, big-endian: 4 KiB pages, region and segment tables, back chains. */
export const s390x: Architecture = {
  name: 's390x',
  elfMachine: 22, // EM_S390
  pointerSize: 8,
  littleEndian: false,
  prstatusSize: 336,
  kernelStart: 0x2000n, // behind the lowcore: kernel and processes have address spaces of their own
  instructionSet: 's390x',
  pageSizes: [4096],
  vaBits: [42, 53],
  recognise: (info) => info.symbol('lowcore_ptr') !== undefined,
  registers: S390_REGISTERS,
  vmcoreinfo: s390Vmcoreinfo,
  kernelMap: s390KernelMap,
  recoverInfo: recoverS390Info,
  unwind: s390Unwind,
  addressLayout: s390AddressLayout,
  // arch/s390/kernel/syscall.c; compatibility with 31 bits up to v6.18
  systemCallTables: [
    { abi: 's390x', symbol: 'sys_call_table' },
    { abi: 's390', symbol: 'sys_call_table_emu' },
  ],
  cpuInfo: { symbol: 'cpu_info', type: 'struct cpu_info' },
  // PG_DIRECT_MAP_4K, _1M, _2G: arch/s390/include/asm/pgtable.h
  directPages: [
    { kib: 4, index: 0 },
    { kib: 1024, index: 1 },
    { kib: 2097152, index: 2 },
  ],
  // R_390_NONE, _8, _16, _32, _PC32, _PC16, _64, _PC64. Source: S/390 ELF ABI supplement, "Relocation Types".
  relocations: {
    0: { size: 0 },
    1: { size: 1 },
    3: { size: 2 },
    4: { size: 4 },
    5: { size: 4, relative: true },
    16: { size: 2, relative: true },
    22: { size: 8 },
    23: { size: 8, relative: true },
  },
  // Those of addresses, and of branches and relative loads, which count in halfwords: _PC16DBL, _PLT16DBL, _PC32DBL,
  // _PLT32DBL, _GOTENT; and displacements of 12 and 20 bits, _12, _20.
  textRelocations: {
    0: { size: 0 },
    4: { size: 4 },
    5: { size: 4, relative: true },
    17: { size: 2, mask: 0xffff },
    18: { size: 2, mask: 0xffff },
    19: { size: 4, mask: 0xffffffff },
    20: { size: 4, mask: 0xffffffff },
    22: { size: 8 },
    26: { size: 4, mask: 0xffffffff },
  },
};
