import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type WrittenSection, writeElfSections } from '../../../test/build/elf-sections-writer.ts';
import { NAMED_CODE, writeSplit } from '../../../test/build/named-dwarf-writer.ts';
import { bytesSource } from '../../base/byte-source.ts';
import { nodeCodecs } from '../../node/codecs.ts';
import { type DebugFile, openDebugFile } from './debug-file.ts';
import { FileTypes } from './file-types.ts';
import { SourceLines } from './source-lines.ts';

function open(files: Readonly<Record<string, readonly WrittenSection[]>>): { file: DebugFile; asked: string[] } {
  const asked: string[] = [];
  const { whole } = writeSplit();
  const file = openDebugFile(bytesSource('/k/vmlinux', writeElfSections(whole)), nodeCodecs(), [], {
    open: (path) => {
      asked.push(path);
      const sections = files[path];
      return sections && bytesSource(path, writeElfSections(sections, 1));
    },
  });
  return { file, asked };
}

const functionAt = ({ dwarf }: DebugFile, offset: bigint) =>
  new SourceLines(dwarf).at(dwarf.place(NAMED_CODE + offset))?.map((f) => f.name);

test('what was split off a unit is read from its file, with the addresses of the whole one', () => {
  const { split } = writeSplit();
  for (const path of ['/build/apart.dwo', '/k/apart.dwo']) {
    const { file } = open({ [path]: split });
    assert.deepEqual(functionAt(file, 0x20n), ['apart']);
    assert.equal(functionAt(file, 0x60n), undefined);
    const far = new FileTypes(file.dwarf, 8, () => undefined).find('struct far');
    assert.equal(far?.findMember('n')?.type.name, 'int');
    assert.deepEqual(file.problems, []);
  }
});

test('a file that is missing is a problem with its name, and said once', () => {
  const { file, asked } = open({});
  assert.equal(functionAt(file, 0x20n), undefined);
  assert.equal(new FileTypes(file.dwarf, 8, () => undefined).find('struct far'), undefined);
  assert.equal(file.problems.length, 1);
  assert.match(file.problems[0]?.message ?? '', /no split file apart\.dwo: \/k\/vmlinux needs it/);
  assert.deepEqual(asked, ['/k/vmlinux.dwp', '/build/apart.dwo', '/k/apart.dwo']);
});

test('a file of another build is not used', () => {
  const split = writeSplit().split.map((s) => {
    if (s.name !== '.debug_info.dwo') return s;
    const bytes = s.bytes.slice();
    bytes[12] = 0x55;
    return { ...s, bytes };
  });
  const { file } = open({ '/build/apart.dwo': split });
  assert.equal(functionAt(file, 0x20n), undefined);
  assert.match(file.problems[0]?.message ?? '', /it was built for another file/);
});
