import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nodeDisassembler } from '../node/disassembler.ts';
import type { FileText, PatchSite } from '../program/ports.ts';
import { type PatchedCode, patchedCode } from './patched-code.ts';

const disassembler = nodeDisassembler();
const AT = 0xffffffff82000000n;
const MOVED = 0x1000000n;

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(hex.replaceAll(' ', '').match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

interface Case {
  readonly moved?: bigint;
  readonly unknown?: string;
  readonly sites?: readonly PatchSite[];
}

function compare(memory: string, file: string, { moved = MOVED, unknown, sites = [] }: Case = {}): PatchedCode {
  const code = disassembler.disassemble(bytesOf(memory), AT, 'x86-64');
  const text: FileText = {
    file: 'vmlinux',
    bytes: bytesOf(file),
    moved,
    sites: () => sites,
    ...(unknown !== undefined && { unknown: bytesOf(unknown) }),
  };
  const symbol = { name: 'target', address: AT + 0x105n, size: 16, letter: 't' };
  const symbolAt = (at: bigint) => (at >= symbol.address && at < symbol.address + 16n ? symbol : undefined);
  return patchedCode(code, text, { disassembler, set: 'x86-64', symbolAt, base: 16 });
}

const shown = ({ patched }: PatchedCode) => [...patched].map(([i, p]) => [i, p.text, p.kind]);

test('a call that tracing took out, and the bytes of the file', () => {
  const found = compare('0f1f440000 55', 'e800010000 55', { sites: [{ offset: 0, size: 5, kind: 'ftrace' }] });
  assert.deepEqual(shown(found), [[0, 'call 0xffffffff82000105 <target>', 'ftrace']]);
  assert.deepEqual(found.patched.get(0)?.bytes, bytesOf('e800010000'));
});

test('the kernel has another address than the file was linked for: not a difference', () => {
  // mov $0xffffffff83000010,%rdi of the file's 0xffffffff82000010; movabs of 8 bytes; a field that shrinks
  assert.deepEqual(shown(compare('48c7c710000083', '48c7c710000082')), []);
  assert.deepEqual(shown(compare('48b8 10000083ffffffff', '48b8 10000082ffffffff')), []);
  assert.deepEqual(shown(compare('658b0510000081', '658b0510000082')), []);
  assert.equal(compare('48c7c710000083', '48c7c710000082', { moved: 0n }).patched.size, 1);
  assert.equal(compare('48c7c711000083', '48c7c710000082').patched.size, 1);
  assert.equal(compare('48c7c610000083', '48c7c710000082').patched.size, 1, 'another register besides');
});

test('one instruction of the file in the place of several', () => {
  const found = compare('c3 cc cc cc cc 90', 'e900010000 90', {
    sites: [{ offset: 0, size: 5, kind: 'return thunk' }],
  });
  assert.deepEqual(shown(found), [
    [0, 'jmp 0xffffffff82000105 <target>', 'return thunk'],
    ...[1, 2, 3, 4].map((i) => [i, '', 'return thunk']),
  ]);
});

test('bits that loading fills in are no difference', () => {
  assert.deepEqual(shown(compare('e812345600', 'e800000000', { unknown: '00ffffffff' })), []);
  assert.deepEqual(
    shown(compare('0f1f440000', 'e800010000', { unknown: '0000000000' })).map(([, text]) => text),
    ['call 0xffffffff82000105 <target>'],
  );
});

test('what no table has: a breakpoint is told by itself, other things have no kind', () => {
  assert.deepEqual(shown(compare('cc 4889e5', '55 4889e5')), [[0, 'push %rbp', 'breakpoint']]);
  assert.deepEqual(shown(compare('90 4889e5 c3', '55 4889e5 c3')), [[0, 'push %rbp', undefined]]);
});

test('code of which most is other code is not compared; a file that ends early is compared as far as it goes', () => {
  const other = compare('90 90 90 90 90 90', '55 53 51 52 56 57');
  assert.equal(other.replaced, true);
  assert.equal(other.patched.size, 0);
  const listed = compare('90 90 90 90 90 90', '55 53 51 52 56 57', {
    sites: [{ offset: -2, size: 9, kind: 'alternative' }],
  });
  assert.equal(listed.replaced, false);
  assert.equal(listed.patched.size, 6);
  assert.deepEqual(shown(compare('90 0f1f440000', '55 0f1f')), [[0, 'push %rbp', undefined]]);
  assert.deepEqual(shown(compare('', '')), []);
});
