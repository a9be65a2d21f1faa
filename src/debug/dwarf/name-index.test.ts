import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DwarfBytes } from '../../../test/build/cfi-writer.ts';
import { type WrittenSection, writeElfSections } from '../../../test/build/elf-sections-writer.ts';
import { bytesSource } from '../../base/byte-source.ts';
import { nodeCodecs } from '../../node/codecs.ts';
import { openDebugFile } from './debug-file.ts';
import { DW_AT } from './dw-at.ts';
import { DW_TAG } from './dw-tag.ts';
import type { Dwarf } from './dwarf.ts';
import { FileTypes } from './file-types.ts';
import { NameIndex } from './name-index.ts';

const INT = 0;
const ITEM = 4;
const COUNT = 9;
const OFFSETS = 8;

/** Two units, and between them a damaged one; the first only declares what the last defines. */
function writeNames(): WrittenSection[] {
  const abbrevs = new DwarfBytes();
  const abbrev = (code: number, tag: number, children: number, ...pairs: number[]) => {
    abbrevs.uleb(code).uleb(tag).u8(children);
    for (const n of pairs) abbrevs.uleb(n);
    abbrevs.u8(0, 0);
  };
  abbrev(1, 0x11, 1, 0x72, 0x17); // unit: str_offsets_base
  abbrev(2, 0x24, 0, 0x0b, 0x0b, 0x3e, 0x0b, 0x03, 0x0e); // base type, strp
  abbrev(3, 0x13, 0, 0x03, 0x0e, 0x3c, 0x19); // declared struct, strp
  abbrev(4, 0x13, 0, 0x03, 0x0e, 0x0b, 0x0b); // struct, strp
  abbrev(5, 0x34, 0, 0x03, 0x25, 0x49, 0x13, 0x3c, 0x19); // declared variable, strx1
  abbrev(6, 0x34, 0, 0x47, 0x13, 0x02, 0x18); // its definition, named by DW_AT_specification
  abbrev(7, 0x34, 0, 0x03, 0x08, 0x49, 0x13); // variable without a place
  abbrev(8, 0x16, 0, 0x03, 0x25, 0x49, 0x13); // typedef, strx1
  abbrev(9, 0x17, 0, 0x03, 0x08, 0x0b, 0x0b); // union, named in the entry
  abbrev(10, 0x16, 0, 0x03, 0x0e, 0x49, 0x13); // typedef, strp
  abbrev(11, 0x34, 0, 0x03, 0x0e, 0x49, 0x13, 0x3c, 0x19); // declared variable, strp
  abbrevs.u8(0);
  const unit = (declares: boolean): Uint8Array => {
    const w = new DwarfBytes().u32(0).u16(5).u8(1, 8).u32(0);
    w.uleb(1).u32(OFFSETS);
    const int = w.bytes.length;
    w.uleb(2).u8(4, 5).u32(INT);
    if (declares) w.uleb(3).u32(ITEM).uleb(10).u32(ITEM).u32(int);
    else w.uleb(4).u32(ITEM).u8(16).uleb(4).u32(ITEM).u8(99);
    const count = w.bytes.length;
    w.uleb(5).u8(0).u32(int);
    if (!declares) w.uleb(6).u32(count).block([0x03, 0, 0, 0, 0x81, 0xff, 0xff, 0xff, 0xff]);
    w.uleb(5).u8(1).u32(int).uleb(11).u32(ITEM).u32(int);
    w.uleb(7).text('lost').u32(int);
    w.uleb(8).u8(1).u32(int);
    w.uleb(9).text('both').u8(8).u8(0);
    const bytes = w.done();
    new DataView(bytes.buffer).setUint32(0, bytes.length - 4, true);
    return bytes;
  };
  const offsets = new DwarfBytes()
    .u32(12)
    .u16(5)
    .u16(0)
    .u32(COUNT)
    .u32(COUNT + 6);
  const damaged = new DwarfBytes().u32(28).u16(5).u8(1, 8).u32(0).uleb(99);
  while (damaged.bytes.length < 32) damaged.u8(0);
  const info = [unit(true), damaged.done(), unit(false)];
  return [
    { name: '.text', bytes: new Uint8Array(16), flags: 6, address: 0xffffffff81000000n },
    { name: '.debug_info', bytes: Uint8Array.from(info.flatMap((bytes) => [...bytes])) },
    { name: '.debug_abbrev', bytes: abbrevs.done() },
    { name: '.debug_str', bytes: new DwarfBytes().text('int').text('item').text('count').text('number').done() },
    { name: '.debug_str_offsets', bytes: offsets.done() },
  ];
}

function open(): Dwarf {
  return openDebugFile(bytesSource('vmlinux', writeElfSections(writeNames())), nodeCodecs(), []).dwarf;
}

