import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KernelMemory } from '../../test/build/kernel-memory.ts';
import { MemorySearch } from './search-memory.ts';
import { type Pattern, textPattern, unitPattern } from './search-pattern.ts';

const TEXT = new TextEncoder().encode('needle');

function found(memory: KernelMemory, pattern: Pattern, start: bigint, end: bigint, most = 100): MemorySearch {
  const prog = memory.program();
  const search = new MemorySearch(prog, pattern, most);
  search.run({ kind: 'kernel', areas: [], translate: prog.map.translate, problems: [] }, [{ start, end }]);
  return search;
}

function addresses(search: MemorySearch): bigint[] {
  return search.hits.map((hit) => hit.address);
}

test('words are found by all of their bits that the mask leaves', () => {
  const memory = new KernelMemory();
  const page = memory.allocPage();
  memory.u64(page + 8n, 0x1122334455667788n);
  memory.u64(page + 24n, 0x1122334400007788n);
  memory.u64(page + 36n, 0x1122334455667788n); // not aligned
  const end = page + 4096n;
  assert.deepEqual(addresses(found(memory, unitPattern([0x1122334455667788n], 8, 0n), page, end)), [page + 8n]);
  const masked = found(memory, unitPattern([0x1122334455667788n], 8, 0xffff0000n), page, end);
  assert.deepEqual(addresses(masked), [page + 8n, page + 24n]);
  assert.equal(masked.hits[1]?.value, 0x1122334400007788n);
});

test('units of 4 and 2 bytes, and which of several values it is', () => {
  const memory = new KernelMemory();
  const page = memory.allocPage();
  memory.u32(page + 4n, 0xdeadbeef);
  memory.u16(page + 10n, 0xcafe);
  const words = found(memory, unitPattern([1n, 0xdeadbeefn], 4, 0n), page, page + 64n);
  assert.deepEqual(words.hits, [{ address: page + 4n, target: 1, value: 0xdeadbeefn }]);
  assert.deepEqual(addresses(found(memory, unitPattern([0xcafen], 2, 0n), page, page + 64n)), [page + 10n]);
});

test('a text is found once, also where it crosses pages and blocks', () => {
  const memory = new KernelMemory();
  const size = 0x80000;
  const start = memory.alloc(size, 4096);
  for (const at of [100n, 4093n, 0x40000n - 3n, 0x40000n + 1000n]) memory.bytes(start + at, TEXT);
  const search = found(memory, textPattern([TEXT]), start, start + BigInt(size));
  assert.deepEqual(
    addresses(search).map((at) => at - start),
    [100n, 4093n, 0x40000n - 3n, 0x40000n + 1000n],
  );
  const both = found(memory, textPattern([TEXT, new TextEncoder().encode('ed')]), start, start + 4200n);
  assert.deepEqual(
    both.hits.map((hit) => [hit.address - start, hit.target]),
    [
      [100n, 0],
      [102n, 1],
      [4093n, 0],
      [4095n, 1],
    ],
  );
});

test('a text does not go on behind a hole', () => {
  const memory = new KernelMemory();
  const pages = memory.alloc(3 * 4096, 4096);
  memory.bytes(pages + 4093n, TEXT.subarray(0, 3));
  memory.bytes(pages + 8192n, TEXT.subarray(3));
  memory.drop(pages + 4096n);
  assert.deepEqual(addresses(found(memory, textPattern([TEXT]), pages, pages + 3n * 4096n)), []);
});

test('it ends after so many matches and says so', () => {
  const memory = new KernelMemory();
  const page = memory.allocPage();
  const search = found(memory, unitPattern([0n], 8, 0n), page, page + 4096n, 3);
  assert.equal(search.hits.length, 3);
  assert.deepEqual(search.problems, [{ what: 'search', why: 'it ended after 3 matches' }]);
});
