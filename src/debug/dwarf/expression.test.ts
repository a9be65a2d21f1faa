import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AnalysisError } from '../../base/errors.ts';
import { evaluateLocation, evaluateValue } from './expression.ts';
import type { ExpressionContext } from './expression-context.ts';
import { objectBytes } from './object-bytes.ts';

const M64 = 2n ** 64n;

const context: ExpressionContext = {
  ...{ littleEndian: true, addressSize: 8, offsetSize: 4, version: 5 },
  register: (n) => (n === 3 ? 0x1000n : n === 5 ? 0x1122334455667788n : undefined),
  read: (at, size) => BigInt.asUintN(size * 8, at * 0x10n + 0xffff0000n),
  relocate: (address) => address + 0x100n,
  addressAt: (index) => BigInt(index) * 0x10n,
  constantAt: (index) => BigInt(index) + 7n,
  frameBase: () => 0x2000n,
  cfa: () => 0x3000n,
  entryValue: (expression) => (expression[0] === 0x55 ? 0x42n : undefined),
  baseType: (offset) =>
    offset === 1
      ? { size: 4, kind: 'signed' }
      : offset === 2
        ? { size: 1, kind: 'unsigned' }
        : offset === 3
          ? { size: 8, kind: 'float' }
          : undefined,
  called: (offset) => (offset === 9 ? Uint8Array.of(0x35) : undefined),
  objectAddress: 0x77n,
};

const value = (...bytes: number[]) => evaluateValue(Uint8Array.from(bytes), context);
const place = (...bytes: number[]) => evaluateLocation(Uint8Array.from(bytes), context);

test('numbers and stack operations', () => {
  const cases: readonly (readonly [bigint, readonly number[]])[] = [
    [5n, [0x35]],
    [0x1234n, [0x0a, 0x34, 0x12]],
    [M64 - 2n, [0x09, 0xfe]],
    [M64 - 1n, [0x11, 0x7f]],
    [0x80n, [0x10, 0x80, 0x01]],
    [0x108n, [0x03, 8, 0, 0, 0, 0, 0, 0, 0]],
    [0x120n, [0xa1, 2]],
    [9n, [0xa2, 2]],
    [6n, [0x33, 0x33, 0x22]], // 3 + 3
    [M64 - 1n, [0x31, 0x32, 0x1c]], // 1 - 2
    [6n, [0x32, 0x33, 0x1e]],
    [M64 - 2n, [0x09, 0xfb, 0x32, 0x1b]], // -5 / 2 as signed numbers
    [1n, [0x37, 0x33, 0x1d]], // 7 mod 3
    [M64 - 1n, [0x09, 0xfe, 0x31, 0x26]], // -2 >> 1 with its sign
    [0x7fffffffffffffffn, [0x09, 0xfe, 0x31, 0x25]], // without
    [0n, [0x31, 0x08, 64, 0x24]], // shifted out
    [1n, [0x09, 0xff, 0x30, 0x2d]], // -1 < 0
    [3n, [0x09, 0xfd, 0x19]], // abs(-3)
    [M64 - 3n, [0x33, 0x1f]],
    [M64 - 1n, [0x30, 0x20]],
    [1n, [0x31, 0x32, 0x33, 0x17, 0x13]], // rot puts the 3 below, and the 2 on top is dropped
    [1n, [0x31, 0x32, 0x14]], // over
    [1n, [0x31, 0x32, 0x16]], // swap
    [1n, [0x31, 0x32, 0x33, 0x15, 2]], // pick
    [8n, [0x33, 0x23, 5]],
    [4n, [0x31, 0x28, 1, 0, 0x35, 0x34]], // branch over the 5
    [4n, [0x2f, 1, 0, 0x35, 0x34]],
    [0x1005n, [0x73, 5]],
    [0x0ffcn, [0x92, 3, 0x7c]],
    [0x1ff8n, [0x91, 0x78]],
    [0x3000n, [0x9c]],
    [0x77n, [0x97]],
    [0x42n, [0xa3, 1, 0x55, 0x9f]],
    [0x42n, [0xf3, 1, 0x55]],
    [5n, [0x98, 9, 0]],
    [0x10n, [0x31, 0x94, 1]],
    [0xffff0010n, [0x31, 0x06]],
  ];
  for (const [wanted, bytes] of cases) {
    assert.equal(value(...bytes), wanted, bytes.map((b) => b.toString(16)).join(' '));
  }
});

