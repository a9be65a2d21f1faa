import assert from 'node:assert/strict';
import { test } from 'node:test';
import { arrayType, structType, u32Type, u64Type } from '../../../test/build/c-types.ts';
import { type WrittenSection, writeElfSections } from '../../../test/build/elf-sections-writer.ts';
import { TestKernel } from '../../../test/build/test-program.ts';
import { x86_64 } from '../../arch/x86-64.ts';
import { bytesSource } from '../../base/byte-source.ts';
import { AnalysisError } from '../../base/errors.ts';
import { openDebugFile } from './debug-file.ts';
import { type ModuleSections, moduleSections } from './module-sections.ts';

const BASE = TestKernel.BASE;
const HEAD = BASE + 0x1000n;
const MODULE = BASE + 0x2000n;
const ATTRS = BASE + 0x3000n;
const STRINGS = BASE + 0x5000n;
const TEXT = BASE + 0x60000n;
const DATA = BASE + 0x61000n;
const noCodecs = {
  decoder(): never {
    throw new AnalysisError('test', 'no decoder');
  },
};

class Kernel extends TestKernel {
  #strings = STRINGS;

  text(text: string, at = this.#strings): bigint {
    this.memory.write(Number(at - BASE), Uint8Array.from([...`${text}\0`].map((c) => c.charCodeAt(0))));
    if (at === this.#strings) this.#strings += 64n;
    return at;
  }
}

/** A kernel with one module, and the types that its releases agree on. */
function kernel(): Kernel {
  const k = new Kernel();
  k.fill(BASE, 0x8000);
  const list = structType('list_head', 16, { next: [0, u64Type], prev: [8, u64Type] });
  const layout = structType('module_layout', 16, { base: [0, u64Type], size: [8, u32Type], text_size: [12, u32Type] });
  const name = arrayType({ ...u32Type, kind: 'int', name: 'char', size: 1 }, 56);
  k.type(list);
  k.type(
    structType('module', 0x200, {
      state: [0, u32Type],
      list: [8, list],
      name: [24, name],
      core_layout: [0x80, layout],
      init_layout: [0x98, layout],
      sect_attrs: [0x100, u64Type],
    }),
  );
  k.symbol('modules', HEAD);
  k.word(HEAD, MODULE + 8n);
  k.word(MODULE + 8n, HEAD);
  k.text('lab', MODULE + 24n);
  k.word(MODULE + 0x80n, TEXT);
  k.word(MODULE + 0x88n, 0x1000_0000_2000n);
  k.word(MODULE + 0x100n, ATTRS);
  return k;
}

function sectionsOf(k: Kernel): ModuleSections | undefined {
  const sections: WrittenSection[] = [
    { name: '.text', bytes: new Uint8Array(16), flags: 6 },
    { name: '.data', bytes: new Uint8Array(16), flags: 3 },
    { name: '.debug_info', bytes: new Uint8Array(16) },
  ];
  const file = openDebugFile(bytesSource('/x/lab.ko', writeElfSections(sections, 1)), noCodecs, [x86_64]);
  return moduleSections(k.program(x86_64), file);
}

const FOUND: ModuleSections = {
  module: 'lab',
  sections: new Map([
    [1, TEXT],
    [2, DATA],
  ]),
};
const SECTIONS: readonly (readonly [string, bigint])[] = [
  ['.text', TEXT],
  ['.data', DATA],
  ['.gone', TEXT + 0x100n],
];

test('before 5.6: the attribute, its name and the address one after the other', () => {
  const k = kernel();
  const attr = structType('module_sect_attr', 72, { name: [56, u64Type], address: [64, u64Type] });
  k.type(attr);
  k.type(
    structType('module_sect_attrs', 48, {
      grp: [0, u64Type],
      nsections: [40, u32Type],
      attrs: [48, arrayType(attr, 0)],
    }),
  );
  k.word(ATTRS + 40n, 3n);
  SECTIONS.forEach(([name, address], i) => {
    k.word(ATTRS + 48n + BigInt(72 * i + 56), k.text(name));
    k.word(ATTRS + 48n + BigInt(72 * i + 64), address);
  });
  assert.deepEqual(sectionsOf(k), FOUND);
});

const attribute = structType('attribute', 16, { name: [0, u64Type] });
const binAttribute = structType('bin_attribute', 64, { attr: [0, attribute], private: [24, u64Type] });

test('from 5.6 on: the name is in a binary attribute', () => {
  const k = kernel();
  const attr = structType('module_sect_attr', 72, { battr: [0, binAttribute], address: [64, u64Type] });
  k.type(attr);
  k.type(
    structType('module_sect_attrs', 48, {
      grp: [0, u64Type],
      nsections: [40, u32Type],
      attrs: [48, arrayType(attr, 0)],
    }),
  );
  k.word(ATTRS + 40n, 3n);
  SECTIONS.forEach(([name, address], i) => {
    k.word(ATTRS + 48n + BigInt(72 * i), k.text(name));
    k.word(ATTRS + 48n + BigInt(72 * i + 64), address);
  });
  assert.deepEqual(sectionsOf(k), FOUND);
  k.word(ATTRS + 40n, 0xffff_ffffn);
  assert.equal(sectionsOf(k)?.sections.size, 0, 'no kernel has so many');
});

test('from 6.14 on: pointers to binary attributes that end with NULL', () => {
  const k = kernel();
  const group = structType('attribute_group', 40, { bin_attrs: [32, u64Type] });
  k.type(binAttribute);
  k.type(structType('module_sect_attrs', 48, { grp: [0, group], attrs: [48, arrayType(binAttribute, 0)] }));
  const pointers = ATTRS + 0x800n;
  k.word(ATTRS + 32n, pointers);
  SECTIONS.forEach(([name, address], i) => {
    const at = ATTRS + 48n + BigInt(64 * i);
    k.word(pointers + BigInt(8 * i), at);
    k.word(at, k.text(name));
    k.word(at + 24n, address);
  });
  assert.deepEqual(sectionsOf(k), FOUND);
});
