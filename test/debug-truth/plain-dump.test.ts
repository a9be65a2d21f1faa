import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { writePlainDump } from './plain-dump.ts';

const folder = mkdtempSync(join(tmpdir(), 'inquest-plain-'));
after(() => rmSync(folder, { recursive: true }));

function record(offset: number, bytes: Buffer): Buffer {
  const head = Buffer.alloc(16);
  head.writeBigInt64BE(BigInt(offset), 0);
  head.writeBigInt64BE(BigInt(bytes.length), 8);
  return Buffer.concat([head, bytes]);
}

test('a flattened dump is put together, and its empty utsname filled in', () => {
  const header = Buffer.alloc(512);
  header.write('KDUMP   ');
  const start = Buffer.alloc(4096);
  start.write('makedumpfile');
  const end = Buffer.alloc(16, 0xff);
  const from = join(folder, 'flat');
  const to = join(folder, 'plain');
  writeFileSync(from, Buffer.concat([start, record(600, Buffer.from('page')), record(0, header), end]));
  writePlainDump(from, to, '6.1.0', 'aarch64');
  const plain = readFileSync(to);
  assert.equal(plain.toString('latin1', 600), 'page');
  assert.equal(plain.toString('latin1', 12 + 2 * 65, 12 + 2 * 65 + 5), '6.1.0');
  assert.equal(plain.toString('latin1', 272, 280), 'aarch64\0');
});
