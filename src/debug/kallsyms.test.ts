import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type KallsymsLayout,
  someSymbols,
  type WrittenKallsyms,
  type WrittenSymbol,
  writeKallsyms,
} from '../../test/build/kallsyms-writer.ts';
import { testArchitecture } from '../../test/build/test-architecture.ts';
import { TestKernel } from '../../test/build/test-program.ts';
import { AnalysisError } from '../base/errors.ts';
import type { KernelSymbol } from '../program/ports.ts';
import type { Program } from '../program/program.ts';
import { kallsyms } from './kallsyms.ts';

const TEXT = TestKernel.BASE + 0x1000000n;
const TABLES = TestKernel.BASE + 0x1f00058n;

interface Made {
  readonly program: Program;
  readonly written: WrittenKallsyms;
  readonly kernel: TestKernel;
}

function make(symbols: readonly WrittenSymbol[], layout: KallsymsLayout, named: boolean): Made {
  const kernel = new TestKernel();
  const written = writeKallsyms(symbols, layout, TABLES, TEXT);
  kernel.memory.fill(Number(TEXT - TestKernel.BASE), 0x1000);
  kernel.memory.write(Number(TABLES - TestKernel.BASE), written.bytes);
  kernel.vmcoreinfo += `SYMBOL(_stext)=${TEXT.toString(16)}\n`;
  const hidden = ['kallsyms_markers', 'kallsyms_seqs_of_names'];
  for (const [label, offset] of written.labels) {
    if (named && !hidden.includes(label)) {
      kernel.vmcoreinfo += `SYMBOL(${label})=${(TABLES + BigInt(offset)).toString(16)}\n`;
    }
  }
  const arch = testArchitecture({ littleEndian: !layout.bigEndian });
  return { program: kernel.program(arch, [kallsyms]), written, kernel };
}

const LAYOUTS: Readonly<Record<string, KallsymsLayout>> = {
  '4.19 relative': { encoding: 'percpu', order: 'addresses-first', markerWidth: 8, seqs: false, align: 8 },
  '4.19 absolute': { encoding: 'absolute', order: 'addresses-first', markerWidth: 8, seqs: false, align: 8 },
  '5.10': { encoding: 'percpu', order: 'addresses-first', markerWidth: 4, seqs: false, align: 8 },
  '5.10 arm64': { encoding: 'base', order: 'addresses-first', markerWidth: 4, seqs: false, align: 8 },
  '6.1 with its stable fixes': { encoding: 'percpu', order: 'addresses-first', markerWidth: 4, seqs: true, align: 8 },
  '6.1 s390x': {
    ...{ encoding: 'base', order: 'addresses-first', markerWidth: 4, seqs: true, align: 8, bigEndian: true },
  },
  '6.12 s390x': {
    ...{ encoding: 'base', order: 'names-first', markerWidth: 4, seqs: true, align: 8, bigEndian: true },
  },
  '6.4': { encoding: 'percpu', order: 'names-first', markerWidth: 4, seqs: true, align: 8 },
  '6.4 absolute': { encoding: 'absolute', order: 'names-first', markerWidth: 4, seqs: true, align: 8 },
  '6.15': { encoding: 'base', order: 'names-first', markerWidth: 4, seqs: true, align: 8 },
  '7.0': { encoding: 'place', order: 'names-first', markerWidth: 4, seqs: true, align: 4 },
};

function symbolsOf(layout: KallsymsLayout, count = 3500): WrittenSymbol[] {
  return someSymbols(count, TEXT, layout.encoding === 'percpu' || layout.encoding === 'absolute' ? 'zero' : 'none');
}

