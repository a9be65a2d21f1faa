import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BadDataError } from '../../base/errors.ts';
import { blockSource } from './block-source.ts';

const blocks = [0, 1, 2].map((i) => ({ start: i * 100, size: 100 }));

for (const inOrder of [false, true]) {
  test(`a damaged block is tried once${inOrder ? ', and those behind it not at all' : ''}`, () => {
    const tried: number[] = [];
    const unpack = ({ start, size }: { start: number; size: number }): Uint8Array => {
      tried.push(start);
      if (start === 100) throw new BadDataError('file', start, 'damaged');
      return new Uint8Array(size).fill(start + 1);
    };
    const source = blockSource('file', blocks, unpack, { inOrder });
    const into = new Uint8Array(10);
    for (let i = 0; i < 5; i++) {
      assert.equal(source.read(20, into), 10);
      assert.equal(into[9], 1);
      assert.throws(() => source.read(150, into), /damaged/);
      assert.throws(() => source.read(95, into), /damaged/);
      if (inOrder) assert.throws(() => source.read(220, into), /damaged/);
      else assert.equal(source.read(220, into), 10);
    }
    assert.deepEqual(tried, inOrder ? [0, 100] : [0, 100, 200]);
    source.close();
  });
}
