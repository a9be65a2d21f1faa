import type { Architecture } from '../program/ports.ts';
import { loongarchAddressLayout } from './loongarch64/address-layout.ts';
import { CACHED, loongarchKernelMap } from './loongarch64/kernel-map.ts';
import { LOONGARCH_REGISTERS } from './loongarch64/registers.ts';
import { LOONGARCH_RELOCATIONS, loongarchTextRelocations } from './loongarch64/relocations.ts';
import { loongarchUnwind } from './loongarch64/unwind.ts';

/** loongarch64 (LA64, little-endian): direct-mapped windows, 4, 16 and 64 KiB pages. */
export const loongarch64: Architecture = {
  name: 'loongarch64',
  elfMachine: 258, // EM_LOONGARCH
  pointerSize: 8,
  littleEndian: true,
  prstatusSize: 480,
  pageSizes: [4096, 16384, 65536],
  vaBits: [36, 39, 42, 47, 48, 55],
  recognise: (info) => (info.symbol('swapper_pg_dir') ?? 0n) >> 48n === CACHED >> 48n,
  registers: LOONGARCH_REGISTERS,
  kernelMap: loongarchKernelMap,
  unwind: loongarchUnwind,
  addressLayout: loongarchAddressLayout,
  // arch/loongarch/kernel/syscall.c
  systemCallTables: [{ abi: 'loongarch64', symbol: 'sys_call_table' }],
  cpuInfo: { symbol: 'cpu_data', type: 'struct cpuinfo_loongarch' },
  relocations: LOONGARCH_RELOCATIONS,
  textRelocations: loongarchTextRelocations(),
};