function checkAll(program: Program, symbols: readonly WrittenSymbol[], every: number): void {
  const line = (s: { address: bigint; letter: string; name: string }): string => `${s.address} ${s.letter} ${s.name}`;
  const all = [...program.symbols()];
  assert.equal(all.length, symbols.length);
  assert.equal(all.map(line).join('\n') === symbols.map(line).join('\n'), true);
  for (let i = 0; i < symbols.length; i += every) {
    const wanted = symbols[i] as WrittenSymbol;
    const found = program.findSymbol(wanted.name);
    assert.equal(found?.address, wanted.address, wanted.name);
    assert.equal(found?.letter, wanted.letter);
    if (wanted.absolute || wanted.name === '_end') continue;
    // The kernel shows the first of several symbols at an address, and counts its size up to the next address.
    const first = symbols.find((s) => s.address === wanted.address) as WrittenSymbol;
    const next = symbols.find((s) => !s.absolute && s.address > wanted.address) as WrittenSymbol;
    const expected = { name: first.name, address: first.address, letter: first.letter };
    const size = Number(next.address - wanted.address);
    for (const at of [wanted.address, next.address - 1n]) {
      assert.deepEqual(program.symbolAt(at), { ...expected, size } satisfies KernelSymbol);
    }
  }
}

for (const [name, layout] of Object.entries(LAYOUTS)) {
  test(`symbols of a ${name} layout whose tables VMCOREINFO names`, () => {
    const symbols = symbolsOf(layout);
    const { program } = make(symbols, layout, true);
    checkAll(program, symbols, 61);
    assert.deepEqual(program.problems(), []);
  });
}

for (const [name, layout] of Object.entries(LAYOUTS)) {
  test(`symbols of a ${name} layout found by their shape`, () => {
    const symbols = symbolsOf(layout);
    const { program } = make(symbols, layout, false);
    checkAll(program, symbols, 61);
    assert.deepEqual(program.problems(), []);
  });
}

test('addresses that no symbol covers', () => {
  const layout = LAYOUTS['6.1 with its stable fixes'] as KallsymsLayout;
  const symbols = symbolsOf(layout);
  const { program } = make(symbols, layout, true);
  const end = (symbols.at(-1) as WrittenSymbol).address;
  for (const at of [0n, 0x1f3c0n, 0x1f3c8n, TEXT - 1n, end, end + 0x1000000n, 0xffffffffffffffffn]) {
    assert.equal(program.symbolAt(at), undefined, at.toString(16));
  }
  assert.equal(program.findSymbol('no_such_symbol'), undefined);
  assert.equal(program.findSymbol(''), undefined);
  // Data is covered up to the next symbol.
  assert.equal(program.symbolAt((symbols.at(-3) as WrittenSymbol).address + 8n)?.name, 'init_task');
});

test('a kernel without CONFIG_KALLSYMS_ALL has no symbols between and behind its text', () => {
  const layout = LAYOUTS['5.10 arm64'] as KallsymsLayout;
  const text = symbolsOf(layout).filter((s) => 'tT'.includes(s.letter));
  const etext = (text.at(-1) as WrittenSymbol).address;
  const symbols: WrittenSymbol[] = [
    ...text,
    { address: etext + 0x800000n, letter: 'T', name: '_sinittext' },
    { address: etext + 0x800100n, letter: 't', name: 'early_setup' },
    { address: etext + 0x810000n, letter: 'T', name: '_einittext' },
  ];
  const { program } = make(symbols, layout, true);
  assert.equal(program.symbolAt(etext + 0x10n), undefined);
  assert.equal(program.symbolAt(etext + 0x7fffffn), undefined);
  assert.equal(program.symbolAt(etext + 0x800104n)?.name, 'early_setup');
  assert.equal(program.symbolAt(etext + 0x810000n), undefined);
});

test('of several symbols with one name the lowest answers, with or without the sorted list', () => {
  for (const name of ['5.10', '6.4'] as const) {
    const layout = LAYOUTS[name] as KallsymsLayout;
    const symbols = symbolsOf(layout).map((s, i) => (i === 700 || i === 2100 ? { ...s, name: 'do_it' } : s));
    const { program } = make(symbols, layout, true);
    assert.equal(program.findSymbol('do_it')?.address, symbols[700]?.address);
  }
});

