import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type WrittenSection, writeElfSections } from '../../../test/build/elf-sections-writer.ts';
import { writeNamed } from '../../../test/build/named-dwarf-writer.ts';
import { bytesSource } from '../../base/byte-source.ts';
import { nodeCodecs } from '../../node/codecs.ts';
import { type DebugFile, openDebugFile } from './debug-file.ts';
import { DebugNames } from './debug-names.ts';
import { DW_TAG } from './dw-tag.ts';
import { FileTypes } from './file-types.ts';

function open(sections: readonly WrittenSection[]): DebugFile {
  return openDebugFile(bytesSource('vmlinux', writeElfSections(sections)), nodeCodecs(), []);
}

test('names are found through .debug_names', () => {
  const { dwarf } = open(writeNamed());
  const names = DebugNames.of(dwarf);
  const at = names?.find([DW_TAG.structure_type], ['nothing', 'point']);
  assert.equal(dwarf.die(at ?? 0).tag, DW_TAG.structure_type);
  assert.equal(names?.find([DW_TAG.union_type], ['point']), undefined);
  assert.equal(dwarf.die(names?.find([DW_TAG.variable], ['origin']) ?? 0).tag, DW_TAG.variable);
});

test('an index that leaves out a unit, or is damaged, is not used; the names are found all the same', () => {
  assert.equal(DebugNames.of(open(writeNamed(false)).dwarf), undefined);
  const damaged = writeNamed().map((s) => (s.name === '.debug_names' ? { ...s, bytes: s.bytes.slice(0, 50) } : s));
  assert.equal(DebugNames.of(open(damaged).dwarf), undefined);
  for (const sections of [writeNamed(), writeNamed(false), damaged]) {
    const types = new FileTypes(open(sections).dwarf, 8, () => undefined);
    const point = types.find('struct point');
    assert.equal(point?.size, 8);
    assert.equal(point?.findMember('where.deep')?.offset, 4, 'through the type unit');
    assert.equal(types.findVariable('origin')?.name, 'point');
  }
});