test('typed operations', () => {
  assert.equal(value(0x09, 0xff, 0xa8, 2, 0xa8, 0), 0xffn, '-1 as an unsigned byte');
  assert.equal(value(0x08, 0xff, 0xa8, 2, 0xa8, 1, 0xa8, 0), 0xffn);
  assert.equal(value(0xa4, 1, 4, 0xfe, 0xff, 0xff, 0xff, 0xa8, 0), M64 - 2n, 'sign-extended from int');
  assert.equal(value(0xa5, 5, 2, 0xa8, 0), 0x88n, 'a register as a byte');
  assert.equal(value(0x37, 0xa8, 3, 0x32, 0xa8, 3, 0x1b, 0x32, 0xa8, 3, 0x1e, 0xa8, 0), 7n, '7.0 / 2.0 * 2.0');
  assert.equal(value(0x31, 0xa6, 1, 2, 0xa9, 0), 0x10n);
});

test('where objects are', () => {
  assert.deepEqual(place(0x53), { in: 'register', register: 3 });
  assert.deepEqual(place(0x90, 40), { in: 'register', register: 40 });
  assert.deepEqual(place(0x91, 0), { in: 'memory', address: 0x2000n });
  assert.deepEqual(place(0x35, 0x9f), { in: 'value', value: 5n });
  assert.deepEqual(place(0xa0, 0x10, 0, 0, 0, 4), { in: 'pointer', die: 0x10, offset: 4 });
  assert.deepEqual(place(), { in: 'nowhere' });
  const pieces = place(0x55, 0x93, 4, 0x93, 2, 0x9e, 2, 7, 8, 0x93, 2);
  assert.equal(pieces.in, 'pieces');
  assert.deepEqual(pieces.in === 'pieces' && pieces.pieces.map((p) => [p.location.in, p.bits]), [
    ['register', 32],
    ['nowhere', 16],
    ['bytes', 16],
  ]);
});

test('the bytes of an object', () => {
  const read = (at: bigint, into: Uint8Array) => into.fill(Number(at & 0xffn));
  const bytes = (size: number, ...e: number[]) => [...objectBytes(place(...e), size, context, read)];
  assert.deepEqual(bytes(4, 0x55), [0x88, 0x77, 0x66, 0x55]);
  assert.deepEqual(bytes(2, 0x91, 5), [5, 5]);
  assert.deepEqual(bytes(2, 0x0a, 0x34, 0x12, 0x9f), [0x34, 0x12]);
  assert.deepEqual(bytes(4, 0x55, 0x93, 2, 0x53, 0x93, 2), [0x88, 0x77, 0, 0x10]);
  assert.deepEqual(bytes(1, 0x55, 0x9d, 4, 4, 0x53, 0x9d, 4, 12), [0x18], 'half bytes of two registers');
  assert.throws(() => bytes(4, 0x55, 0x93, 2, 0x93, 2), /partly optimized out/);
  assert.throws(() => bytes(4), /optimized out/);
  assert.throws(() => bytes(1e9, 0x91, 0), /more than/);
});

test('what cannot be told is an error with its reason', () => {
  const bad: readonly (readonly [RegExp, readonly number[]])[] = [
    [/register 4 is not known/, [0x74, 0]],
    [/empty stack/, [0x22]],
    [/division by zero/, [0x31, 0x30, 0x1b]],
    [/steps/, [0x2f, 0xfd, 0xff]],
    [/values/, [0x31, 0x2f, 0xfc, 0xff]],
    [/out of itself/, [0x2f, 0xff, 0x7f]],
    [/thread-local/, [0x30, 0x9b]],
    [/value on entry/, [0xa3, 1, 0x50]],
    [/unknown operation/, [0xdd]],
    [/needs 8 bytes/, [0x03, 1]],
    [/no base type/, [0x31, 0xa8, 0x20]],
    [/branches out/, [0x2f, 0x00, 0x80]],
    [/LEB128/, [0x10, ...new Array<number>(30).fill(0x80)]],
  ];
  for (const [message, bytes] of bad)
    assert.throws(
      () => value(...bytes),
      (e) => e instanceof AnalysisError && message.test(e.message),
    );
  let random = 1;
  for (let i = 0; i < 5000; i++) {
    const bytes = Uint8Array.from({ length: 12 }, () => {
      random = (random * 1103515245 + 12345) & 0x7fffffff;
      return (random >> 8) & 0xff;
    });
    try {
      const found = evaluateLocation(bytes, context);
      assert.ok(found.in.length > 0);
    } catch (e) {
      assert.ok(e instanceof AnalysisError, String(e));
    }
  }
});
