import { addrAdd } from '../base/u64.ts';
import type { Addr, Bytes } from '../base/units.ts';
import type { Program } from '../program/program.ts';
import { enumerators } from './enumerators.ts';
import type { SlabCache } from './slab-cache.ts';
import { slabCacheLayout } from './slab-layout.ts';

/** Bytes that slab debugging writes (include/linux/poison.h). */
const POISON_FREE = 0x6b;
const POISON_END = 0xa5;
const RED_INACTIVE = 0xbb;
const RED_ACTIVE = 0xcc;

/** What slab debugging left in and around an object. */
export interface SlabPoison {
  /** Whether the cache poisons free objects (`slub_debug=P`). */
  readonly kept: boolean;
  /** How many bytes from the beginning hold the pattern of a free object. */
  readonly freeBytes: Bytes;
  /** First byte of a free object that is not what the allocator wrote, where most of it is. */
  readonly writtenAt?: Bytes;
  /** Red zones around it: `free`, `in use`, or damaged; absent where the cache has none. */
  readonly redZone?: { readonly left: RedZone; readonly right: RedZone };
}

export type RedZone = 'free' | 'in use' | 'damaged' | 'none';

const MAX_OBJECT = 1 << 20;

/** Reads poison and red zones. Undefined when the object cannot be read. @param object behind the left red zone */
export function slabPoison(prog: Program, cache: SlabCache, object: Addr): SlabPoison | undefined {
  if (cache.objectSize > MAX_OBJECT) return undefined;
  const bytes = new Uint8Array(cache.objectSize);
  if (prog.memory.tryRead(object, bytes)) return undefined;
  const bit = enumerators(prog, '_slab_flag_bits').get('_SLAB_POISON') ?? 11;
  const kept = ((cache.flags >>> bit) & 1) === 1;
  // a free pointer may lie inside where nothing is poisoned; where it is, the pointer is behind the object
  const differs = (i: number): boolean => bytes[i] !== (i === bytes.length - 1 ? POISON_END : POISON_FREE);
  let freeBytes = 0;
  let count = 0;
  for (let i = 0; i < bytes.length; i++) if (!differs(i)) count++;
  while (freeBytes < bytes.length && !differs(freeBytes)) freeBytes++;
  const mostly = count > bytes.length / 2;
  return {
    kept,
    freeBytes,
    ...(mostly && freeBytes < bytes.length && { writtenAt: freeBytes }),
    ...redZones(prog, cache, object),
  };
}

function redZones(prog: Program, cache: SlabCache, object: Addr): Pick<SlabPoison, 'redZone'> {
  if (((cache.flags >>> slabCacheLayout(prog).redZoneBit) & 1) === 0) return {};
  const left = zone(prog, addrAdd(object, -cache.leftPad), cache.leftPad);
  const right = zone(prog, addrAdd(object, cache.objectSize), Math.max(0, cache.inUse - cache.objectSize));
  return { redZone: { left, right } };
}

function zone(prog: Program, at: Addr, size: Bytes): RedZone {
  if (size <= 0 || size > MAX_OBJECT) return 'none';
  const bytes = new Uint8Array(size);
  if (prog.memory.tryRead(at, bytes)) return 'none';
  if (bytes.every((b) => b === RED_INACTIVE)) return 'free';
  return bytes.every((b) => b === RED_ACTIVE) ? 'in use' : 'damaged';
}
