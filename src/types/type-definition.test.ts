import assert from 'node:assert/strict';
import { test } from 'node:test';
import { btfTypes } from '../../test/build/btf-types.ts';
import { BtfWriter } from '../../test/build/btf-writer.ts';
import { declaration } from './declaration.ts';
import { layoutLines } from './layout-lines.ts';
import { offsetStyle, typeDefinition } from './type-definition.ts';

const w = new BtfWriter();
const int = w.int('int', 4, 1);
const long = w.int('long unsigned int', 8, 0);
const constLong = w.constant(long);
const callback = w.pointer(w.prototype(int, [['count', constLong]]));
const inner = w.struct(
  '',
  8,
  [
    ['x', int, 0],
    ['y', long, 0],
  ],
  'union',
);
const outer = w.struct(
  'outer',
  32,
  [
    ['first', int, 0],
    ['', inner, 64],
    ['named', inner, 128],
    ['op', callback, 192],
  ],
  'struct',
);
const types = btfTypes(w);

test('a definition with and without offsets', () => {
  const type = types.type(outer);
  assert.deepEqual(typeDefinition(type), [
    'struct outer {',
    '    int first;',
    '    union {',
    '        int x;',
    '        unsigned long y;',
    '    };',
    '    union {',
    '        int x;',
    '        unsigned long y;',
    '    } named;',
    '    int (*op)(const unsigned long);',
    '}',
  ]);
  assert.deepEqual(typeDefinition(type, offsetStyle(32, 10)).slice(1, 5), [
    '   [0] int first;',
    '       union {',
    '   [8]     int x;',
    '   [8]     unsigned long y;',
  ]);
  assert.deepEqual(typeDefinition(type, offsetStyle(32, 16))[7], '  [0x10]     int x;');
});

test('the layout names holes', () => {
  const lines = layoutLines(types.type(outer));
  assert.equal(lines[1], '/*      0      |       4 */    int first;');
  assert.equal(lines[2], '/* XXX  4-byte hole      */');
  assert.equal(lines[3], '/*      8      |       8 */    union {');
  assert.equal(lines[4], '/*                     4 */        int x;');
  assert.ok(lines.includes('                               /* total size (bytes):   32 */'));
});

test('qualifiers of pointers stand apart', () => {
  const q = new BtfWriter();
  const char = q.int('char', 1, 1);
  const pointer = q.constant(q.pointer(q.constant(char)));
  const nested = q.pointer(pointer);
  const made = btfTypes(q);
  assert.equal(declaration(made.type(pointer), 'name'), 'const char * const name');
  assert.equal(declaration(made.type(nested)), 'const char * const *');
});
