import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  armForm,
  loongForm,
  PageTableWriter,
  riscvForm,
  type TableForm,
  x86Form,
} from '../../test/build/page-table-writer.ts';
import { SparseMemory } from '../../test/build/sparse-memory.ts';
import { type PagingFormat, pageWalker, walkSteps } from '../memory/page-walk.ts';
import { armPaging } from './arm64/paging.ts';
import { loongarchPaging } from './loongarch64/paging.ts';
import { riscvTables } from './riscv64/page-tables.ts';
import { riscvPaging } from './riscv64/paging.ts';
import { x86Paging } from './x86-64/paging.ts';

type Row = readonly [virt: bigint, phys: bigint, level?: number];

interface Case {
  readonly name: string;
  readonly form: TableForm;
  readonly format: PagingFormat;
  readonly rows: readonly Row[];
}

const cases: readonly Case[] = [
  {
    name: 'x86-64, 4 levels',
    form: x86Form(4),
    format: x86Paging(false, 0n),
    rows: [
      [0xffff888000000000n, 0n],
      [0xffff8880fedcb000n, 0xfedcb000n],
      [0xffffffff81e10000n, 0x80123000n],
      [0xffffc90000123000n, 0xffffffffff000n],
      [0xffff888140000000n, 0x140000000n, 1],
      [0xffffffff82200000n, 0x7e00000n, 2],
      [0x7ffd12345000n, 0x5000n],
    ],
  },
  {
    name: 'x86-64, 5 levels',
    form: x86Form(5),
    format: x86Paging(true, 0n),
    rows: [
      [0xff11000000000000n, 0n],
      [0xff1100017f000000n, 0x17f000000n, 3],
      [0xff11000200000000n, 0x200000000n, 2],
      [0xffffffff81000000n, 0x1000000n],
      [0x00fffffffffff000n, 0x6000n],
    ],
  },
  {
    name: 'arm64, 4 KiB, 39 bits',
    form: armForm(4096, 39),
    format: armPaging(12, 39, false),
    rows: [
      [0xffffffc010080000n, 0x40080000n],
      [0xffffff8000000000n, 0x40000000n, 0],
      [0xffffff8040200000n, 0x80200000n, 1],
      [0x7fb7654000n, 0xfffffffff000n],
    ],
  },
  {
    name: 'arm64, 4 KiB, 48 bits',
    form: armForm(4096, 48),
    format: armPaging(12, 48, false),
    rows: [
      [0xffff800008000000n, 0x40200000n],
      [0xffff000000000000n, 0x40000000n, 1],
      [0xffffda77aae10000n, 0x812345000n],
    ],
  },
  {
    name: 'arm64, 4 KiB, 52 bits (LPA2)',
    form: armForm(4096, 52, true),
    format: armPaging(12, 52, true),
    rows: [
      [0xfff0000000000000n, 0xc000040000000n, 2],
      [0xffff800080000000n, 0xfedcba9876000n],
      [0xfff8000000200000n, 0x3000080200000n, 3],
    ],
  },
  {
    name: 'arm64, 16 KiB, 47 bits',
    form: armForm(16384, 47),
    format: armPaging(14, 47, false),
    rows: [
      [0xffff800008004000n, 0x40204000n],
      [0xffff800010000000n, 0x42000000n, 1],
    ],
  },
  {
    name: 'arm64, 16 KiB, 48 bits',
    form: armForm(16384, 48),
    format: armPaging(14, 48, false),
    rows: [
      [0xffff800008004000n, 0x40204000n],
      [0xffff000000000000n, 0x40000000n, 2],
      [0x0000aaaac0de4000n, 0x9ffffc000n],
    ],
  },
  {
    name: 'arm64, 16 KiB, 52 bits (LPA2)',
    form: armForm(16384, 52, true),
    format: armPaging(14, 52, true),
    rows: [
      [0xfff0000000004000n, 0xf00004000c000n],
      [0xffff800080000000n, 0x40000000n],
    ],
  },
  {
    name: 'arm64, 64 KiB, 42 bits',
    form: armForm(65536, 42),
    format: armPaging(16, 42, false),
    rows: [
      [0xfffffc0010080000n, 0x40080000n],
      [0xfffffe0020000000n, 0x60000000n, 0],
    ],
  },
  {
    name: 'arm64, 64 KiB, 52 bits',
    form: armForm(65536, 52),
    format: armPaging(16, 52, false),
    rows: [
      [0xfff0000000010000n, 0xf000040010000n],
      [0xffff800010000000n, 0x4000000010000n],
      [0xffff800020000000n, 0x40000000n, 1],
    ],
  },
  {
    name: 'riscv64, Sv39',
    form: riscvForm(39),
    format: riscvPaging(39),
    rows: [
      [0xffffffd600000000n, 0x80000000n, 0],
      [0xffffffff80000000n, 0x80200000n, 1],
      [0xffffffc800012000n, 0xfedcb98765000n],
      [0x3fb7654000n, 0x5000n],
    ],
  },
  {
    name: 'riscv64, Sv48',
    form: riscvForm(48),
    format: riscvPaging(48),
    rows: [
      [0xffffaf8000000000n, 0x4000000000n, 1],
      [0xffffffff80000000n, 0x80200000n, 2],
      [0xffff8f8000012000n, 0x12345000n],
    ],
  },
  {
    name: 'riscv64, Sv57',
    form: riscvForm(57),
    format: riscvPaging(57),
    rows: [
      [0xff60000000000000n, 0x80000000n, 3],
      [0xff60010000000000n, 0x10000000000n, 2],
      [0xffffffff80000000n, 0x80200000n, 3],
      [0xff20000000008000n, 0x9abcdef000n],
      [0x00fffffffffff000n, 0x6000n],
    ],
  },
  {
    name: 'loongarch64, 16 KiB, 3 levels',
    form: loongForm(16384, 3),
    format: loongarchPaging(14, 3),
    rows: [
      [0xffff800002324000n, 0x80004000n],
      [0xffffbffffe000000n, 0xa2000000n, 1],
      [0x7ffffb88c000n, 0xffffffffc000n],
    ],
  },
  {
    name: 'loongarch64, 4 KiB, 4 levels',
    form: loongForm(4096, 4),
    format: loongarchPaging(12, 4),
    rows: [
      [0xffff000000008000n, 0x123456000n],
      [0xffff000040000000n, 0x40000000n, 2],
    ],
  },
];

