import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type WrittenSection, writeElfSections } from '../../../test/build/elf-sections-writer.ts';
import { TestKernel } from '../../../test/build/test-program.ts';
import { x86_64 } from '../../arch/x86-64.ts';
import { bytesSource } from '../../base/byte-source.ts';
import { AnalysisError } from '../../base/errors.ts';
import type { Program } from '../../program/program.ts';
import { type DebugFile, openDebugFile } from './debug-file.ts';
import { symbolProvider } from './symbol-provider.ts';

const TEXT = 0xffffffff81000000n;
const DATA = 0xffffffff82000000n;
const noCodecs = {
  decoder(): never {
    throw new AnalysisError('test', 'no decoder');
  },
};

type Written = readonly [name: string, value: bigint, size: number, info: number, section: number];
const LOCAL_FUNCTION = 2;
const FUNCTION = 0x12;
const VARIABLE = 0x11;
const LABEL = 0x10;
const ABSOLUTE = 0xfff1;

function vmlinux(symbols: readonly Written[]): DebugFile {
  const names = ['', ...symbols.map(([name]) => name)].join('\0');
  const strings = Uint8Array.from([...`${names}\0`].map((c) => c.charCodeAt(0)));
  const table = new Uint8Array(24 * (symbols.length + 1));
  const view = new DataView(table.buffer);
  let at = 1;
  symbols.forEach(([name, value, size, info, section], i) => {
    const entry = 24 * (i + 1);
    view.setUint32(entry, at, true);
    at += name.length + 1;
    table[entry + 4] = info;
    view.setUint16(entry + 6, section, true);
    view.setBigUint64(entry + 8, value, true);
    view.setBigUint64(entry + 16, BigInt(size), true);
  });
  const sections: WrittenSection[] = [
    { name: '.text', bytes: new Uint8Array(0x1000), flags: 6, address: TEXT },
    { name: '.data', bytes: new Uint8Array(0x1000), flags: 3, address: DATA },
    { name: '.data..percpu', bytes: new Uint8Array(0x100), flags: 3, address: 0n },
    { name: '.strtab', kind: 3, bytes: strings },
    { name: '.symtab', kind: 2, bytes: table, link: 4, entry: 24 },
  ];
  return openDebugFile(bytesSource('vmlinux', writeElfSections(sections)), noCodecs, [x86_64]);
}

const SYMBOLS: readonly Written[] = [
  ['_stext', TEXT, 0, LABEL, 1],
  ['$x', TEXT + 0x10n, 0, 0, 1],
  ['work', TEXT + 0x10n, 0x20, LOCAL_FUNCTION, 1],
  ['work', TEXT + 0x40n, 0x20, FUNCTION, 1],
  ['tail', TEXT + 0x80n, 0, LABEL, 1],
  ['jiffies', DATA + 8n, 8, VARIABLE, 2],
  ['jiffies_64', DATA + 8n, 8, VARIABLE, 2],
  ['__bss_stop', DATA + 0x100n, 0, LABEL, 2],
  ['current_task', 0x40n, 8, VARIABLE, 3],
  ['VERSION', 7n, 0, LABEL, ABSOLUTE],
];

/** The linker aligns what stands behind a section. */
const MARKS: readonly Written[] = [
  ['_etext', TEXT + 0x1000n, 0, LABEL, 1],
  ['__end_rodata', TEXT + 0x3000n, 0, LABEL, 1],
];

function program(own: readonly (readonly [string, bigint])[], offset?: bigint, symbols = SYMBOLS): Program {
  const k = new TestKernel();
  for (const [name, address] of own) k.symbol(name, address);
  const prog = k.program(x86_64);
  if (offset !== undefined) Object.assign(prog.map, { kaslrOffset: offset });
  prog.add(symbolProvider([vmlinux(symbols)]));
  return prog;
}

test('what the dump has no symbol for comes from the file, moved as the kernel was', () => {
  const moved = 0x1e000000n;
  const prog = program([['_stext', TEXT + moved]], moved);
  assert.deepEqual(prog.findSymbol('jiffies'), { name: 'jiffies', address: DATA + 8n + moved, size: 8, letter: 'D' });
  assert.equal(prog.findSymbol('_stext')?.letter, 't', "the dump's own goes first");
  assert.equal(prog.findSymbol('work')?.address, TEXT + 0x40n + moved, 'the one that other files see');
  assert.equal(prog.findSymbol('current_task')?.address, 0x40n, 'an offset in the per-CPU area does not move');
  assert.equal(prog.findSymbol('VERSION')?.address, 7n);
  assert.equal(prog.findSymbol('$x'), undefined);
  assert.equal(prog.findSymbol('nothing'), undefined);
  assert.equal(prog.symbolAt(DATA + 12n + moved)?.name, 'jiffies', 'of one address the first of the table');
  assert.equal(prog.symbolAt(TEXT + 0x90n + moved)?.name, 'tail');
  assert.equal(prog.symbolAt(TEXT + 0x1000n + moved), undefined);
  const names = [...prog.symbols()].map((s) => s.name);
  assert.deepEqual(names, ['jiffies_64', 'jiffies', '__bss_stop'], 'code is in the own table');
});

test('a mark behind its section moves with it', () => {
  const moved = 0x1e000000n;
  const listed = [...(program([['_stext', TEXT + moved]], moved, [...SYMBOLS, ...MARKS]).fileSymbols() ?? [])];
  const address = (name: string) => listed.find((s) => s.name === name)?.address;
  assert.equal(address('_etext'), TEXT + 0x1000n + moved);
  assert.equal(address('__end_rodata'), TEXT + 0x3000n + moved);
});

test('a dump whose tables cannot be read has all symbols of the file', () => {
  const prog = program([]);
  assert.equal(prog.findSymbol('work')?.size, 0x20);
  assert.equal(prog.findSymbol('tail')?.size, 0xf80, 'up to the end of the section');
  assert.equal([...prog.symbols()].length, 7);
});

test("a complete table of the dump's own leaves the file unread", () => {
  const prog = program([['__bss_stop', DATA]]);
  assert.equal(prog.findSymbol('jiffies'), undefined);
  assert.equal(prog.symbolAt(TEXT + 0x10n), undefined);
  assert.deepEqual([...prog.symbols()], []);
});

test('an address belongs to a symbol as far as the size of the symbol tells', () => {
  const prog = program([['__bss_stop', DATA]]);
  const holding = (at: bigint) => {
    const found = prog.symbolHolding(at);
    return found && `${found.name}+${at - found.address}`;
  };
  assert.equal(holding(TEXT + 0x2fn), 'work+31');
  assert.equal(holding(TEXT + 0x30n), null, 'between two functions');
  assert.equal(holding(TEXT + 0x90n), 'tail+16', 'code behind a label without a size');
  assert.equal(holding(DATA + 0xfn), 'jiffies+7');
  assert.equal(holding(DATA + 0x10n), null);
  assert.equal(holding(DATA + 0x180n), null, 'a mark in data names nothing behind it');
  assert.equal(holding(DATA + 0x10000n), undefined, 'of no file');
});
