import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DwarfBytes, debugFrame, ehFrame } from '../../../test/build/cfi-writer.ts';
import { AnalysisError } from '../../base/errors.ts';
import { callerOf } from './cfi-frame.ts';
import { cfiRow } from './cfi-row.ts';
import { CfiSection } from './cfi-section.ts';
import type { ExpressionContext } from './expression-context.ts';

const TEXT = 0xffffffff81000000n;
/** CFA is rsp + 8, the return address lies at CFA - 8. */
const INITIAL = [0x0c, 7, 8, 0x80 | 16, 1];
/** push rbp; mov rsp, rbp; push rbx: the usual function. */
const PUSHES = [0x41, 0x0e, 16, 0x86, 2, 0x43, 0x0d, 6, 0x41, 0x83, 3];

function section(bytes: Uint8Array, eh = false, address = 0n): CfiSection {
  return new CfiSection({ name: 'test', bytes, address, eh, littleEndian: true, addressSize: 8 });
}

function context(registers: Record<number, bigint>, memory: Record<string, bigint> = {}): ExpressionContext {
  return {
    ...{ littleEndian: true, addressSize: 8, offsetSize: 4, version: 5 },
    register: (n) => registers[n],
    read(at) {
      const value = memory[at.toString(16)];
      if (value === undefined) throw new AnalysisError('test', 'not there');
      return value;
    },
  };
}

test('entries are found by address, also when they are not in order', () => {
  const s = section(
    debugFrame(16, INITIAL, [
      { start: TEXT + 0x1000n, size: 0x100, code: PUSHES },
      { start: TEXT, size: 0x40, code: PUSHES },
      { start: TEXT + 0x40n, size: 0x10, code: [] },
    ]),
  );
  assert.equal(s.count, 3);
  assert.equal(s.damage, undefined);
  assert.equal(s.find(TEXT + 0x3fn)?.start, TEXT);
  assert.equal(s.find(TEXT + 0x40n)?.start, TEXT + 0x40n);
  assert.equal(s.find(TEXT + 0x50n), undefined);
  assert.equal(s.find(TEXT + 0x10ffn)?.start, TEXT + 0x1000n);
  assert.equal(s.find(TEXT - 1n), undefined);
});

test('rows follow the prologue, and give the caller and what it saved', () => {
  const s = section(debugFrame(16, INITIAL, [{ start: TEXT, size: 0x40, code: PUSHES }]));
  const fde = s.find(TEXT);
  assert.ok(fde);
  const row = (offset: bigint) => cfiRow(s, fde, TEXT + offset);
  assert.deepEqual(row(0n).cfa, { register: 7, offset: 8 });
  assert.deepEqual(row(1n).cfa, { register: 7, offset: 16 });
  assert.deepEqual(row(4n).cfa, { register: 6, offset: 16 });
  assert.equal(row(4n).rules.has(3), false);
  assert.deepEqual(row(5n).rules.get(3), { how: 'saved', offset: -24 });
  const memory = { f8: 0x5555n, f0: 0x6666n, e8: 0x7777n };
  const caller = callerOf(row(9n), context({ 6: 0xf0n, 12: 0xccn }, memory), 17, [3, 6, 12, 13], 7);
  assert.equal(caller.cfa, 0x100n);
  assert.deepEqual([caller.registers[16], caller.registers[6], caller.registers[3]], [0x5555n, 0x6666n, 0x7777n]);
  assert.deepEqual([caller.registers[7], caller.registers[12], caller.registers[0]], [0x100n, 0xccn, undefined]);
});

test('every way to state a rule', () => {
  const code = new DwarfBytes()
    .u8(0x0a) // remember
    .u8(0x05, 12, 4) // offset_extended
    .u8(0x11, 13)
    .sleb(-2) // offset_extended_sf
    .u8(0x14, 14, 2) // val_offset
    .u8(0x07, 15) // undefined
    .u8(0x08, 3) // same_value
    .u8(0x09, 8, 9) // register
    .u8(0x10, 10, 3, 0x11, 0x78, 0x22) // expression: CFA - 8
    .u8(0x16, 11, 2, 0x23, 5) // val_expression: CFA + 5
    .u8(0x12, 6)
    .sleb(-4) // def_cfa_sf: rbp + 32
    .u8(0x41)
    .u8(0x0b) // restore state
    .u8(0x0f, 2, 0x76, 0x10); // def_cfa_expression: rbp + 16
  const s = section(debugFrame(16, INITIAL, [{ start: TEXT, size: 0x40, code: code.bytes }]));
  const fde = s.find(TEXT);
  assert.ok(fde);
  const values = { 6: 0x1000n, 9: 0x99n, 3: 0x33n };
  const memory = { '1000': 0xaan, '1030': 0xbbn, '1018': 0xccn };
  const first = callerOf(cfiRow(s, fde, TEXT), context(values, memory), 17, [], 7);
  assert.equal(first.cfa, 0x1020n);
  const got = (n: number) => first.registers[n];
  assert.deepEqual([got(12), got(13), got(14), got(15)], [0xaan, 0xbbn, 0x1010n, undefined]);
  assert.deepEqual([got(3), got(8), got(10), got(11)], [0x33n, 0x99n, 0xccn, 0x1025n]);
  const second = callerOf(cfiRow(s, fde, TEXT + 1n), context(values, memory), 17, [], 7);
  assert.equal(second.cfa, 0x1010n);
  assert.equal(second.registers[12], undefined);
});

test('the section for exceptions, with relative pointers and frames that were interrupted', () => {
  const at = 0xffffffff82000000n;
  const s = section(ehFrame(at, 16, INITIAL, [{ start: TEXT, size: 0x20, code: PUSHES }]), true, at);
  const fde = s.find(TEXT + 0x1fn);
  assert.ok(fde);
  const row = cfiRow(s, fde, TEXT + 1n);
  assert.deepEqual(row.cfa, { register: 7, offset: 16 });
  assert.equal(row.signal, true);
  assert.equal(row.returnRegister, 16);
});

test('what is cut or damaged gives fewer entries or an error, never anything else', () => {
  const whole = debugFrame(16, INITIAL, [
    { start: TEXT, size: 0x40, code: PUSHES },
    { start: TEXT + 0x40n, size: 0x40, code: PUSHES },
  ]);
  let random = 12345;
  const next = (limit: number) => {
    random = (random * 1103515245 + 12345) & 0x7fffffff;
    return random % limit;
  };
  let good = 0;
  for (let i = 0; i < 3000; i++) {
    const bytes = i < whole.length ? whole.slice(0, i) : whole.slice();
    if (i >= whole.length) for (let n = 0; n < 3; n++) bytes[next(bytes.length)] = next(256);
    try {
      const s = section(bytes);
      for (const pc of [TEXT, TEXT + 0x45n]) {
        const fde = s.find(pc);
        if (fde) cfiRow(s, fde, pc);
        if (fde) good++;
      }
    } catch (e) {
      assert.ok(e instanceof AnalysisError, String(e));
    }
  }
  assert.ok(good > 1000, `${good} were found`);
});
