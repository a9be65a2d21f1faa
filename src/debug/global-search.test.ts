import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testArchitecture } from '../../test/build/test-architecture.ts';
import { TestKernel } from '../../test/build/test-program.ts';
import type { Architecture, DataReference } from '../program/ports.ts';
import { globalSearch } from './global-search.ts';

const TEXT = TestKernel.BASE + 0x10000n;
const DATA = TestKernel.BASE + 0x20000n;

/** Code that is a list of addresses; without a decoder when `decodes` is false. */
function arch(decodes = true): Architecture {
  return testArchitecture(decodes ? { dataReferences: listedAddresses } : {});
}

function listedAddresses(code: Uint8Array): DataReference[] {
  const view = new DataView(code.buffer, code.byteOffset, code.byteLength);
  const found: DataReference[] = [];
  for (let i = 0; i + 8 <= code.length; i += 8) found.push({ address: view.getBigUint64(i, true), access: 'memory' });
  return found;
}

function kernel(): TestKernel {
  const k = new TestKernel();
  k.fill(TEXT, 0x1000);
  k.fill(DATA, 0x1000);
  return k;
}

/** A function whose code names `addresses`. */
function fn(k: TestKernel, name: string, at: bigint, addresses: readonly bigint[]): void {
  k.symbol(name, at, addresses.length * 8);
  for (const [i, a] of addresses.entries()) k.word(at + BigInt(i * 8), a);
}

test('a candidate counts only when memory there looks like the variable', () => {
  const k = kernel();
  const wrong = DATA + 0x100n;
  const mask = DATA + 0x200n;
  k.word(wrong, 0xffff888012345678n);
  k.word(mask, 0x3000n);
  fn(k, 'get_taint', TEXT, [0x10n, wrong, mask]);
  const prog = k.program(arch(), [globalSearch]);
  assert.equal(prog.findSymbol('tainted_mask')?.address, mask);
  assert.equal(prog.findSymbol('tainted_mask')?.letter, '?');
});

test('a pointer to text is told from other words', () => {
  const k = kernel();
  const text = DATA + 0x400n;
  for (const [i, c] of [...'console=ttyS0'].entries()) k.memory.write(0x20400 + i, Uint8Array.of(c.charCodeAt(0)));
  k.word(DATA + 0x10n, DATA + 0x800n); // points to zeros
  k.word(DATA + 0x18n, text);
  fn(k, 'cmdline_proc_show', TEXT, [DATA + 0x10n, DATA + 0x18n]);
  assert.equal(k.program(arch(), [globalSearch]).findSymbol('saved_command_line')?.address, DATA + 0x18n);
});

test('no answer: other names, no function, code that cannot be read, a CPU without a decoder', () => {
  const k = kernel();
  fn(k, 'get_taint', TEXT, [DATA]);
  const prog = k.program(arch(), [globalSearch]);
  assert.equal(prog.findSymbol('toString'), undefined);
  assert.equal(prog.findSymbol('saved_command_line'), undefined);
  assert.equal(k.program(arch(false), [globalSearch]).findSymbol('tainted_mask'), undefined);
  const unreadable = kernel();
  unreadable.symbol('get_taint', TEXT + 0x100000n, 32);
  unreadable.symbol('test_taint', TEXT, 0);
  assert.equal(unreadable.program(arch(), [globalSearch]).findSymbol('tainted_mask'), undefined);
});

test('of two counts of swap space the larger one is the whole', () => {
  for (const [first, second] of [
    [32_767n, 12n],
    [0n, 32_767n],
  ] as const) {
    const k = kernel();
    k.word(DATA + 0x20n, first);
    k.word(DATA + 0x28n, second);
    fn(k, 'si_swapinfo', TEXT, [DATA + 0x20n, DATA + 0x28n]);
    const found = k.program(arch(), [globalSearch]).findSymbol('total_swap_pages')?.address;
    assert.equal(found, first > second ? DATA + 0x20n : DATA + 0x28n);
  }
});
