import type { Architecture } from '../program/ports.ts';
import { dataReferences } from './arm64/data-references.ts';
import { armKernelMap } from './arm64/kernel-map.ts';
import { ARM_REGISTERS } from './arm64/registers.ts';
import { armUnwind } from './arm64/unwind.ts';

/** arm64 (AArch64, little-endian): 4, 16 and 64 KiB pages, 39 to 52 address bits, frame-record stacks. */
export const arm64: Architecture = {
  name: 'aarch64',
  elfMachine: 183, // EM_AARCH64
  pointerSize: 8,
  littleEndian: true,
  instructionSet: 'arm64',
  pageSizes: [4096, 16384, 65536],
  vaBits: [36, 39, 42, 47, 48, 52],
  recognise: (info) => info.number('kimage_voffset') !== undefined,
  registers: ARM_REGISTERS,
  kernelMap: armKernelMap,
  unwind: armUnwind,
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
};
