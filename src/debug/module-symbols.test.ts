import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BtfWriter } from '../../test/build/btf-writer.ts';
import { testArchitecture } from '../../test/build/test-architecture.ts';
import { TestKernel } from '../../test/build/test-program.ts';
import type { Program } from '../program/program.ts';
import { btf } from './btf.ts';
import { loadedModules } from './module-list.ts';
import { moduleSymbols } from './module-symbols.ts';

const arch = testArchitecture();

const BASE = TestKernel.BASE;
const BTF = BASE + 0x10000n;
const HEAD = BASE + 0x40000n;
const FIRST = BASE + 0x50000n;
const SECOND = BASE + 0x51000n;
/** Text and init text of the first module. */
const TEXT = BASE + 0x60000n;
const INIT = BASE + 0x70000n;

/** `struct module` with `mem[7]` or with the two layouts of older kernels; all fields at fixed places. */
function moduleTypes(generation: 'mem' | 'layout'): BtfWriter {
  const w = new BtfWriter();
  const int = w.int('unsigned int', 4);
  const char = w.int('char', 1, 1);
  const pointer = w.pointer(0);
  const list = w.struct('list_head', 16, [
    ['next', pointer, 0],
    ['prev', pointer, 64],
  ]);
  const table = w.struct('mod_kallsyms', 32, [
    ['symtab', pointer, 0],
    ['num_symtab', int, 64],
    ['strtab', pointer, 128],
    ['typetab', pointer, 192],
  ]);
  const memory = w.struct('module_memory', 16, [
    ['base', pointer, 0],
    ['size', int, 64],
  ]);
  const layout = w.struct('module_layout', 24, [
    ['base', pointer, 0],
    ['size', int, 64],
    ['text_size', int, 96],
  ]);
  const places: (readonly [string, number, number])[] =
    generation === 'mem'
      ? [['mem', w.array(memory, int, 7), 128 * 8]]
      : [
          ['core_layout', layout, 128 * 8],
          ['init_layout', layout, 152 * 8],
        ];
  w.enumeration('mod_mem_type', [
    ['MOD_TEXT', 0],
    ['MOD_DATA', 1],
    ['MOD_INIT_TEXT', 4],
  ]);
  w.struct('module', 512, [
    ['state', int, 0],
    ['list', list, 64],
    ['name', w.array(char, int, 56), 24 * 8],
    ['kallsyms', pointer, 80 * 8],
    ['core_kallsyms', table, 88 * 8],
    ...places,
  ]);
  return w;
}

interface Sym {
  readonly name: string;
  readonly value: bigint;
  readonly section?: number;
  readonly letter?: string;
}

class Kernel extends TestKernel {
  u32(at: bigint, value: number): void {
    this.memory.write(Number(at - BASE), Uint8Array.of(value, value >>> 8, value >>> 16, value >>> 24));
  }

  text(at: bigint, s: string): void {
    this.memory.write(
      Number(at - BASE),
      Uint8Array.from([...s, '\0'], (c) => c.charCodeAt(0)),
    );
  }

  /** A `struct mod_kallsyms` at `at`; its tables behind `data`. */
  table(at: bigint, data: bigint, symbols: readonly Sym[]): void {
    const strings = data + 0x400n;
    const letters = data + 0xc00n;
    this.word(at, data);
    this.u32(at + 8n, symbols.length + 1);
    this.word(at + 16n, strings);
    this.word(at + 24n, letters);
    this.fill(data, 0x1000);
    let name = 1n;
    symbols.forEach((s, i) => {
      const entry = data + BigInt((i + 1) * 24);
      this.u32(entry, Number(name));
      this.u32(entry + 4n, (s.section ?? 1) * 0x10000);
      this.word(entry + 8n, s.value);
      this.text(letters + BigInt(i + 1), s.letter ?? 't');
      this.text(strings + name, s.name);
      name += BigInt(s.name.length + 1);
    });
  }
}

const SYMBOLS: readonly Sym[] = [
  { name: '$x', value: TEXT },
  { name: 'victim', value: TEXT, letter: 'T' },
  { name: 'victim_alias', value: TEXT, letter: 'T' },
  { name: '.Lhidden', value: TEXT + 0x10n },
  { name: 'second', value: TEXT + 0x40n },
  { name: 'printk', value: 0n, section: 0, letter: 'U' },
  { name: '', value: TEXT + 0x50n },
  { name: 'file.c', value: 0n, section: 0xfff1, letter: 'a' },
  { name: 'data', value: TEXT + 0x2010n, letter: 'd' },
];

