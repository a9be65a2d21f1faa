import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { crc32, deflateSync, gzipSync } from 'node:zlib';
import { type WrittenSection, writeElfSections } from '../../test/build/elf-sections-writer.ts';
import { nodeCodecs } from './codecs.ts';
import { DebugSearch } from './debug-search.ts';
import { elfIdentity } from './elf-identity.ts';
import { LineFiles } from './line-files.ts';
import { openKernelFile } from './packed-file.ts';

const base = mkdtempSync(join(tmpdir(), 'inquest-link-'));
after(() => rmSync(base, { recursive: true }));
let roots = 0;
const root = (): string => join(base, `root${roots++}`);

function put(path: string, bytes: Uint8Array): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, bytes);
  return path;
}

const ascii = (text: string): number[] => [...text].map((c) => c.charCodeAt(0));
const idBytes = (id: string): number[] => (id.match(/../g) ?? []).map((byte) => Number.parseInt(byte, 16));

function note(id: string): WrittenSection {
  const bytes = [4, 0, 0, 0, id.length / 2, 0, 0, 0, 3, 0, 0, 0, ...ascii('GNU\0'), ...idBytes(id)];
  return { name: '.note.gnu.build-id', kind: 7, bytes: Uint8Array.from(bytes) };
}

function linkTo(name: string, target: Uint8Array): WrittenSection {
  const padded = [...ascii(name), 0];
  while (padded.length % 4 !== 0) padded.push(0);
  const bytes = new Uint8Array(padded.length + 4);
  bytes.set(padded);
  new DataView(bytes.buffer).setUint32(padded.length, crc32(target), true);
  return { name: '.gnu_debuglink', bytes };
}

const LINES: WrittenSection = { name: '.debug_line', bytes: new Uint8Array(64) };
const MODULE = 1;

test('a stripped module leads to its debug file: beside it, in .debug, and under the global folder; by CRC', () => {
  const right = writeElfSections([LINES], MODULE);
  const wrong = writeElfSections([LINES, { name: '.more', bytes: new Uint8Array(4) }], MODULE);
  for (const place of ['m.debug', '.debug/m.debug', '../../usr/lib/debug/lib/modules/m.debug']) {
    const r = root();
    put(join(r, 'lib/modules/m.ko'), writeElfSections([linkTo('m.debug', right)], MODULE));
    const search = (): DebugSearch => new DebugSearch({ given: [join(r, 'lib/modules')], usual: false, root: r });
    const path = put(join(r, 'lib/modules', place), wrong);
    assert.equal(search().module('m', {}), undefined, 'another CRC');
    put(path, right);
    assert.equal(search().module('m', {})?.path, path);
  }
});

test('where both have a build-id that decides, and a link leads nowhere else', () => {
  const [a, b] = ['ab'.repeat(20), 'cd'.repeat(20)];
  const r = root();
  const debug = put(join(r, 'm.debug'), writeElfSections([note(b), LINES], MODULE));
  const stripped = join(r, 'm.ko');
  put(stripped, writeElfSections([note(a), linkTo('m.debug', readFileSync(debug))], MODULE));
  const find = () => new DebugSearch({ given: [stripped], usual: false, root: r }).module('m', { buildId: a })?.path;
  assert.equal(find(), stripped, 'of another build: the symbols of the stripped file are all there is');
  put(debug, writeElfSections([note(a), LINES], MODULE)); // its CRC is another now
  assert.equal(find(), debug);
  put(join(base, 'outside.debug'), writeElfSections([note(a), LINES], MODULE));
  put(debug, new Uint8Array(0));
  put(stripped, writeElfSections([note(a), linkTo('../outside.debug', readFileSync(debug))], MODULE));
  assert.equal(find(), stripped);
});

test('the file of common parts that dwz made is found by build-id, in all its places, and attached', async () => {
  const [own, common] = ['12'.repeat(20), '34'.repeat(20)];
  const link: WrittenSection = {
    name: '.gnu_debugaltlink',
    bytes: Uint8Array.from([...ascii('../../.dwz/kernel-6.1'), 0, ...idBytes(common)]),
  };
  const info: WrittenSection = { name: '.debug_info', bytes: new Uint8Array(16) };
  const alt = writeElfSections([note(common), info], MODULE);
  for (const place of [
    `usr/lib/debug/.build-id/34/${common.slice(2)}.debug`,
    'usr/lib/debug/.dwz/kernel-6.1',
    'usr/.dwz/kernel-6.1',
    'usr/lib/debug/kernel-6.1',
  ]) {
    const r = root();
    const file = put(join(r, 'usr/lib/debug/m.ko.debug'), writeElfSections([note(own), info, LINES, link], MODULE));
    const files = new LineFiles();
    const open = () => files.file(file, new DebugSearch({ usual: false, root: r })).dwarf.alt;
    put(join(r, place), writeElfSections([note(own), info], MODULE));
    assert.equal(open(), undefined, 'of another build');
    put(join(r, place), alt);
    assert.equal(open()?.elf.buildId, common, place);
    files.close();
  }
});

