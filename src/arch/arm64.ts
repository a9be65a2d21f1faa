import type { Architecture, TextRelocation } from '../program/ports.ts';
import { armAddressLayout } from './arm64/address-layout.ts';
import { dataReferences } from './arm64/data-references.ts';
import { armKernelMap } from './arm64/kernel-map.ts';
import { recoverArmInfo } from './arm64/recover-vmcoreinfo.ts';
import { ARM_REGISTERS } from './arm64/registers.ts';
import { armUnwind } from './arm64/unwind.ts';

/**
 * Fields of instructions are not computed: calls may lead through veneers. R_AARCH64_MOVW_*, _LD_PREL_LO19,
 * _ADR_PREL_LO21, _ADR_PREL_PG_HI21(_NC), _ADD_ABS_LO12_NC, _LDST*_ABS_LO12_NC, _TSTBR14, _CONDBR19, _JUMP26, _CALL26.
 * Source: ELF for the Arm 64-bit Architecture, "Static AArch64 relocations".
 */
function textRelocations(): Record<number, TextRelocation> {
  const rules: Record<number, TextRelocation> = { 0: { size: 0 }, 256: { size: 0 } };
  rules[257] = { size: 8 };
  rules[258] = { size: 4 };
  rules[260] = { size: 8, relative: true };
  rules[261] = { size: 4, relative: true };
  const masks: readonly (readonly [mask: number, ...types: number[]])[] = [
    [0x607fffe0, 263, 264, 265, 266, 267, 268, 269, 270, 271, 272, 287, 288, 289, 290, 291, 292, 293],
    [0x00ffffe0, 273, 280],
    [0x60ffffe0, 274, 275, 276],
    [0x003ffc00, 277, 278, 284, 285, 286, 299],
    [0x0007ffe0, 279],
    [0x03ffffff, 282, 283],
  ];
  for (const [mask, ...types] of masks) for (const type of types) rules[type] = { size: 4, mask };
  return rules;
}

/** arm64 (AArch64, little-endian): 4, 16 and 64 KiB pages, 39 to 52 address bits, frame-record stacks. */
export const arm64: Architecture = {
  name: 'aarch64',
  elfMachine: 183, // EM_AARCH64
  pointerSize: 8,
  littleEndian: true,
  prstatusSize: 392,
  instructionSet: 'arm64',
  pageSizes: [4096, 16384, 65536],
  vaBits: [36, 39, 42, 47, 48, 52],
  // untagged_addr(), arch/arm64/include/asm/uaccess.h: the top byte goes where bit 55 says that it is of user space
  printedAddress: (address) => ((address >> 55n) & 1n ? address : address & 0x00ff_ffff_ffff_ffffn),
  halfBits: (vaBits) => vaBits, // TTBR0 and TTBR1 have so many each
  recognise: (info) => info.number('kimage_voffset') !== undefined,
  registers: ARM_REGISTERS,
  kernelMap: armKernelMap,
  recoverInfo: recoverArmInfo,
  unwind: armUnwind,
  addressLayout: armAddressLayout,
  // arch/arm64/kernel/sys.c, sys32.c
  systemCallTables: [
    { abi: 'arm64', symbol: 'sys_call_table', users: ['do_el0_svc'] },
    { abi: 'arm', symbol: 'compat_sys_call_table' },
  ],
  cpuInfo: { symbol: 'cpu_data', type: 'struct cpuinfo_arm64' },
  dataReferences,
  // R_AARCH64_NONE, _ABS64, _ABS32, _ABS16, _PREL64, _PREL32. Source: ELF for the Arm 64-bit Architecture, "Relocation".
  relocations: {
    0: { size: 0 },
    256: { size: 0 },
    257: { size: 8 },
    258: { size: 4 },
    259: { size: 2 },
    260: { size: 8, relative: true },
    261: { size: 4, relative: true },
  },
  textRelocations: textRelocations(),
};
