import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { compileCached, type Program } from './code-cache.ts';

const program: Program = {
  source: '(function (a) { function twice(x) { return x * 2 } return twice(a) + 1 })',
  filename: 'program.js',
  key: 'k1',
};

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'code-cache-'));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return join(path, 'made', 'on-demand');
}

/** Compiles, runs, saves; returns whether the cache was used. The answer must be right in every case. */
function run(path: string | undefined, what: Program = program): boolean {
  const { script, cached, save } = compileCached(what, path);
  assert.equal((script.runInThisContext() as (a: number) => number)(20), 41);
  save();
  return cached;
}

function onlyFile(path: string): string {
  const names = readdirSync(path);
  assert.equal(names.length, 1, names.join());
  return join(path, names[0] ?? '');
}

test('the second run uses what the first one saved', (t) => {
  const path = folder(t);
  assert.equal(run(path), false);
  assert.equal(run(path), true);
  onlyFile(path);
});

test('an entry of a run that did little grows with the first run that does more', (t) => {
  const path = folder(t);
  const parts = Array.from({ length: 2000 }, (_, i) => `function f${i}(x) { return x * ${i} + [x, ${i}].length }`);
  const calls = parts.map((_, i) => `n += f${i}(a)`);
  const source = `(function (a) { ${parts.join('\n')}\nfunction all() { let n = 0; ${calls.join(';')}; return n }\nreturn a && all() })`;
  const sizeAfter = (a: number) => {
    const { script, save } = compileCached({ ...program, source }, path);
    assert.equal((script.runInThisContext() as (a: number) => number)(a) > 0, a > 0);
    save();
    return readFileSync(onlyFile(path)).length;
  };
  const little = sizeAfter(0);
  const much = sizeAfter(1);
  assert.ok(much > 2 * little, `${little} then ${much} bytes`);
  assert.equal(sizeAfter(0), much);
});

test('a run that took longer without new code leaves its CPU time and nothing else', (t) => {
  const path = folder(t);
  run(path);
  const file = onlyFile(path);
  const before = readFileSync(file);
  const cpu = before.readUInt32LE(16);
  before.writeUInt32LE(1, 16);
  writeFileSync(file, before);
  assert.equal(run(path), true);
  const after = readFileSync(file);
  assert.ok(after.readUInt32LE(16) >= cpu);
  assert.deepEqual(after.subarray(20), before.subarray(20));
  assert.equal(run(path), true);
});

test('without a folder nothing is kept', () => {
  assert.equal(run(undefined), false);
  assert.equal(run(undefined), false);
});

test('an entry that is cut, changed in any part, empty or foreign is not used, and is replaced', (t) => {
  const path = folder(t);
  run(path);
  const file = onlyFile(path);
  const good = readFileSync(file);
  const changed = [0, 4, 8, 20, good.length >> 1, good.length - 1].map((at) => {
    const bytes = Buffer.from(good);
    bytes[at] = (bytes[at] ?? 0) ^ 0x40;
    return bytes;
  });
  const cut = [0, 3, 20, good.length - 1].map((size) => good.subarray(0, size));
  for (const bad of [...changed, ...cut, Buffer.from('x'.repeat(5000))]) {
    writeFileSync(file, bad);
    assert.equal(run(path), false);
    assert.equal(run(path), true, 'replaced by a good one');
  }
});

test('another build has another entry, and the old one goes', (t) => {
  const path = folder(t);
  run(path);
  assert.equal(run(path, { ...program, key: 'k2' }), false);
  assert.match(onlyFile(path), /\/k2-v\d/);
});

test('code that others could have written is not used', (t) => {
  const path = folder(t);
  run(path);
  const file = onlyFile(path);
  for (const mode of [0o620, 0o602]) {
    chmodSync(file, mode);
    assert.equal(run(path), false);
    assert.equal(run(path), true, 'replaced by a private one');
  }
});

test('a folder that cannot be made or is in the way costs nothing but time', (t) => {
  const path = folder(t);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, 'a file where the folder should be');
  assert.equal(run(path), false);
  assert.equal(run(path), false);
  assert.equal(readFileSync(path, 'utf8'), 'a file where the folder should be');
  assert.equal(run('/proc/no-such-folder'), false);
  assert.equal(existsSync('/proc/no-such-folder'), false);
});