test('definitions are found by name, wherever the name stands', () => {
  const dwarf = open();
  const index = new NameIndex(dwarf);
  const second = dwarf.unitTable.starts.at(-1) as number;
  const item = index.find([DW_TAG.structure_type], ['item']) as number;
  assert.ok(item > second, 'the first unit only declares it');
  assert.equal(dwarf.die(item).number(DW_AT.byte_size), 16, 'the first definition counts');
  assert.ok((index.find([DW_TAG.typedef], ['number']) as number) < second);
  assert.ok((index.find([DW_TAG.union_type], ['both']) as number) < second);
  const count = dwarf.die(index.find([DW_TAG.variable], ['count']) as number);
  assert.ok(count.has(DW_AT.location), 'a declaration is not a definition');
  for (const name of ['lost', 'tem', '', 'no such']) {
    assert.equal(index.find([DW_TAG.variable, DW_TAG.structure_type], [name]), undefined, name);
  }
});

test('an earlier name goes before a later one, and then an earlier tag', () => {
  const dwarf = open();
  const index = new NameIndex(dwarf);
  const tag = (tags: number[], ...names: string[]) => dwarf.die(index.find(tags, names) as number).tag;
  assert.equal(tag([DW_TAG.structure_type, DW_TAG.typedef], 'item'), DW_TAG.structure_type);
  assert.equal(tag([DW_TAG.typedef, DW_TAG.structure_type], 'item'), DW_TAG.typedef);
  assert.equal(tag([DW_TAG.base_type, DW_TAG.union_type], 'signed int', 'both', 'int'), DW_TAG.union_type);
});

test('types and variables of a file come from its definitions', () => {
  const types = new FileTypes(open(), 8, () => undefined);
  assert.equal(types.find('struct item')?.size, 16);
  assert.equal(types.find('signed')?.name, 'int');
  assert.equal(types.find('both *')?.kind, 'pointer');
  assert.equal(types.find('enum both'), undefined);
  assert.equal(types.findVariable('count')?.name, 'int');
  assert.equal(types.findVariable('lost'), undefined);
  assert.equal(types.findVariable('number')?.name, 'int', 'declared only, its name in another section');
  assert.equal(types.findVariable('item')?.name, 'int', 'declared only');
});

test('a table that is complete is kept, and one that is not of this file is not believed', () => {
  const id: WrittenSection = {
    name: '.note.gnu.build-id',
    kind: 7,
    bytes: Uint8Array.from([4, 0, 0, 0, 4, 0, 0, 0, 3, 0, 0, 0, 0x47, 0x4e, 0x55, 0, 0xab, 0xcd, 0xef, 0x01]),
  };
  const kept = new Map<string, Uint8Array>();
  let loads = 0;
  const cache = {
    load(key: string) {
      loads++;
      return kept.get(key);
    },
    save: (key: string, bytes: Uint8Array) => void kept.set(key, bytes),
  };
  const open = (own: readonly WrittenSection[]): Dwarf =>
    openDebugFile(bytesSource('vmlinux', writeElfSections(own)), nodeCodecs(), [], { cache }).dwarf;
  const named = [...writeNames(), id];
  const question = (dwarf: Dwarf) => {
    const index = new NameIndex(dwarf);
    return ['item', 'count', 'both', 'int', 'lost'].map((name) =>
      index.find([DW_TAG.structure_type, DW_TAG.variable, DW_TAG.union_type, DW_TAG.base_type], [name]),
    );
  };
  const right = question(open(named));
  assert.equal(right[4], undefined);
  const keys = [...kept.keys()].sort();
  assert.match(keys[0] ?? '', /^names-\d+-abcdef01$/);
  loads = 0;
  const again = open(named);
  assert.deepEqual(question(again), right);
  assert.ok(loads > 0);
  const names = kept.get(keys[0] as string) as Uint8Array;
  const offsets = 32; // the header's length
  for (const damage of [
    names.subarray(0, names.length - 1),
    names.subarray(0, 20),
    new Uint8Array(0),
    Uint8Array.from(names, (b, i) => (i === 12 ? b ^ 1 : b)), // of another .debug_info
    Uint8Array.from(names, (b, i) => (i === 8 ? b + 1 : b)), // another count
  ]) {
    kept.set(keys[0] as string, damage);
    assert.deepEqual(question(open(named)), right);
  }
  for (const value of [0xff, 0, 1, 0x40]) {
    kept.set(
      keys[0] as string,
      Uint8Array.from(names, (b, i) => (i >= offsets && i < offsets + 64 ? value : b)),
    );
    for (const found of question(open(named))) assert.ok(found === undefined || right.includes(found));
  }
});
