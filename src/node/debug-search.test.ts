import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { type DebugElf, debugElf } from '../../test/build/debug-elf-writer.ts';
import { DebugSearch, WrongDebugInfoError } from './debug-search.ts';

const id = '0123456789abcdef0123456789abcdef01234567';
const other = 'ff'.repeat(20);
const release = '6.1.0-56-cloud-amd64';
const base = mkdtempSync(join(tmpdir(), 'inquest-search-'));
after(() => rmSync(base, { recursive: true }));
let roots = 0;

function put(path: string, elf: DebugElf | string): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, typeof elf === 'string' ? elf : debugElf(elf));
  return path;
}

function root(): string {
  return join(base, `root${roots++}`);
}

test('the usual places: by build-id, and a file of that name and another build is passed over', () => {
  const r = root();
  const cache = join(r, 'cache');
  put(join(r, `usr/lib/debug/boot/vmlinux-${release}`), { buildId: other });
  const search = (): DebugSearch => new DebugSearch({ root: r, cache });
  assert.equal(search().kernel({ release, buildId: id }), undefined);
  const places = [
    join(r, `lib/modules/${release}/build/vmlinux`),
    join(r, `usr/lib/debug/lib/modules/${release}/vmlinux`),
    join(r, `usr/lib/debug/.build-id/01/${id.slice(2)}.debug`),
    join(cache, id, 'debuginfo'),
  ];
  for (const path of places) {
    put(path, { buildId: id });
    assert.deepEqual(search().kernel({ release, buildId: id }), { path, buildId: id });
  }
  assert.equal(new DebugSearch({ root: r, cache, usual: false }).kernel({ release, buildId: id }), undefined);
});

test('a file without lines is no debug information', () => {
  const r = root();
  put(join(r, `boot/vmlinux-${release}`), { buildId: id, lines: false });
  assert.equal(new DebugSearch({ root: r, cache: r }).kernel({ release, buildId: id }), undefined);
});

test('without a build-id the release decides, and the doubt is told', () => {
  const r = root();
  const path = put(join(r, `usr/lib/debug/boot/vmlinux-${release}`), { buildId: id });
  const found = new DebugSearch({ root: r, cache: r }).kernel({ release });
  assert.equal(found?.path, path);
  assert.match(found?.doubt ?? '', /cannot be compared/);
  assert.equal(new DebugSearch({ root: r, cache: r }).kernel({ release: '../../x' }), undefined);
});

test('a vmlinux that is named must be the right one, or forced', () => {
  const path = put(join(base, 'vmlinux'), { buildId: other });
  const named = new DebugSearch({ given: [path], usual: false });
  assert.throws(
    () => named.kernel({ buildId: id }),
    (e: Error) => {
      assert.ok(e instanceof WrongDebugInfoError);
      assert.match(e.message, new RegExp(`vmlinux: build-id ${other}.*${id}.*--force`));
      return true;
    },
  );
  const forced = new DebugSearch({ given: [path], usual: false, force: true }).kernel({ buildId: id });
  assert.equal(forced?.path, path);
  assert.match(forced?.doubt ?? '', /is not 0123/);
  const right = put(join(base, 'other-name'), { buildId: id });
  assert.deepEqual(new DebugSearch({ given: [path, right] }).kernel({ buildId: id }), { path: right, buildId: id });
});

test('modules: by build-id in a tree, whatever the spelling; of a debug file and the module itself the first', () => {
  const r = root();
  const tree = join(r, 'tree');
  put(join(tree, 'kernel/net/nf-tables.ko'), { type: 1, buildId: id, lines: false });
  const debug = put(join(tree, 'debug/net/nf-tables.ko.debug'), { type: 1, buildId: id });
  put(join(tree, 'extra/nf_tables.ko'), { type: 1, buildId: other });
  const search = new DebugSearch({ given: [tree], usual: false });
  assert.deepEqual(search.module('nf_tables', { buildId: id }), { path: debug, buildId: id });
  assert.equal(search.module('nf_tables', { buildId: 'aa'.repeat(20) }), undefined);
  assert.equal(search.module('nothing', {}), undefined);
  const usual = put(join(r, `usr/lib/debug/lib/modules/${release}/kernel/x/crashme.ko`), { type: 1, buildId: id });
  const wide = new DebugSearch({ root: r, cache: r });
  assert.deepEqual(wide.module('crashme', { release, buildId: id }), { path: usual, buildId: id });
  assert.equal(wide.module('crashme', { buildId: id }), undefined);
  assert.equal(new DebugSearch({ given: [usual], usual: false }).module('crashme', {})?.path, usual);
});

test('a folder of build-ids, and a file by its build-id alone', () => {
  const r = root();
  const path = put(join(r, '.build-id/01', `${id.slice(2)}.debug`), { buildId: id });
  const search = new DebugSearch({ given: [r], usual: false });
  assert.deepEqual(search.kernel({ buildId: id }), { path, buildId: id });
  assert.equal(search.byBuildId(id), path);
  assert.equal(search.byBuildId('../../../etc/passwd'), undefined);
});

test('what is named must be there and be ELF', () => {
  assert.throws(() => new DebugSearch({ given: [join(base, 'nowhere')] }), /nowhere: no such file/);
  assert.throws(() => new DebugSearch({ given: [put(join(base, 'text'), 'hello')] }), /holds no debug information/);
});
