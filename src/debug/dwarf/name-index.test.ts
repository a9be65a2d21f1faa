import assert from 'node:assert/strict';
import { test } from 'node:test';
import { writeDwarf } from '../../../test/build/dwarf-writer.ts';
import { writeElfSections } from '../../../test/build/elf-sections-writer.ts';
import { bytesSource } from '../../base/byte-source.ts';
import { nodeCodecs } from '../../node/codecs.ts';
import { openDebugFile } from './debug-file.ts';
import { DW_AT } from './dw-at.ts';
import { DW_TAG } from './dw-tag.ts';
import { NameIndex } from './name-index.ts';

test('definitions are found by name, whether the name stands in .debug_str or in the entry', () => {
  for (const version of [4, 5] as const) {
    const bytes = writeElfSections(writeDwarf(version));
    const { dwarf } = openDebugFile(bytesSource('vmlinux', bytes), nodeCodecs(), []);
    const index = new NameIndex(dwarf);
    assert.equal(index.size, 4);
    for (const name of ['inner', 'middle', 'outer', 'plain']) {
      const at = index.find([DW_TAG.structure_type, DW_TAG.subprogram], name);
      assert.ok(at !== undefined, name);
      assert.equal(dwarf.die(at).string(DW_AT.name), name);
      assert.equal(index.find([DW_TAG.variable], name), undefined);
    }
    assert.equal(index.find([DW_TAG.subprogram], 'nner'), undefined);
    assert.equal(index.find([DW_TAG.subprogram], ''), undefined);
  }
});
