import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BtfWriter } from '../../test/build/btf-writer.ts';
import { type WrittenSymbol, writeKallsyms } from '../../test/build/kallsyms-writer.ts';
import { writeKernelSymbols } from '../../test/build/kernel-symbol-writer.ts';
import { testArchitecture } from '../../test/build/test-architecture.ts';
import { TestKernel } from '../../test/build/test-program.ts';
import type { DataReference } from '../program/ports.ts';
import { btf } from './btf.ts';
import { kallsyms } from './kallsyms.ts';
import { loadedModules } from './module-list.ts';
import { unlistedSymbols } from './unlisted-symbols.ts';

const BASE = TestKernel.BASE;
const TEXT = BASE + 0x100000n;
const TABLES = BASE + 0x200000n;
const DATA = BASE + 0x400000n;
const PER_CPU = BASE + 0x500000n;
const HEAD = DATA + 0x1230n;
const MODULE = BASE + 0x600000n;

/** A decoder of code that is a list of addresses. */
const arch = testArchitecture({
  dataReferences: (code) => {
    const view = new DataView(code.buffer, code.byteOffset, code.byteLength);
    const found: DataReference[] = [];
    for (let i = 0; i + 8 <= code.length; i += 8)
      found.push({ address: view.getBigUint64(i, true), access: 'address' });
    return found;
  },
});

function textSymbols(): WrittenSymbol[] {
  const symbols: WrittenSymbol[] = [{ address: TEXT, letter: 'T', name: '_stext' }];
  for (let i = 1; i < 600; i++) {
    symbols.push({ address: TEXT + BigInt(i * 64), letter: 't', name: i === 300 ? 'print_modules' : `function_${i}` });
  }
  return [...symbols, { address: TEXT + 0x10000n, letter: 'T', name: '_etext' }];
}

function types(): Uint8Array {
  const w = new BtfWriter();
  const int = w.int('int', 4, 1);
  const pointer = w.pointer(0);
  const list = w.struct('list_head', 16, [
    ['next', pointer, 0],
    ['prev', pointer, 64],
  ]);
  const name = w.array(w.int('char', 1, 1), int, 56);
  w.struct('module_layout', 16, [
    ['base', pointer, 0],
    ['size', int, 64],
    ['text_size', int, 96],
  ]);
  w.struct('module', 512, [
    ['list', list, 64],
    ['name', name, 192],
    ['core_layout', 6, 1024],
    ['init_layout', 6, 1152],
  ]);
  const filler = Array.from({ length: 1200 }, (_, i) =>
    w.struct(`filler_${i}`, 4, [
      ['x', int, 0],
      ['y', int, 0],
    ]),
  );
  assert.equal(filler.length, 1200);
  w.dataSection('.data..percpu', 0x1000, [
    [w.variable('runqueues', int), 0x240, 4],
    [w.variable('cpu_number', int), 0x40, 4],
  ]);
  return w.bytes();
}