test('packed modules and kernels are opened as if they were not, and damage is told', async () => {
  const id = '56'.repeat(20);
  const plain = writeElfSections([note(id), LINES, { name: '.data', bytes: new Uint8Array(300_000) }], MODULE);
  const codecs = nodeCodecs();
  await codecs.prepare(['zstd']);
  const r = root();
  const raw = put(join(r, 'raw/x-y.ko'), plain);
  const packed: [string, Uint8Array][] = [['gz', gzipSync(plain)]];
  for (const tool of ['xz', 'zstd']) {
    const out = pack(tool, raw);
    if (out) packed.push([tool === 'xz' ? 'xz' : 'zst', out]);
  }
  for (const [ending, bytes] of packed) {
    const folder = join(r, ending);
    const path = put(join(folder, `x-y.ko.${ending}`), bytes);
    const found = new DebugSearch({ given: [folder], usual: false, codecs }).module('x_y', { buildId: id });
    assert.deepEqual(found, { path, buildId: id });
    const file = openKernelFile(path, codecs);
    const all = new Uint8Array(file.size);
    assert.equal(file.read(0, all), plain.length);
    assert.deepEqual(all, plain);
    file.close();
    const kernel = put(join(folder, `vmlinux.${ending}`), bytes);
    assert.equal(elfIdentity(kernel, codecs)?.buildId, id);
    const cut = put(join(folder, `cut.ko.${ending}`), bytes.subarray(0, bytes.length >> 1));
    assert.throws(() => openKernelFile(cut, codecs), new RegExp(`cut.ko.${ending}.*cannot be unpacked`));
    assert.throws(() => new DebugSearch({ given: [cut], codecs }), /cannot be unpacked/);
  }
});

test('a packed file that grows without end is refused', () => {
  const r = root();
  const zeros = new Uint8Array(0x400001);
  const raw = put(join(r, 'm.ko'), zeros);
  for (const bytes of [gzipSync(zeros), pack('xz', raw), pack('zstd', raw)]) {
    if (!bytes) continue;
    const bomb = put(join(r, 'm.ko.packed'), bytes);
    assert.throws(() => openKernelFile(bomb, nodeCodecs(), 0x400000), /m\.ko\.packed.*at most 4194304 bytes/);
    assert.equal(openKernelFile(bomb, nodeCodecs(), 0x400001).size, 0x400001);
  }
});

test('sections in the old packed form are read', () => {
  const text = Uint8Array.from({ length: 3000 }, (_, i) => i % 7);
  const head = Uint8Array.from([...ascii('ZLIB'), 0, 0, 0, 0, 0, 0, text.length >> 8, text.length & 0xff]);
  const info: WrittenSection = { name: '.zdebug_info', bytes: Buffer.concat([head, deflateSync(text)]) };
  const path = put(join(root(), 'old.ko'), writeElfSections([info], MODULE));
  const files = new LineFiles();
  const file = files.file(path, new DebugSearch({ usual: false }));
  assert.equal(file.hasDwarf, true);
  assert.deepEqual(file.elf.section('.debug_info')?.bytes(0, 3000, 'all'), text);
  files.close();
});

test('a unit that was split off is found at its path, or by the end of that in a folder that was named', () => {
  const r = root();
  for (const path of ['a/kernel/panic.dwo', 'b/mm/panic.dwo', 'b/kernel/fork.dwo'])
    put(join(r, path), new Uint8Array(1));
  const search = new DebugSearch({ given: [r], usual: false });
  assert.equal(search.split('/build/linux/mm/panic.dwo'), join(r, 'b/mm/panic.dwo'));
  assert.equal(search.split('/build/linux/kernel/panic.dwo'), join(r, 'a/kernel/panic.dwo'));
  assert.equal(search.split('/build/linux/kernel/exit.dwo'), undefined);
});

function pack(tool: string, path: string): Uint8Array | undefined {
  try {
    return execFileSync(tool, ['-c', '-q', path], { maxBuffer: 1 << 26 });
  } catch {
    return undefined; // not on this machine
  }
}
