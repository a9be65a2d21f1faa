import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deflateSync } from 'node:zlib';
import { pageCompressors } from '../../test/build/page-compressors.ts';
import { nodeCodecs } from './codecs.ts';
import { inflateDecoder, plainDecoder } from './inflate.ts';
import { zstdDecoder } from './zstd-decoder.ts';

const page = Uint8Array.from({ length: 4096 }, (_, i) => (i >> 3) ^ (i * 7));

for (const name of ['zlib', 'lzo', 'snappy', 'zstd'] as const) {
  test(`${name} decodes pages one after the other, also after a damaged one`, async () => {
    const codecs = nodeCodecs();
    await codecs.prepare([name]);
    const decode = codecs.decoder(name);
    const { data } = pageCompressors[name](page);
    for (let i = 0; i < 3; i++) {
      const into = new Uint8Array(4096);
      assert.equal(decode(data, into), 4096);
      assert.deepEqual(into, page);
      assert.throws(() => decode(data.slice(0, 20), into));
      assert.throws(() => decode(data, new Uint8Array(100)));
    }
  });
}

for (const [name, decode] of [
  ['zlib by the reused handle', inflateDecoder()],
  ['zlib by inflateSync', plainDecoder],
] as const) {
  test(`${name}: damage anywhere is refused or gives a page of another content, never too long a one`, () => {
    const block = new Uint8Array(deflateSync(page));
    let refused = 0;
    for (let i = 0; i < block.length; i++) {
      const copy = block.slice();
      copy[i] = (copy[i] as number) ^ 0x41;
      const guarded = new Uint8Array(4096 + 64).fill(0xcc);
      try {
        assert.ok(decode(copy, guarded.subarray(32, 32 + 4096)) <= 4096);
      } catch {
        refused++;
      }
      assert.ok(guarded.subarray(0, 32).every((b) => b === 0xcc) && guarded.subarray(-32).every((b) => b === 0xcc));
    }
    assert.ok(refused >= block.length - 2, `${refused} of ${block.length} refused`);
    const into = new Uint8Array(4096);
    assert.equal(decode(block, into), 4096);
    assert.deepEqual(into, page);
  });
}

test('zstd by the reused handle: damage anywhere is refused or gives another page, and the next page is right', () => {
  const decode = nodeCodecs().decoder('zstd');
  const { data: block } = pageCompressors.zstd(page);
  let refused = 0;
  for (let i = 0; i < block.length; i++) {
    const copy = block.slice();
    copy[i] = (copy[i] as number) ^ 0x41;
    const guarded = new Uint8Array(4096 + 64).fill(0xcc);
    try {
      assert.ok(decode(copy, guarded.subarray(32, 32 + 4096)) <= 4096);
    } catch {
      refused++;
    }
    assert.ok(guarded.subarray(0, 32).every((b) => b === 0xcc) && guarded.subarray(-32).every((b) => b === 0xcc));
    const into = new Uint8Array(4096);
    assert.equal(decode(block, into), 4096);
    assert.deepEqual(into, page);
  }
  assert.ok(refused > 0, `${refused} of ${block.length} refused`);
});

test('the handle is used on this Node', () => {
  assert.notEqual(inflateDecoder(), plainDecoder);
});

test('zstd as wasm: pages, damage, and fetch is there again afterwards', async () => {
  const { fetch } = globalThis;
  const [decode, second] = [await zstdDecoder(), await zstdDecoder()];
  assert.equal(globalThis.fetch, fetch);
  const { data } = pageCompressors.zstd(page);
  for (const decoder of [decode, second]) {
    const into = new Uint8Array(4096);
    assert.equal(decoder(data, into), 4096);
    assert.deepEqual(into, page);
    assert.throws(() => decoder(data.slice(0, 9), into), RangeError);
    assert.throws(() => decoder(data, new Uint8Array(100)), RangeError);
    assert.throws(() => decoder(new Uint8Array(300_000), into), RangeError);
  }
});
