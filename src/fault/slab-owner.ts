import type { Addr } from '../base/units.ts';
import { cacheType } from '../kernel/cache-type.ts';
import { findSlabCache } from '../kernel/slab-cache.ts';
import { slabCacheOf } from '../kernel/slab-cache-of.ts';
import type { CType } from '../types/c-type.ts';
import type { FaultFrame } from './fault-frame.ts';
import { pointedStruct } from './member-at.ts';
import { parametersOf } from './parameters.ts';

/** Of an object that is given to the slab allocator the size that its cache, given too, has. */
export function passedCache(frame: FaultFrame): { least: number; most: number } | undefined {
  const { prog } = frame.context;
  const { code, index, origins } = frame;
  const callee = code.callee(index);
  const symbol = callee && 'address' in callee ? prog.symbolAt(callee.address) : undefined;
  const parameters = symbol ? parametersOf(prog, symbol) : [];
  const n = parameters.findIndex((p) => pointedStruct(p.type)?.name === 'kmem_cache');
  const place = code.machine.arguments[n];
  const cache = place === undefined ? undefined : frame.value(origins.of(place, index));
  const member = prog.findMember('kmem_cache', 'object_size');
  const size = cache === undefined || !member ? undefined : frame.read(cache + BigInt(member.offset), 4);
  return size === undefined || size === 0n ? undefined : { least: Number(size) - 63, most: Number(size) };
}

/** A cache of one type has objects of its size; one for `kmalloc` those up to its size. */
export function sizesOf({ name, objectSize }: { name: string; objectSize: number }): { least: number; most: number } {
  const shared = /^(?:dma-|rcl-)?kmalloc-/.test(name);
  return { least: shared ? objectSize / 2 + 1 : objectSize - 63, most: objectSize };
}

/** The slab cache of an object. */
export interface SlabOwner {
  readonly name: string;
  readonly objectSize: number;
  /** Of its objects, where its name tells it. */
  readonly type?: CType | undefined;
}

/** The slab cache whose page holds an address. */
export function slabOf(frame: FaultFrame, at: Addr): SlabOwner | undefined {
  const { prog } = frame.context;
  const name = frame.attempt(() => slabCacheOf(prog, at));
  if (name === undefined) return undefined;
  const cache = frame.attempt(() => findSlabCache(prog, name));
  const type = cache && frame.attempt(() => cacheType(prog, cache));
  return {
    name,
    objectSize: cache?.objectSize ?? 0,
    type,
  };
}
