import assert from 'node:assert/strict';
import { test } from 'node:test';
import { btfTypes } from '../../test/build/btf-types.ts';
import { BtfWriter } from '../../test/build/btf-writer.ts';
import type { CType } from './c-type.ts';
import { formatLayout } from './format-layout.ts';
import { formatType } from './format-type.ts';
import { arrayOf, intType, pointerTo, voidType } from './simple-type.ts';

const w = new BtfWriter();
const int = w.int('int', 4, 1);
const char = w.int('char', 1, 2);
const constChar = w.constant(char);
const text = w.pointer(constChar);
const list = w.endId;
w.struct('list_head', 16, [
  ['next', list + 1, 0],
  ['prev', list + 1, 64],
]);
w.pointer(list);
const listArray = w.array(list + 1, int, 2);
const prototype = w.prototype(int, [
  ['fd', int],
  ['name', text],
  ['', 0],
]);
const callback = w.pointer(prototype);
const callbacks = w.array(callback, int, 3);
const maker = w.pointer(w.prototype(callback, []));
const arrayPointer = w.pointer(w.array(w.array(int, int, 4), int, 5));
const forward = w.pointer(w.forward('opaque', true));
const constPointer = w.constant(text);
const inner = w.struct(
  '',
  8,
  [
    ['x', int, 0],
    ['y', int, 32],
  ],
  'union',
);
const outer = w.struct(
  'outer',
  32,
  [
    ['', inner, 0, 0],
    ['flag', int, 64, 3],
    ['rest', int, 67, 29],
    ['op', callback, 128, 0],
    ['link', list, 192, 0],
  ],
  'struct',
  true,
);
const color = w.enumeration(
  'color',
  [
    ['RED', 0],
    ['BLUE', -2],
  ],
  true,
);
const volatileInt = w.volatile(int);
const nothing = w.pointer(0);
const types = btfTypes(w);

test('declarations as C writes them', () => {
  const cases: readonly (readonly [number, string, string])[] = [
    [int, 'x', 'int x'],
    [int, '', 'int'],
    [text, 'name', 'const char *name'],
    [constPointer, 'name', 'const char *const name'],
    [listArray, 'next', 'struct list_head *next[2]'],
    [callback, 'open', 'int (*open)(int fd, const char *name, ...)'],
    [callbacks, 'ops', 'int (*ops[3])(int fd, const char *name, ...)'],
    [maker, 'make', 'int (*(*make)(void))(int fd, const char *name, ...)'],
    [arrayPointer, 'p', 'int (*p)[5][4]'],
    [forward, 'o', 'union opaque *o'],
    [inner, 'u', 'union {...} u'],
    [color, 'c', 'enum color c'],
    [volatileInt, 'v', 'volatile int v'],
    [nothing, 'p', 'void *p'],
    [nothing, '', 'void *'],
  ];
  for (const [id, name, wanted] of cases) assert.equal(formatType(types.type(id), name), wanted);
});

test('types made by the program', () => {
  const long = intType('long', 8, true);
  assert.equal(formatType(pointerTo(arrayOf(long, 3), 8), 'p'), 'long (*p)[3]');
  assert.equal(arrayOf(long, 3).size, 24);
  assert.equal(long.signed, true);
  assert.equal(voidType().size, 0);
});

test('a type that contains itself ends', () => {
  const loop = new BtfWriter();
  const first = loop.endId;
  loop.pointer(first);
  const text = formatType(btfTypes(loop).type(first), 'x');
  assert.match(text, /^\.\.\. \*+x$/);
});

test('the layout of a struct and of an enumeration', () => {
  assert.deepEqual(formatLayout(types.type(outer), { offsets: true }), [
    'struct outer {',
    '             union {',
    '     [0]         int x;',
    '     [4]         int y;',
    '             };',
    '     [8]     int flag : 3;',
    '     [8]     int rest : 29;',
    '    [16]     int (*op)(int fd, const char *name, ...);',
    '    [24]     struct list_head link;',
    '}',
    'SIZE: 32',
  ]);
  assert.deepEqual(formatLayout(types.type(color)), ['enum color {', '    RED = 0,', '    BLUE = -2,', '}', 'SIZE: 4']);
  const pointer: CType = types.type(text);
  assert.deepEqual(formatLayout(pointer), ['const char *;', 'SIZE: 8']);
});
