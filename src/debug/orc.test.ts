import assert from 'node:assert/strict';
import { test } from 'node:test';
import { arrayType, structType, u32Type, u64Type } from '../../test/build/c-types.ts';
import { type OrcRow, writeOrc } from '../../test/build/orc-writer.ts';
import { TestKernel } from '../../test/build/test-program.ts';
import { x86_64 } from '../arch/x86-64.ts';
import type { UnwindRow } from '../program/ports.ts';
import type { Program } from '../program/program.ts';
import { orc } from './orc.ts';

const TEXT = TestKernel.BASE + 0x100000n;
const IPS = TestKernel.BASE + 0x200000n;
/** Behind the tables, as in a kernel. */
const INIT_TEXT = TestKernel.BASE + 0x280000n;
const FILLERS = 200;

/** Numbers of one generation of kernels: registers sp, bp, prev-sp, di and the third byte of four kinds of row. */
interface Generation {
  readonly name: string;
  readonly sp: number;
  readonly bp: number;
  readonly prevSp: number;
  readonly di: number;
  readonly call: number;
  readonly regs: number;
  readonly regsSignal: number;
  readonly end: number;
  readonly undefinedRow: number;
  readonly bits?: Parameters<typeof structType>[2];
}

const field = (bit: number, bits: number) => [32 + bit, u32Type, bits] as const;
const generations: readonly Generation[] = [
  {
    name: 'v4.18 to v6.2',
    ...{ sp: 5, bp: 4, prevSp: 1, di: 3, call: 0, regs: 1, regsSignal: 1, end: 4, undefinedRow: 0 },
    bits: { type: field(8, 2), end: field(10, 1) },
  },
  {
    name: 'v6.3',
    ...{ sp: 5, bp: 4, prevSp: 1, di: 3, call: 0, regs: 1, regsSignal: 5, end: 8, undefinedRow: 0 },
    bits: { type: field(8, 2), signal: field(10, 1), end: field(11, 1) },
  },
  {
    name: 'v6.4 on',
    ...{ sp: 5, bp: 4, prevSp: 1, di: 3, call: 2, regs: 3, regsSignal: 11, end: 1, undefinedRow: 0 },
    bits: { type: field(8, 3), signal: field(11, 1) },
  },
  {
    name: 'reordered registers',
    ...{ sp: 3, bp: 4, prevSp: 8, di: 5, call: 2, regs: 3, regsSignal: 11, end: 1, undefinedRow: 0 },
    bits: { type: field(8, 3), signal: field(11, 1) },
  },
];

function tableOf(g: Generation): OrcRow[] {
  const row = (ip: bigint, spReg: number, spOffset: number, rest: number, bpReg = 0, bpOffset = 0): OrcRow => ({
    ...{ ip, spReg, spOffset, rest, bpReg, bpOffset },
  });
  const rows = [
    row(TEXT, g.sp, 8, g.call),
    row(TEXT + 0x10n, g.bp, 16, g.call, g.prevSp, -16),
    row(TEXT + 0x20n, g.sp, 0, g.regsSignal),
    row(TEXT + 0x30n, 0, 0, g.end),
    row(TEXT + 0x40n, 0, 0, g.undefinedRow),
    row(TEXT + 0x50n, g.di, 8, g.call),
  ];
  rows.push(row(INIT_TEXT, g.sp, 48, g.call), row(INIT_TEXT + 0x40n, 0, 0, g.undefinedRow));
  for (let i = 0; i < FILLERS; i++) rows.push(row(TEXT + 0x1000n + BigInt(i * 64), g.sp, 8 * i, g.call));
  return rows;
}