function make(withBtf = true): TestKernel {
  const kernel = new TestKernel();
  const put = (at: bigint, bytes: Uint8Array): void => kernel.memory.write(Number(at - BASE), bytes);
  kernel.fill(TEXT, 0x10000);
  const layout = { encoding: 'base', order: 'addresses-first', markerWidth: 4, seqs: true, align: 8 } as const;
  const written = writeKallsyms(textSymbols(), layout, TABLES, TEXT);
  put(TABLES, written.bytes);
  kernel.vmcoreinfo += `SYMBOL(_stext)=${TEXT.toString(16)}\n`;
  for (const [label, offset] of written.labels) {
    if (!/markers|seqs/.test(label))
      kernel.vmcoreinfo += `SYMBOL(${label})=${(TABLES + BigInt(offset)).toString(16)}\n`;
  }
  const from = (TABLES + BigInt(written.labels.get('kallsyms_token_index') as number)) & ~0xfffn;
  const filler = Array.from({ length: 400 }, (_, i): [string, bigint] => [`exported_${i}`, DATA + BigInt(i * 8)]);
  const gpl = Array.from({ length: 300 }, (_, i): [string, bigint] => [`gpl_${i}`, TEXT + BigInt(i * 64)]);
  const table = from + 0x8000n - 0xf00n;
  put(
    table,
    writeKernelSymbols(table, [
      [...filler, ['init_task', DATA + 0x8000n], ['cpu_number', PER_CPU + 0x40n]],
      [...gpl, ['init_pid_ns', DATA + 0x9000n]],
    ]),
  );
  if (withBtf) put(from + 0x40000n - 0x824n, types());
  // print_modules names a word that is no list, a list of something else, and the list of modules.
  const code = TEXT + BigInt(300 * 64);
  [DATA, DATA + 0x3000n, HEAD, 0x123n].forEach((address, i) => {
    kernel.word(code + BigInt(i * 8), address);
  });
  kernel.fill(DATA, 0xa000);
  kernel.word(DATA + 0x3000n, DATA + 0x3000n);
  kernel.word(DATA + 0x3008n, DATA + 0x3000n);
  kernel.fill(MODULE, 0x1000);
  for (const offset of [0n, 8n]) {
    kernel.word(HEAD + offset, MODULE + 8n);
    kernel.word(MODULE + 8n + offset, HEAD);
  }
  put(
    MODULE + 24n,
    Uint8Array.from('crashme', (c) => c.charCodeAt(0)),
  );
  return kernel;
}

test('exported and per-CPU variables, the list of modules and BTF where kallsyms holds only text', () => {
  const program = make().program(arch, [kallsyms, unlistedSymbols, btf]);
  const address = (name: string): bigint | undefined => program.findSymbol(name)?.address;
  assert.equal(address('print_modules'), TEXT + BigInt(300 * 64));
  assert.equal(address('init_task'), DATA + 0x8000n);
  assert.equal(address('init_pid_ns'), DATA + 0x9000n);
  assert.equal(address('exported_0'), DATA);
  assert.equal(address('gpl_299'), TEXT + BigInt(299 * 64));
  assert.equal(address('exported_400'), undefined);
  assert.equal(program.type('struct filler_7').size, 4);
  assert.equal(address('runqueues'), PER_CPU + 0x240n);
  assert.equal(address('__per_cpu_start'), PER_CPU);
  assert.equal(address('modules'), HEAD);
  assert.deepEqual(
    loadedModules(program).map((m) => m.name),
    ['crashme'],
  );
  assert.equal(address('btf_modules'), undefined);
  assert.deepEqual(program.problems(), []);
});

test('without BTF the exported symbols remain, and the reason is given', () => {
  const program = make(false).program(arch, [kallsyms, unlistedSymbols, btf]);
  assert.equal(program.findSymbol('init_task')?.address, DATA + 0x8000n);
  assert.equal(program.findSymbol('runqueues'), undefined);
  assert.equal(program.findType('struct module'), undefined);
  assert.match(program.problems()[0]?.why ?? '', /built without CONFIG_DEBUG_INFO_BTF/);
});

test('a kernel whose kallsyms is complete is not searched', () => {
  const kernel = make(false);
  kernel.symbol('_end', DATA);
  const program = kernel.program(arch, [kallsyms, unlistedSymbols, btf]);
  assert.equal(program.findSymbol('init_task'), undefined);
});

test('a cut table of exported symbols gives fewer answers', () => {
  const kernel = make();
  const index = /kallsyms_token_index\)=(\w+)/.exec(kernel.vmcoreinfo)?.[1];
  const from = BigInt(`0x${index}`) & ~0xfffn;
  kernel.memory.drop(Number(from + 0x9000n - BASE));
  const program = kernel.program(arch, [kallsyms, unlistedSymbols, btf]);
  assert.doesNotThrow(() => program.findSymbol('init_pid_ns'));
  assert.equal(program.findSymbol('function_7')?.address, TEXT + 7n * 64n);
});
