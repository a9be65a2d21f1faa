import assert from 'node:assert/strict';
import { test } from 'node:test';
import { debugElf } from '../../test/build/debug-elf-writer.ts';
import { bytesSource } from '../base/byte-source.ts';
import { ElfFile } from '../elf/elf-file.ts';
import { FunctionNames } from './function-names.ts';

const symbols = [
  { name: 'first', value: 0x1000, size: 10 },
  { name: 'alias', value: 0x1000, size: 10 },
  { name: 'twice', value: 0x1010, size: 4 },
  { name: '$x', value: 0x1018, type: 0 },
  { name: '.Llocal', value: 0x101c, type: 0 },
  { name: 'twice', value: 0x1020, size: 4 },
  { name: 'data', value: 0x1030, size: 4, type: 1 },
  { name: 'last', value: 0x1800 },
];

test('functions by name, with the sizes that a kernel prints', () => {
  const names = new FunctionNames(new ElfFile(bytesSource('vmlinux', debugElf({ symbols }))));
  assert.deepEqual(names.find('first'), [{ address: 0x1000n, size: 0x10 }]);
  assert.deepEqual(names.find('alias'), [{ address: 0x1000n, size: 0x10 }]);
  assert.deepEqual(names.find('twice'), [
    { address: 0x1010n, size: 0x10 },
    { address: 0x1020n, size: 0x7e0 },
  ]);
  assert.deepEqual(names.find('last'), [{ address: 0x1800n, size: 0x800 }]);
  for (const none of ['data', 'fir', 'firsts', '']) assert.deepEqual(names.find(none), [], none);
});

test('a stripped file has none', () => {
  assert.deepEqual(new FunctionNames(new ElfFile(bytesSource('x', debugElf({ symbols: [] })))).find('first'), []);
});