function kernelWith(g: Generation, withTypes = true): { kernel: TestKernel; prog: Program; rowCount: number } {
  const kernel = new TestKernel();
  const rows = tableOf(g);
  const written = writeOrc(rows, IPS);
  const at = Number(IPS - TestKernel.BASE);
  kernel.memory.write(at, written.ips);
  kernel.memory.write(at + written.ips.length, written.rows);
  kernel.symbol('_stext', TEXT);
  kernel.symbol('__start_orc_unwind_ip', IPS, 0, 'r');
  kernel.symbol('__start_orc_unwind', IPS + BigInt(written.ips.length), 0, 'r');
  if (withTypes && g.bits) kernel.type(structType('orc_entry', 6, g.bits));
  return { kernel, prog: kernel.program(x86_64, [orc]), rowCount: rows.length };
}

const row = (part: Partial<UnwindRow>): UnwindRow => ({
  spBase: 'sp',
  spOffset: 8,
  bpBase: 'undefined',
  bpOffset: 0,
  kind: 'call',
  signal: false,
  ...part,
});

for (const g of generations) {
  test(`rows of ${g.name}`, () => {
    const { prog } = kernelWith(g);
    assert.deepEqual(prog.unwindRow(TEXT), row({}));
    assert.deepEqual(prog.unwindRow(TEXT + 0xfn), row({}));
    const framed = row({ spBase: 'bp', spOffset: 16, bpBase: 'prev-sp', bpOffset: -16 });
    assert.deepEqual(prog.unwindRow(TEXT + 0x1fn), framed);
    assert.deepEqual(prog.unwindRow(TEXT + 0x20n), row({ spOffset: 0, kind: 'regs', signal: true }));
    assert.equal(prog.unwindRow(TEXT + 0x30n)?.kind, 'end-of-stack');
    assert.equal(prog.unwindRow(TEXT + 0x40n)?.kind, 'undefined');
    assert.deepEqual(prog.unwindRow(TEXT + 0x50n), row({ spBase: 'di' }));
    for (let i = 0; i < FILLERS; i++) {
      assert.equal(prog.unwindRow(TEXT + 0x1000n + BigInt(i * 64 + 63))?.spOffset, 8 * i);
    }
    assert.equal(prog.unwindRow(INIT_TEXT + 0x3fn)?.spOffset, 48);
    assert.equal(prog.unwindRow(TEXT - 1n), undefined);
    assert.equal(prog.unwindRow(INIT_TEXT + 0x41n), undefined);
  });
}

test('without types the numbers still tell the generation', () => {
  for (const g of generations.filter((x) => x.name !== 'v6.3')) {
    const { prog } = kernelWith(g, false);
    assert.deepEqual(prog.unwindRow(TEXT + 0x25n), row({ spOffset: 0, kind: 'regs', signal: true }), g.name);
    assert.equal(prog.unwindRow(TEXT + 0x30n)?.kind, 'end-of-stack', g.name);
  }
});

test('the index of the kernel is used, and not believed when it is wrong', () => {
  const { kernel, rowCount } = kernelWith(generations[0] as Generation);
  const index = (Number(IPS - TestKernel.BASE) + rowCount * 10 + 3) & ~3;
  const entries = (values: readonly number[]) => new Uint8Array(new Uint32Array(values).buffer);
  const lookup = (pc: bigint) => kernel.program(x86_64, [orc]).unwindRow(pc);
  kernel.memory.write(index, entries([0, 5]));
  assert.equal(lookup(TEXT + 0x15n)?.spBase, 'bp');
  kernel.memory.write(index, entries([3, 5])); // does not cover it
  assert.equal(lookup(TEXT + 0x15n)?.spBase, 'bp');
  kernel.memory.write(index, entries([0xffffffff, 7]));
  assert.equal(lookup(TEXT + 0x15n)?.spBase, 'bp');
});

test('tables that make no sense are refused, and a fault in them is no crash', () => {
  const none = new TestKernel();
  none.symbol('_stext', TEXT);
  none.symbol('__start_orc_unwind_ip', IPS);
  none.symbol('__start_orc_unwind', IPS - 4n);
  const prog = none.program(x86_64, [orc]);
  assert.equal(prog.unwindRow(TEXT), undefined);
  assert.match(prog.problems()[0]?.why ?? '', /-1 rows are outside/);
});

