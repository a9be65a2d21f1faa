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
  recognise: (info) => info.number('kimage_voffset') !== undefined,
  registers: ARM_REGISTERS,
  kernelMap: armKernelMap,
  unwind: armUnwind,
  dataReferences,
};