function make(generation: 'mem' | 'layout', loading: boolean): { program: Program; kernel: Kernel } {
  const kernel = new Kernel();
  const bytes = moduleTypes(generation).bytes();
  kernel.memory.write(Number(BTF - BASE), bytes);
  kernel.symbol('__start_BTF', BTF);
  kernel.symbol('__stop_BTF', BTF + BigInt(bytes.length));
  kernel.symbol('modules', HEAD);
  const ring = [HEAD, FIRST + 8n, SECOND + 8n];
  ring.forEach((node, i) => {
    kernel.word(node, ring[(i + 1) % 3] as bigint);
    kernel.word(node + 8n, ring[(i + 2) % 3] as bigint);
  });
  kernel.text(FIRST + 24n, 'crashme');
  kernel.text(SECOND + 24n, 'half_done');
  kernel.u32(FIRST, loading ? 1 : 0);
  kernel.u32(SECOND, 3);
  const part = (i: number, at: bigint, size: number, text: number): void => {
    const place = generation === 'mem' ? FIRST + 128n + BigInt(i * 16) : FIRST + 128n + BigInt(i * 24);
    kernel.word(place, at);
    kernel.u32(place + 8n, size);
    if (generation === 'layout') kernel.u32(place + 12n, text);
  };
  if (generation === 'mem') {
    part(0, TEXT, 0x1000, 0);
    part(1, TEXT + 0x2000n, 0x1000, 0);
    if (loading) part(4, INIT, 0x800, 0);
  } else {
    part(0, TEXT, 0x3000, 0x1000);
    if (loading) part(1, INIT, 0x1000, 0x800);
  }
  kernel.table(FIRST + 88n, BASE + 0x80000n, SYMBOLS);
  kernel.word(FIRST + 80n, FIRST + 88n);
  if (loading) {
    kernel.table(INIT + 0x900n, BASE + 0x90000n, [...SYMBOLS, { name: 'cm_init', value: INIT + 0x20n }]);
    kernel.word(FIRST + 80n, INIT + 0x900n);
  }
  return { program: kernel.program(arch, [moduleSymbols, btf]), kernel };
}

for (const generation of ['mem', 'layout'] as const) {
  test(`symbols of a module whose memory is described by ${generation}`, () => {
    const { program } = make(generation, false);
    assert.deepEqual(
      loadedModules(program).map((m) => m.name),
      ['crashme'],
      'a module that is not set up is left out',
    );
    const at = (address: bigint): string => program.describeAddress(address);
    assert.equal(at(TEXT + 0x12n), 'victim+0x12/0x40 [crashme]', 'no mapping symbol, no label, the first of two names');
    assert.equal(at(TEXT + 0x40n), 'second+0x0/0xfc0 [crashme]', 'up to the end of the text');
    assert.equal(at(TEXT + 0x2014n), 'data+0x4/0xff0 [crashme]');
    assert.equal(program.symbolAt(TEXT + 0x2014n)?.letter, 'd');
    assert.equal(program.symbolAt(INIT + 0x24n), undefined);
    assert.equal(program.symbolAt(TEXT + 0x3000n), undefined);
    assert.equal(program.findModuleSymbol('second')?.address, TEXT + 0x40n);
    assert.equal(program.findModuleSymbol('printk'), undefined);
    assert.equal(program.findSymbol('second'), undefined, 'plain look-up does not read the tables of modules');
    assert.deepEqual(
      [...program.symbols()].map((s) => s.name),
      ['victim', 'victim_alias', 'second', 'data'],
    );
    assert.deepEqual(program.problems(), []);
  });

  test(`init text while a module loads, described by ${generation}`, () => {
    const { program } = make(generation, true);
    assert.equal(program.describeAddress(INIT + 0x63n), 'cm_init+0x43/0x7e0 [crashme]');
    assert.equal(program.describeAddress(TEXT + 0x12n), 'victim+0x12/0x40 [crashme]');
  });
}

test('the core table serves when the init one is gone', () => {
  const { program, kernel } = make('mem', true);
  kernel.memory.drop(Number(INIT - BASE) + 0x900);
  assert.equal(program.describeAddress(TEXT + 0x12n), 'victim+0x12/0x40 [crashme]');
});

test('a broken list of modules ends with a reason', () => {
  const { program, kernel } = make('mem', false);
  kernel.word(FIRST + 8n, BASE + 0x777000n);
  assert.equal(program.describeAddress(TEXT + 0x12n), 'victim+0x12/0x40 [crashme]');
  assert.deepEqual(
    program.problems().map((p) => p.what),
    ['list of modules'],
  );
  const { program: cyclic, kernel: other } = make('mem', false);
  other.word(SECOND + 8n, FIRST + 8n);
  assert.equal(loadedModules(cyclic).length, 1);
});

test('a table with an absurd count is no table', () => {
  const { program, kernel } = make('mem', false);
  kernel.u32(FIRST + 88n + 8n, 0x7fffffff);
  assert.equal(program.symbolAt(TEXT + 0x12n), undefined);
});

test('without types there are no symbols of modules, and it is said why', () => {
  const kernel = new TestKernel();
  kernel.fill(BASE, 0x1000);
  kernel.symbol('modules', HEAD);
  const program = kernel.program(arch, [moduleSymbols, btf]);
  assert.equal(program.symbolAt(TEXT), undefined);
  assert.deepEqual(
    program.problems().map((p) => p.why),
    ['no section .BTF: the kernel was built without CONFIG_DEBUG_INFO_BTF, or the dump lacks that part of its image'],
  );
});