test('a module has rows of its own, of its init text too', () => {
  const { kernel, prog } = kernelWith(generations[0] as Generation);
  const at = TestKernel.BASE + 0x400000n;
  const core = TestKernel.BASE + 0x500000n;
  const init = TestKernel.BASE + 0x600000n;
  const table = TestKernel.BASE + 0x700000n;
  const layout = structType('module_layout', 16, { base: [0, u64Type], size: [8, u32Type] });
  const arch = structType('mod_arch_specific', 24, {
    num_orcs: [0, u32Type],
    orc_unwind_ip: [8, u64Type],
    orc_unwind: [16, u64Type],
  });
  kernel.type(
    structType('module', 128, {
      list: [8, structType('list_head', 16, { next: [0, u64Type], prev: [8, u64Type] })],
      core_layout: [32, layout],
      init_layout: [48, layout],
      arch: [64, arch],
    }),
  );
  const modules = kernel.symbol('modules', TestKernel.BASE + 0x300000n);
  const call = { spReg: 5, bpReg: 0, bpOffset: 0, rest: 0 };
  const rows = [
    { ...call, ip: core + 0x10n, spOffset: 16 },
    { ...call, ip: init, spOffset: 24 },
  ];
  const written = writeOrc(rows, table);
  kernel.memory.write(Number(table - TestKernel.BASE), written.ips);
  kernel.memory.write(Number(table - TestKernel.BASE) + 64, written.rows);
  kernel.word(modules, at + 8n);
  kernel.word(at + 8n, modules);
  kernel.word(at + 32n, core);
  kernel.word(at + 40n, 0x1000n);
  kernel.word(at + 48n, init);
  kernel.word(at + 56n, 0x1000n);
  kernel.word(at + 64n, 2n);
  kernel.word(at + 72n, table);
  kernel.word(at + 80n, table + 64n);
  assert.equal(prog.unwindRow(core + 0x100n)?.spOffset, 16);
  assert.equal(prog.unwindRow(init + 5n)?.spOffset, 24);
  assert.equal(prog.unwindRow(core + 1n), undefined, 'before its first row');
  assert.equal(prog.unwindRow(core + 0x1000n), undefined, 'behind its text');
  kernel.word(at + 8n, at + 8n); // the list runs into itself
  assert.equal(kernel.program(x86_64, [orc]).unwindRow(core + 0x100n)?.spOffset, 16);
});

test('the newest form of a module: parts in an array', () => {
  const { kernel, prog } = kernelWith(generations[2] as Generation);
  const part = structType('module_memory', 16, { base: [0, u64Type], size: [8, u32Type] });
  const at = TestKernel.BASE + 0x400000n;
  const text = TestKernel.BASE + 0x600000n;
  const table = TestKernel.BASE + 0x700000n;
  kernel.type(
    structType('module', 160, {
      list: [0, structType('list_head', 16, { next: [0, u64Type], prev: [8, u64Type] })],
      mem: [16, arrayType(part, 3)],
      arch: [
        64,
        structType('mod_arch_specific', 24, {
          num_orcs: [0, u32Type],
          orc_unwind_ip: [8, u64Type],
          orc_unwind: [16, u64Type],
        }),
      ],
    }),
  );
  const modules = kernel.symbol('modules', TestKernel.BASE + 0x300000n);
  const written = writeOrc([{ ip: text, spReg: 5, bpReg: 0, spOffset: 40, bpOffset: 0, rest: 2 }], table);
  kernel.memory.write(Number(table - TestKernel.BASE), written.ips);
  kernel.memory.write(Number(table - TestKernel.BASE) + 64, written.rows);
  kernel.word(modules, at);
  kernel.word(at, modules);
  kernel.word(at + 48n, text);
  kernel.word(at + 56n, 0x100n);
  kernel.word(at + 64n, 1n);
  kernel.word(at + 72n, table);
  kernel.word(at + 80n, table + 64n);
  assert.equal(prog.unwindRow(text + 8n)?.spOffset, 40);
});
