import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '../../test/build/byte-writer.ts';
import { TemplateHash, templateText } from './template-hash.ts';
import { TemplateTable } from './template-table.ts';

const hash = new TemplateHash();

function keyOf(text: string): string {
  const bytes = new Uint8Array(Buffer.from(text));
  hash.of(bytes, 0, bytes.length);
  return `${hash.a} ${hash.b}`;
}

test('messages that differ in numbers are of one template', () => {
  const same: readonly (readonly string[])[] = [
    ['usb 1-1: device 7', 'usb 12-3: device   120'],
    ['at 0xffff8003dd467a70 of 4096', 'at 0x10 of 8'],
    ['mask 0xdead', 'mask 0xff'],
    ['key deadbeefdeadbeef', 'key 0123456789abcdef'],
    ['veth3fa21bc up', 'veth77e4d19 up'],
    ['a=1.5 b=10', 'a=22.75 b=3'],
  ];
  for (const texts of same) {
    assert.equal(new Set(texts.map(keyOf)).size, 1, texts.join(' | '));
    assert.equal(new Set(texts.map(templateText)).size, 1, texts.join(' | '));
  }
});

test('other words are another template', () => {
  const texts = ['added a face', 'added a cafe', 'eth0 up', 'eth0 down', 'eth up', 'x', '', 'lan0 up'];
  assert.equal(new Set(texts.map(keyOf)).size, texts.length);
  assert.equal(templateText('eth12 at 0x5f, 3 of deadbeef00'), 'eth# at #, # of #');
});

test('the most frequent ones are kept however many others come, within the stated error', () => {
  const table = new TemplateTable();
  const random = seededRandom(7);
  const truth = new Map<number, number>();
  for (let line = 1; line <= 200_000; line++) {
    const loud = random(10) === 0;
    const key = loud ? random(5) : 100 + random(1 << 30);
    truth.set(key, (truth.get(key) ?? 0) + 1);
    const at = table.note(key, key ^ 0x55, line, line, false);
    table.setSample(at, String(key));
  }
  const loudest = table.loudest(5, 2, true);
  assert.deepEqual(loudest.map((c) => Number(c.sample)).sort(), [0, 1, 2, 3, 4]);
  for (const { sample, count, error } of loudest) {
    const exact = truth.get(Number(sample)) as number;
    assert.ok(count <= exact && exact <= count + error, `${sample}: ${count} to ${count + error}, truly ${exact}`);
    assert.ok(exact > 3000);
  }
});

test('each count says how many came outside of reports; what has no time is left out on demand', () => {
  const table = new TemplateTable();
  for (let i = 0; i < 10; i++) table.setSample(table.note(1, 1, i, i, true), 'frame');
  for (let i = 0; i < 8; i++) table.setSample(table.note(2, 2, i, i, i % 2 === 0), 'noise');
  for (let i = 0; i < 20; i++) table.setSample(table.note(3, 3, Number.NaN, i, false), 'console');
  assert.deepEqual(
    table.loudest(5, 2, true).map((c) => [c.sample, c.count, c.outside, c.firstSeconds, c.lastSeconds, c.line]),
    [
      ['frame', 10, 0, 0, 9, 0],
      ['noise', 8, 4, 0, 7, 0],
    ],
  );
  assert.equal(table.loudest(1, 2, false)[0]?.sample, 'console');
});
