import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { cacheFolder, fileCache, userDebugCache } from './debug-cache.ts';

function folder(t: { after(end: () => void): void }): string {
  const path = mkdtempSync(join(tmpdir(), 'inquest-cache-'));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

const CONTENT = Uint8Array.from({ length: 5000 }, (_, i) => (i * 7) & 0xff);

test('what was saved is given back whole, under its key only', (t) => {
  const path = join(folder(t), 'a', 'b');
  const cache = fileCache(path);
  assert.equal(cache.load('names-1-ab'), undefined);
  cache.save('names-1-ab', CONTENT);
  assert.deepEqual([...(cache.load('names-1-ab') ?? [])], [...CONTENT]);
  assert.equal(cache.load('names-1-cd'), undefined);
  cache.save('names-1-ab', CONTENT.subarray(0, 10));
  assert.equal(fileCache(path).load('names-1-ab')?.length, 10);
  assert.equal(readdirSync(path).length, 1);
});

test('a file that is cut, damaged, of another key or empty is as good as absent', (t) => {
  const path = folder(t);
  const cache = fileCache(path);
  cache.save('names-1-ab', CONTENT);
  const [name] = readdirSync(path);
  const file = join(path, name as string);
  const whole = readFileSync(file);
  for (const size of [0, 3, 15, 16, 20, 30, whole.length - 1]) {
    writeFileSync(file, whole.subarray(0, size));
    assert.equal(cache.load('names-1-ab'), undefined, `cut at ${size}`);
  }
  for (const at of [0, 5, 9, 13, 17, 26, 27, 1000, whole.length - 1]) {
    const damaged = Uint8Array.from(whole);
    damaged[at] = (damaged[at] as number) ^ 0x10;
    writeFileSync(file, damaged);
    assert.equal(cache.load('names-1-ab'), undefined, `damaged at ${at}`);
  }
  writeFileSync(file, Buffer.concat([whole, Buffer.from([0])]));
  assert.equal(cache.load('names-1-ab'), undefined, 'too long');
  writeFileSync(file, whole);
  writeFileSync(file.replace('names-1-ab', 'names-1-cd'), whole);
  assert.equal(cache.load('names-1-cd'), undefined, 'of another key');
  assert.equal(cache.load('names-1-ab')?.length, CONTENT.length);
});

test('a folder that cannot be made, read or written costs nothing but the cache', (t) => {
  const path = folder(t);
  writeFileSync(join(path, 'file'), 'in the way');
  const blocked = fileCache(join(path, 'file', 'sub'));
  blocked.save('names-1-ab', CONTENT);
  assert.equal(blocked.load('names-1-ab'), undefined);
  const odd = fileCache(path);
  for (const key of ['../names', '', 'a/b', 'a.b', 'x'.repeat(300)]) {
    odd.save(key, CONTENT);
    assert.equal(odd.load(key), undefined);
  }
  assert.deepEqual(readdirSync(path), ['file']);
  mkdirSync(join(path, 'names-1-ab.inq1')); // a folder of that name
  odd.save('names-1-ab', CONTENT);
  assert.equal(odd.load('names-1-ab'), undefined);
  chmodSync(path, 0o500);
  odd.save('names-1-ef', CONTENT);
  chmodSync(path, 0o700);
});

test('the files used longest ago go first when the room is used up', (t) => {
  const path = folder(t);
  const cache = fileCache(path, 12_000);
  const at = (name: string, seconds: number): void => utimesSync(join(path, `${name}.inq1`), seconds, seconds);
  cache.save('one', CONTENT);
  cache.save('two', CONTENT);
  at('one', 2000);
  at('two', 1000);
  writeFileSync(join(path, 'three.inq1.99999'), 'left behind by a process that was killed');
  utimesSync(join(path, 'three.inq1.99999'), 1000, 1000);
  writeFileSync(join(path, 'other'), 'not ours');
  cache.save('three', CONTENT);
  assert.deepEqual(readdirSync(path).sort(), ['one.inq1', 'other', 'three.inq1']);
  at('one', 1000);
  cache.load('one'); // used now
  at('three', 2000);
  cache.save('four', CONTENT);
  assert.deepEqual(readdirSync(path).sort(), ['four.inq1', 'one.inq1', 'other']);
  cache.save('huge', new Uint8Array(20_000));
  assert.equal(cache.load('huge'), undefined);
});

test('writers at the same time leave one whole file', async (t) => {
  const path = folder(t);
  const script = `
    const { fileCache } = await import(${JSON.stringify(new URL('./debug-cache.ts', import.meta.url).href)});
    const cache = fileCache(${JSON.stringify(path)});
    const own = new Uint8Array(200000).fill(process.pid & 0xff);
    for (let i = 0; i < 40; i++) {
      cache.save('same', own);
      const got = cache.load('same');
      if (got && got.some((b) => b !== got[0])) process.exit(3);
    }`;
  const runs = Array.from({ length: 3 }, () => {
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'inherit' });
    return new Promise<number | null>((resolve) => child.on('exit', resolve));
  });
  assert.deepEqual(await Promise.all(runs), [0, 0, 0]);
  assert.deepEqual(readdirSync(path), ['same.inq1']);
  assert.equal(fileCache(path).load('same')?.length, 200_000);
});

test('the folder is the one that XDG names', () => {
  assert.equal(cacheFolder({ XDG_CACHE_HOME: '/c', HOME: '/h' }), '/c/inquest/debug');
  assert.equal(cacheFolder({ XDG_CACHE_HOME: 'relative', HOME: '/h' }), '/h/.cache/inquest/debug');
  assert.equal(cacheFolder({ HOME: '/h' }), '/h/.cache/inquest/debug');
  assert.equal(userDebugCache({ HOME: '/h', INQUEST_NO_CACHE: '1' }), undefined);
  assert.notEqual(userDebugCache({ HOME: '/h' }), undefined);
});
