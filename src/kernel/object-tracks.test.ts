import assert from 'node:assert/strict';
import { test } from 'node:test';
import { arrayType, u32Type } from '../../test/build/c-types.ts';
import { flatType, KernelMemory } from '../../test/build/kernel-memory.ts';
import { objectTracks } from './object-tracks.ts';
import type { SlabCache } from './slab-cache.ts';

/** An object of a cache with slub_debug=U whose tracks say "allocated by pid 5, freed by pid 6"; KASAN's by pid 225. */
function both(kasan: boolean) {
  const memory = new KernelMemory();
  memory.type('track', 32, { addr: 0, handle: [8, 4], cpu: [12, 4], pid: [16, 4], when: 24 });
  memory.type('kmem_cache', 256, {
    kasan_info: 0x70,
    list: 0,
    name: 16,
    size: [24, 4],
    object_size: [28, 4],
    node: 64,
  });
  const object = memory.alloc(256, 4096);
  const caller = 0xffffffff81000010n;
  for (const [i, pid] of [5, 6].entries()) {
    memory.u64(object + BigInt(128 + i * 32), caller);
    memory.u32(object + BigInt(128 + i * 32 + 16), pid);
  }
  const address = memory.alloc(256);
  if (kasan) {
    const track = flatType('kasan_track', 8, { pid: [0, 4], stack: [4, 4] });
    memory.type('kasan_track', 8, { pid: [0, 4], stack: [4, 4] });
    memory.type('kasan_cache', 8, { alloc_meta_offset: [0, 4] });
    memory.type('kasan_alloc_meta', 16, { alloc_track: [0, track], aux_stack: [8, arrayType(u32Type, 2)] });
    memory.type('stack_record', 64, { size: [16, 4], entries: 24 });
    const bits = (bit: number, bitSize: number) => ({ offset: 0, type: u32Type, bit, bitSize });
    const union = {
      ...flatType('handle_parts', 4, {}),
      findMember: (path: string) => ({ pool_index_plus_1: bits(0, 17), offset: bits(17, 10) })[path],
      resolve: () => union,
    } as ReturnType<typeof flatType>;
    memory.kernel.type(union);
    const pool = memory.alloc(4096, 4096);
    memory.u64(memory.symbol('stack_pools', memory.alloc(64), 64), pool);
    memory.u32(pool + 16n, 1);
    memory.u64(pool + 24n, caller);
    memory.u32(address + 0x70n, 64);
    memory.u32(object + 64n, 225);
    memory.u32(object + 68n, 1);
  }
  const cache = { address, flags: 0xffffffff, inUse: 128, freePointer: 0 } as SlabCache;
  return objectTracks(memory.program(), cache, object).map((t) => `${t.what} ${t.pid}`);
}

test("KASAN's tracks are those of the object's present life; the allocator's may be older", () => {
  assert.deepEqual(both(true), ['allocated 225']);
  assert.deepEqual(both(false), ['allocated 5', 'freed 6']);
});
