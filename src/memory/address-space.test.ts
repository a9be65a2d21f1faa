import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type FaultReason, MemoryFault } from '../base/errors.ts';
import { AddressSpace } from './address-space.ts';
import { type Chunk, chunkOf, type PhysicalMemory, readByChunks } from './physical.ts';

/** Physical memory of 4 KiB pages at given places; each byte is the low byte of its physical address, plus a page salt. */
function memoryOf(pages: readonly number[]): PhysicalMemory & { asked: number[] } {
  const chunks = new Map<number, Chunk>();
  for (const start of pages)
    chunks.set(
      start,
      chunkOf(
        start,
        Uint8Array.from({ length: 4096 }, (_, i) => (start / 4096 + i) & 0xff),
      ),
    );
  const asked: number[] = [];
  const memory = {
    asked,
    chunk(at: number): Chunk | FaultReason {
      asked.push(at);
      return chunks.get(Math.floor(at / 4096) * 4096) ?? 'excluded';
    },
    read: (at: number, into: Uint8Array): FaultReason | undefined => readByChunks(memory, at, into),
    ranges: () => [],
  };
  return memory;
}

const BASE = 0xffff888000000000n;

/** Virtual page n is at the n-th physical page of the list. */
function space(
  physical: PhysicalMemory,
  pages: readonly number[],
  littleEndian = true,
  pointerSize: 4 | 8 = 8,
): AddressSpace {
  return new AddressSpace(
    physical,
    (at) => {
      const page = pages[Number((at - BASE) >> 12n)];
      const off = Number(at & 0xfffn);
      return at < BASE || page === undefined ? 'unmapped' : { phys: page + off, size: 4096 - off };
    },
    littleEndian,
    pointerSize,
  );
}

test('values of every width, in both byte orders', () => {
  const pages = [0x3000];
  const physical = memoryOf(pages);
  const le = space(physical, pages);
  assert.equal(le.u8(BASE + 1n), 4);
  assert.equal(le.u16(BASE), 0x0403);
  assert.equal(le.u32(BASE), 0x06050403);
  assert.equal(le.u64(BASE), 0x0a09080706050403n);
  const be = space(physical, pages, false, 4);
  assert.equal(be.u32(BASE), 0x03040506);
  assert.equal(be.ulong(BASE), 0x03040506n);
});

test('a value across two pages that are not neighbours in physical memory', () => {
  const pages = [0x7000, 0x2000];
  const s = space(memoryOf(pages), pages);
  assert.equal(s.u32(BASE + 0xffen), 0x03020605);
  assert.equal(s.u64(BASE + 0xffcn), 0x0504030206050403n);
  assert.deepEqual([...s.bytes(BASE + 0xfffn, 2)], [6, 2]);
});

test('repeated reads ask the dump once', () => {
  const pages = [0x1000];
  const physical = memoryOf(pages);
  const s = space(physical, pages);
  for (let i = 0n; i < 100n; i++) s.u8(BASE + i);
  assert.equal(physical.asked.length, 1);
});

test('each fault says its reason and its address', () => {
  const pages = [0x1000, 0x9000];
  const s = space(memoryOf([0x1000]), pages);
  const reason = (f: () => unknown): [FaultReason, bigint] | undefined => {
    try {
      f();
    } catch (e) {
      if (e instanceof MemoryFault) return [e.reason, e.address];
      throw e;
    }
    return undefined;
  };
  assert.deepEqual(
    reason(() => s.u8(BASE + 0x1008n)),
    ['excluded', BASE + 0x1008n],
  );
  assert.deepEqual(
    reason(() => s.u64(BASE + 0xffcn)),
    ['excluded', BASE + 0xffcn],
  );
  assert.deepEqual(
    reason(() => s.u32(0x10n)),
    ['unmapped', 0x10n],
  );
  assert.deepEqual(
    reason(() => s.u8(1n << 64n)),
    ['non-canonical', 1n << 64n],
  );
  assert.equal(s.tryRead(0xfffffffffffffffen, new Uint8Array(8)), 'unmapped');
});

test('what is there of a range is kept, what is missing stays zero', () => {
  const pages = [0x1000, 0x9000, 0x2000];
  const s = space(memoryOf([0x1000, 0x2000]), pages);
  const into = new Uint8Array(3 * 4096).fill(7);
  assert.equal(s.readWhatIsThere(BASE, into), 8192);
  assert.equal(into[0], 1);
  assert.equal(into[4096], 0);
  assert.equal(into[8191], 0);
  assert.equal(into[8192], 2);
});

test('strings stop at NUL, at the limit and at the end of what is mapped', () => {
  const text = new Uint8Array(4096).fill(0x41);
  text[10] = 0;
  const physical: PhysicalMemory = {
    chunk: (at) => (at < 4096 ? chunkOf(0, text) : 'not-in-dump'),
    read: (at, into) => readByChunks(physical, at, into),
    ranges: () => [],
  };
  const s = space(physical, [0, 0x1000]);
  assert.equal(s.cString(BASE), 'AAAAAAAAAA');
  assert.equal(s.cString(BASE + 11n, 5), 'AAAAA');
  assert.equal(s.cString(BASE + 4090n), 'AAAAAA');
  assert.throws(() => s.cString(BASE + 4096n), MemoryFault);
});