test('a suffix of link-time optimisation is looked through', () => {
  const layout = LAYOUTS['6.15'] as KallsymsLayout;
  const symbols = symbolsOf(layout).map((s, i) => (i === 900 ? { ...s, name: 'static_one.llvm.1234567' } : s));
  const { program } = make(symbols, layout, true);
  assert.equal(program.findSymbol('static_one')?.name, 'static_one.llvm.1234567');
  assert.equal(program.findSymbol('static_one.llvm.1234567')?.name, 'static_one.llvm.1234567');
  assert.equal(program.findSymbol('static_one.llvm'), undefined);
  checkAll(program, symbols.slice(0), 3499);
});

test('a small table without a second marker', () => {
  const layout = LAYOUTS['6.4'] as KallsymsLayout;
  const symbols = someSymbols(100, TEXT);
  const { program } = make(symbols, layout, true);
  checkAll(program, symbols, 1);
});

test('a missing page costs only the answers that need it', () => {
  const layout = LAYOUTS['6.4'] as KallsymsLayout;
  const symbols = symbolsOf(layout);
  const { program, written, kernel } = make(symbols, layout, true);
  const names = written.labels.get('kallsyms_names') as number;
  kernel.memory.drop(Number(TABLES - TestKernel.BASE) + names + 0x3000);
  let found = 0;
  for (let i = 0; i < symbols.length; i += 100) {
    if (program.symbolAt((symbols[i] as WrittenSymbol).address)) found++;
  }
  assert.ok(found > 15 && found < 35, `${found} of 35`);
  assert.match(program.problems()[0]?.why ?? '', /address 0x[0-9a-f]+ is not mapped/);
});

test('a kernel without kallsyms says so, once', () => {
  const kernel = new TestKernel();
  kernel.memory.fill(Number(TEXT - TestKernel.BASE), 0x4000);
  kernel.vmcoreinfo += `SYMBOL(_stext)=${TEXT.toString(16)}\n`;
  const program = kernel.program(testArchitecture(), [kallsyms]);
  assert.equal(program.symbolAt(TEXT), undefined);
  assert.equal(program.findSymbol('_stext')?.address, TEXT, 'VMCOREINFO still tells');
  assert.deepEqual(
    program.problems().map((p) => p.what),
    ['symbols from kallsyms'],
  );
});

test('damaged tables give errors or other answers, never a crash or a hang', () => {
  let random = 99;
  const next = (n: number): number => {
    random = (Math.imul(random, 1664525) + 1013904223) >>> 0;
    return (random >>> 4) % n;
  };
  const started = Date.now();
  for (const [name, layout] of Object.entries(LAYOUTS)) {
    const symbols = symbolsOf(layout, 600);
    const { kernel, written } = make(symbols, layout, true);
    const labels = [...written.labels];
    const tables = Number(TABLES - TestKernel.BASE);
    for (let round = 0; round < 12; round++) {
      const [label, from] = labels[round % labels.length] as [string, number];
      const changed: number[] = [];
      for (let n = 0; n < 1 + next(6); n++) {
        const small = label === 'kallsyms_num_syms' || label === 'kallsyms_relative_base';
        const at = Math.min(from + next(small ? 8 : 600), written.bytes.length - 1);
        kernel.memory.write(tables + at, Uint8Array.of(next(256)));
        changed.push(at);
      }
      const damaged = kernel.program(testArchitecture(), [kallsyms]);
      try {
        damaged.findSymbol('init_task');
        damaged.findSymbol('nothing');
        for (let i = 0; i < symbols.length; i += 97) damaged.symbolAt((symbols[i] as WrittenSymbol).address);
        let n = 0;
        for (const symbol of damaged.symbols()) {
          assert.equal(typeof symbol.name, 'string');
          if (n++ > 1000) break;
        }
      } catch (e) {
        assert.ok(e instanceof AnalysisError, `${name}, ${label}: ${e}`);
      }
      for (const at of changed) kernel.memory.write(tables + at, written.bytes.subarray(at, at + 1));
    }
  }
  const took = Date.now() - started;
  assert.ok(took < 180_000, `${took} ms`);
});
