import type { Addr } from '../base/units.ts';
import type { Program } from '../program/program.ts';
import { isKernelPointer } from './kernel-struct.ts';
import { findStruct, structAt } from './module-struct.ts';

/** A part of a device-mapper device, `struct dm_target`. Sectors of 512 bytes. */
export interface MapperTarget {
  /** `linear`, `crypt`, `multipath`, `thin` ... */
  readonly type: string;
  readonly begin: bigint;
  readonly length: bigint;
}

const MAX_TARGETS = 4096;
const MAX_NAME = 128; // DM_NAME_LEN, include/uapi/linux/dm-ioctl.h

/**
 * Name of a device, as /dev/mapper has it: `vg-root`; undefined for one that is being removed, and where the driver's types do not
 * tell it. @param mapped `struct mapped_device *` @throws MemoryFault
 */
export function mapperName(prog: Program, mapped: Addr): string | undefined {
  if (!findStruct(prog, 'mapped_device')?.findMember('interface_ptr') || !findStruct(prog, 'hash_cell'))
    return undefined;
  const cell = structAt(prog, 'mapped_device', mapped).get('interface_ptr').toBigInt();
  if (!isKernelPointer(prog, cell)) return undefined;
  const names = structAt(prog, 'hash_cell', cell);
  return names.get('md').toBigInt() === mapped ? names.get('name').toText(MAX_NAME) : undefined;
}

/** @param mapped `struct mapped_device *` @throws NotFoundError when the driver's types are unknown; MemoryFault */
export function mapperTargets(prog: Program, mapped: Addr): MapperTarget[] {
  const map = structAt(prog, 'mapped_device', mapped).get('map').toBigInt();
  if (!isKernelPointer(prog, map)) return []; // it has no table yet
  const table = structAt(prog, 'dm_table', map);
  const count = Math.min(table.get('num_targets').toNumber(), MAX_TARGETS);
  const first = table.get('targets').toBigInt();
  const size = structAt(prog, 'dm_target', first).type.size;
  return Array.from({ length: count }, (_, i) => {
    const target = structAt(prog, 'dm_target', first + BigInt(i * size));
    const type = structAt(prog, 'target_type', target.get('type').toBigInt());
    return {
      type: type.get('name').toText(64),
      begin: target.get('begin').toBigInt(),
      length: target.get('len').toBigInt(),
    };
  });
}
