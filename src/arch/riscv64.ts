import type { Architecture } from '../program/ports.ts';
import { riscvAddressLayout } from './riscv64/address-layout.ts';
import { riscvKernelMap } from './riscv64/kernel-map.ts';
import { recoverRiscvInfo } from './riscv64/recover-vmcoreinfo.ts';
import { RISCV_REGISTERS } from './riscv64/registers.ts';
import { RISCV_RELOCATIONS, riscvTextRelocations } from './riscv64/relocations.ts';
import { riscvUnwind } from './riscv64/unwind.ts';

/** riscv64 (RV64, little-endian): Sv39, Sv48 and Sv57, stacks by frame pointers. */
export const riscv64: Architecture = {
  name: 'riscv64',
  elfMachine: 243, // EM_RISCV
  pointerSize: 8,
  littleEndian: true,
  prstatusSize: 376,
  instructionSet: 'riscv64',
  pageSizes: [4096],
  vaBits: [39, 48, 57],
  halfBits: (vaBits) => vaBits - 1, // privileged specification, 4.4: bits above are copies of the highest
  recognise: (info) => info.number('phys_ram_base') !== undefined || info.number('va_kernel_pa_offset') !== undefined,
  registers: RISCV_REGISTERS,
  kernelMap: riscvKernelMap,
  recoverInfo: recoverRiscvInfo,
  unwind: riscvUnwind,
  addressLayout: riscvAddressLayout,
  // arch/riscv/kernel/syscall_table.c, compat_syscall_table.c
  systemCallTables: [
    { abi: 'riscv64', symbol: 'sys_call_table' },
    { abi: 'riscv32', symbol: 'compat_sys_call_table' },
  ],
  cpuInfo: { symbol: 'riscv_cpuinfo', type: 'struct riscv_cpuinfo' },
  relocations: RISCV_RELOCATIONS,
  textRelocations: riscvTextRelocations(),
};
