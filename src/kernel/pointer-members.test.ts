import assert from 'node:assert/strict';
import { test } from 'node:test';
import { arrayType, pointerType, structType, u64Type } from '../../test/build/c-types.ts';
import type { CType } from '../types/c-type.ts';
import { PointerFits, structsAt } from './pointer-members.ts';

const VOID: CType = { ...u64Type, kind: 'void', name: '', size: 0, resolve: () => VOID };
const node = structType('node', 16, { next: [0, u64Type], prev: [8, u64Type] });
const inode = structType('inode', 64, { list: [0, node], number: [16, u64Type] });
const outer = structType('outer', 128, { flags: [0, u64Type], inode: [64, inode] });

test('pointers to a type, to anything, and what holds such an object itself', () => {
  const names = new Set(['inode']);
  const fits = (members: Parameters<typeof structType>[2]) => new PointerFits(names).of(structType('s', 256, members));
  assert.equal(fits({ a: [0, u64Type], b: [8, pointerType(node)] }), undefined);
  assert.equal(fits({ a: [0, pointerType(VOID)] }), 'untyped');
  assert.equal(fits({ a: [0, pointerType(VOID)], b: [8, pointerType(inode)] }), 'typed');
  assert.equal(fits({ a: [0, arrayType(structType('e', 8, { p: [0, pointerType(inode)] }), 4)] }), 'typed');
  assert.equal(fits({ own: [0, outer], host: [128, pointerType(inode)] }), 'embedding');
  assert.equal(fits({ own: [0, outer] }), undefined);
  assert.equal(new PointerFits(new Set()).of(structType('s', 8, { b: [0, pointerType(node)] })), 'untyped');
});

test('a struct that contains itself by damage is gone through once', () => {
  const type: CType = { ...structType('loop', 64, {}), members: [], resolve: () => type };
  Object.assign(type, { members: [{ name: 'again', type, bitOffset: 0, bitSize: 0 }] });
  assert.equal(new PointerFits(new Set(['inode'])).of(type), undefined);
  assert.deepEqual(new Set(structsAt(type, 0)), new Set(['loop']));
});

test('structs that begin at an offset', () => {
  assert.deepEqual(structsAt(outer, 0), ['outer']);
  assert.deepEqual(structsAt(outer, 64), ['inode', 'node']);
  assert.deepEqual(structsAt(outer, 72), []);
  assert.deepEqual(structsAt(outer, 500), []);
});
