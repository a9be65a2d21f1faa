import assert from 'node:assert/strict';
import { test } from 'node:test';
import { writeElfSections } from '../../../test/build/elf-sections-writer.ts';
import { writeNamed } from '../../../test/build/named-dwarf-writer.ts';
import { bytesSource } from '../../base/byte-source.ts';
import { nodeCodecs } from '../../node/codecs.ts';
import { openDebugFile } from './debug-file.ts';

test('macros by name, with their parameters, through imports', () => {
  const { macros } = openDebugFile(bytesSource('vmlinux', writeElfSections(writeNamed())), nodeCodecs(), []);
  assert.deepEqual(macros.find('LIMIT'), { name: 'LIMIT', body: '0x40' });
  assert.deepEqual(macros.find('SHIFT'), { name: 'SHIFT', parameters: ['v', 'by'], body: '((v) << (by))' });
  assert.deepEqual(macros.find('FAR'), { name: 'FAR', body: '' });
  assert.deepEqual(macros.find('GONE'), { name: 'GONE', body: '1' }, 'its last definition, though it was undefined');
  assert.equal(macros.find('LIM'), undefined);
  assert.equal(macros.find('no such'), undefined);
});
