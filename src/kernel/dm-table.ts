import type { Addr } from '../base/units.ts';
import type { Program } from '../program/program.ts';
import { isKernelPointer } from './kernel-struct.ts';
import { structAt } from './module-struct.ts';

/** A part of a device-mapper device, `struct dm_target`. Sectors of 512 bytes. */
export interface MapperTarget {
  /** `linear`, `crypt`, `multipath`, `thin` ... */
  readonly type: string;
  readonly begin: bigint;
  readonly length: bigint;
}

const MAX_TARGETS = 4096;

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