for (const { name, form, format, rows } of cases) {
  test(`${name}: addresses go where they were mapped`, () => {
    const memory = new SparseMemory();
    const writer = new PageTableWriter(memory, form, 0x10_0000);
    for (const [virt, phys, level] of rows) writer.map(virt, phys, level);
    const walk = pageWalker(memory, format, writer.root);
    for (const [virt, phys, level] of rows) {
      const size = 2 ** (form.shifts[level ?? form.shifts.length - 1] as number);
      assert.deepEqual(walk(virt), { phys: Number(phys), size }, `start of ${virt.toString(16)}`);
      const inside = size - 0x123;
      assert.deepEqual(walk(virt + BigInt(inside)), { phys: Number(phys) + inside, size: 0x123 });
      assert.notEqual((walk(virt + BigInt(size)) as { phys: number }).phys, Number(phys) + size);
    }
  });
}

test('x86-64: the encryption bit is no part of the address', () => {
  const memory = new SparseMemory();
  const writer = new PageTableWriter(memory, x86Form(4), 0x10_0000);
  writer.map(0xffff888000123000n, 0x123000n);
  const entry = writer.entry(0xffff888000123000n, 3);
  memory.writeU64(entry, memory.u64(entry) | (1n << 51n));
  const plain = pageWalker(memory, x86Paging(false, 0n), writer.root)(0xffff888000123000n);
  const masked = pageWalker(memory, x86Paging(false, 1n << 51n), writer.root)(0xffff888000123000n);
  assert.deepEqual(plain, { phys: 2 ** 51 + 0x123000, size: 4096 });
  assert.deepEqual(masked, { phys: 0x123000, size: 4096 });
});

test('x86-64: a page without access is found by its inverted frame number', () => {
  const memory = new SparseMemory();
  const writer = new PageTableWriter(memory, x86Form(4), 0x10_0000);
  const virt = 0x7f0000001000n;
  memory.writeU64(writer.entry(virt, 3), (~0x234567000n & 0xffffffffff000n) | 0x100n);
  memory.writeU64(writer.entry(virt + 0x1000n, 3), 0x3ffffffff000000n); // swapped out
  const walk = pageWalker(memory, x86Paging(false, 0n), writer.root);
  assert.deepEqual(walk(virt), { phys: 0x234567000, size: 4096 });
  assert.equal(walk(virt + 0x1000n), 'unmapped');
});

test('riscv64: sixteen entries that map one piece; pages without access; entries of a reserved kind', () => {
  const memory = new SparseMemory();
  const writer = new PageTableWriter(memory, riscvForm(39), 0x10_0000);
  const virt = 0x3f00010000n;
  const entry = (phys: bigint, flags: bigint) => ((phys >> 12n) << 10n) | flags;
  for (let i = 0n; i < 16n; i++) {
    memory.writeU64(writer.entry(virt + i * 4096n, 2), (1n << 63n) | entry(0x7650000n | (8n << 12n), 0xd7n));
  }
  memory.writeU64(writer.entry(virt + 0x10000n, 2), entry(0x1234000n, 0x22n)); // not valid, but of a page without access
  memory.writeU64(writer.entry(virt + 0x11000n, 2), entry(0x1234000n, 0x01n)); // a table behind the last level
  memory.writeU64(writer.entry(virt + 0x12000n, 2), (7n << 12n) | (3n << 7n)); // swapped out
  memory.writeU64(writer.entry(virt + 0x13000n, 2), (3n << 61n) | entry(0x1234000n, 0xd7n)); // a memory type
  const walk = pageWalker(memory, riscvPaging(39), writer.root);
  assert.deepEqual(walk(virt), { phys: 0x7650000, size: 65536 });
  assert.deepEqual(walk(virt + 0xf123n), { phys: 0x765f123, size: 0xedd });
  assert.deepEqual(walkSteps(memory, riscvPaging(39), writer.root, virt + 0x5010n).end, {
    phys: 0x7655010,
    size: 0xaff0,
  });
  assert.deepEqual(walk(virt + 0x10000n), { phys: 0x1234000, size: 4096 });
  assert.equal(walk(virt + 0x11000n), 'unmapped');
  assert.equal(walk(virt + 0x12000n), 'unmapped');
  assert.deepEqual(walk(virt + 0x13000n), { phys: 0x1234000, size: 4096 });
});

test('riscv64: names of flags, swap entries', () => {
  const tables = riscvTables(riscvPaging(48));
  assert.deepEqual(tables.levelNames, ['PGD', 'PUD', 'PMD', 'PTE']);
  assert.deepEqual(tables.flagNames(0xd7n), ['PRESENT', 'READ', 'WRITE', 'USER', 'ACCESSED', 'DIRTY']);
  assert.deepEqual(tables.flagNames((7n << 12n) | (3n << 7n)), []);
  assert.deepEqual(tables.swap((7n << 12n) | (3n << 7n)), { type: 3, offset: 7n });
  assert.equal(tables.swap(0xd7n), undefined);
  assert.equal(tables.address((0x1234n << 10n) | 0xd7n), 0x1234000);
});
