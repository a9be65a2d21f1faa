import assert from 'node:assert/strict';
import { test } from 'node:test';
import { arrayType, u32Type } from '../../test/build/c-types.ts';
import { flatType, KernelMemory } from '../../test/build/kernel-memory.ts';
import type { CType } from '../types/c-type.ts';
import { accessibleBytes, kasanFreed, kasanShadow } from './kasan-shadow.ts';
import { kasanTracks } from './kasan-track.ts';

const OBJECT = 0x40;
const ALLOC_META = 0x60;
const RETURN = 0xffffffff81000010n;

/** A cache of a kernel with KASAN, an object of it, and a depot with one pool. Its shadow lies `shadow` beyond an eighth. */
function kernel(shadowed = true) {
  const memory = new KernelMemory();
  const track = flatType('kasan_track', 8, { pid: [0, 4], stack: [4, 4] });
  memory.type('kasan_track', 8, { pid: [0, 4], stack: [4, 4] });
  memory.type('kasan_cache', 8, { alloc_meta_offset: [0, 4], free_meta_offset: [4, 4] });
  memory.type('kmem_cache', 256, { kasan_info: 0x70 });
  memory.type('kasan_alloc_meta', 16, { alloc_track: [0, track], aux_stack: [8, arrayType(u32Type, 2)] });
  memory.type('kasan_free_meta', 16, { free_track: [8, track] });
  memory.type('stack_record', 600, { size: [16, 4], handle: [20, 4], entries: 24 });
  const bits = (offset: number, bit: number, bitSize: number) => ({ offset, type: u32Type, bit, bitSize });
  const parts = flatType('handle_parts', 4, {});
  const fields = { pool_index_plus_1: bits(0, 0, 17), offset: bits(0, 17, 10) };
  const places: Readonly<Record<string, ReturnType<typeof bits>>> = fields;
  const union: CType = { ...parts, resolve: () => union, findMember: (path) => places[path] };
  memory.kernel.type(union);
  const pools = memory.symbol('stack_pools', memory.alloc(64), 64);
  const pool = memory.alloc(8192, 4096);
  memory.u64(pools, pool);
  const stack = (place: number, pc: bigint): number => {
    const at = pool + BigInt(place * 16);
    const handle = 1 + place * 2 ** 17;
    memory.u32(at + 16n, 2);
    memory.u32(at + 20n, handle);
    memory.u64(at + 24n, pc);
    memory.u64(at + 32n, pc + 0x100n);
    return handle;
  };
  const cache = memory.alloc(256);
  memory.u32(cache + 0x70n, ALLOC_META);
  const object = memory.alloc(256, 4096);
  memory.u32(object + BigInt(ALLOC_META), 225);
  memory.u32(object + BigInt(ALLOC_META + 4), stack(0, RETURN));
  memory.u32(object + BigInt(ALLOC_META + 8), stack(40, RETURN + 0x40n));
  memory.u32(object + 8n, 7);
  memory.u32(object + 12n, stack(80, RETURN + 0x80n));
  const shadow = memory.alloc(4096, 4096);
  const asArch = { kasanShadowOffset: shadow - (object >> 3n) };
  const program = () => {
    const prog = memory.program();
    return shadowed ? Object.assign(prog, { arch: { ...prog.arch, ...asArch } }) : prog;
  };
  return { memory, cache, object, shadow, program };
}

test('a freed object has its free track while the shadow says so', () => {
  const { memory, cache, object, shadow, program } = kernel();
  memory.bytes(shadow, Uint8Array.of(0xfa, 0xfb, 0xfb, 0xfb, 0xfb, 0xfb, 0xfb, 0xfb, 0xfc));
  const prog = program();
  assert.equal(kasanFreed(prog, object), true);
  assert.deepEqual(kasanShadow(prog, object + BigInt(OBJECT)), { byte: 0xfc, meaning: 'slab-redzone' });
  assert.deepEqual(
    kasanTracks(prog, cache, object).map((t) => [t.what, t.pid, t.caller, t.stack.length]),
    [
      ['allocated', 225, RETURN, 2],
      ['deferred', -1, RETURN + 0x40n, 2],
      ['freed', 7, RETURN + 0x80n, 2],
    ],
  );
  memory.u8(shadow, 0xfb); // it left the quarantine
  assert.deepEqual(
    kasanTracks(prog, cache, object).map((t) => t.what),
    ['allocated', 'deferred'],
  );
});

test('an object in use tells how much of it was asked for', () => {
  const { memory, cache, object, shadow, program } = kernel();
  memory.bytes(shadow, Uint8Array.of(0, 0, 0, 0, 0, 3, 0xfc, 0xfc));
  const prog = program();
  assert.equal(kasanFreed(prog, object), false);
  assert.equal(accessibleBytes(prog, object, OBJECT), 43);
  assert.deepEqual(kasanShadow(prog, object + 40n), { byte: 3, meaning: 'partial' });
  assert.ok(!kasanTracks(prog, cache, object).some((t) => t.what === 'freed'));
});

test('without a shadow nothing is said of it, and offsets that mean none give no track', () => {
  const { memory, cache, object, program } = kernel(false);
  const prog = program();
  assert.equal(kasanShadow(prog, object), undefined);
  assert.equal(kasanFreed(prog, object), undefined);
  assert.equal(kasanTracks(prog, cache, object).length, 3);
  memory.u32(cache + 0x70n, 0);
  memory.u32(cache + 0x74n, 0x7fffffff);
  assert.deepEqual(kasanTracks(prog, cache, object), []);
});
