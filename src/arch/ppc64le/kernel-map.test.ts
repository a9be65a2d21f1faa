import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PageTableWriter, powerForm, type TableForm } from '../../../test/build/page-table-writer.ts';
import { SparseMemory } from '../../../test/build/sparse-memory.ts';
import { AnalysisError } from '../../base/errors.ts';
import type { DumpImage, KernelMap } from '../../program/ports.ts';
import { Vmcoreinfo } from '../../program/vmcoreinfo.ts';
import { ppc64le } from '../ppc64le.ts';

const LINEAR = 0xc000000000000000n;
const ROOT = 0x120000;
const USER_ROOT = 0x800000;

interface Machine {
  readonly memory: SparseMemory;
  readonly kernel: PageTableWriter;
  readonly user: PageTableWriter;
  readonly map: (more?: string) => KernelMap;
}

function machine(form: TableForm): Machine {
  const memory = new SparseMemory();
  const kernel = new PageTableWriter(memory, form, ROOT);
  const user = new PageTableWriter(memory, form, USER_ROOT);
  const image: DumpImage = {
    ...{ format: 'test', memory, header: {}, cpuNotes: [], virtualSegments: [], codecs: [], problems: [] },
  };
  const info = `OSRELEASE=x\nPAGESIZE=${form.granule}\nSYMBOL(swapper_pg_dir)=${(LINEAR + BigInt(ROOT)).toString(16)}\n`;
  return { memory, kernel, user, map: (more = '') => ppc64le.kernelMap(image, new Vmcoreinfo(info + more)) };
}

function phys(map: KernelMap, at: bigint): number | string {
  const where = map.translate(at);
  return typeof where === 'string' ? where : where.phys;
}

const FORMS = {
  'radix, 64 KiB': powerForm(65536, [13, 9, 9, 5], true),
  'radix, 4 KiB': powerForm(4096, [13, 9, 9, 9], true),
};

for (const [name, form] of Object.entries(FORMS)) {
  test(`${name}: the tree maps itself, vmalloc, page descriptors and processes`, () => {
    const { memory, kernel, user, map } = machine(form);
    kernel.map(LINEAR, 0n, 1); // 1 GiB
    kernel.map(0xc008000000230000n, 0x7650000n);
    kernel.map(0xc00c000000000000n, 0x3e00000n, 2); // 2 MiB
    user.map(0x10000000n, 0x2340000n);
    user.map(0x7fffce520000n, 0x4560000n);
    memory.fill(0x7650000, 0x1000);
    const found = map();
    assert.deepEqual([found.root, found.unproved, found.pageSize], [ROOT, false, form.granule]);
    assert.equal(phys(found, LINEAR + 0x123456n), 0x123456);
    assert.equal(phys(found, 0xc008000000230010n), 0x7650010);
    assert.equal(phys(found, 0xc008000000250000n), 'unmapped');
    assert.equal(phys(found, 0xc00c000000000040n), 0x3e00040);
    assert.equal(phys(found, 0x10000000n), 'non-canonical');
    assert.equal(phys(found, 0xd000000000000000n), 'non-canonical');
    assert.equal(found.directMap(0x5000), LINEAR + 0x5000n);
    const of = found.userTranslate(LINEAR + BigInt(USER_ROOT));
    assert.deepEqual(of(0x10000123n), { phys: 0x2340123, size: form.granule - 0x123 });
    assert.equal((of(0x7fffce520008n) as { phys: number }).phys, 0x4560008);
    assert.equal(of(LINEAR), 'non-canonical');
    assert.equal(of(0x20000000n), 'unmapped');
  });
}

test('the kernel’s tables beside a hashed page table: vmalloc only, the linear map without them', () => {
  for (const [form, vmalloc] of [
    [powerForm(65536, [8, 10, 10, 8], false), 0xc008000000000000n],
    [powerForm(4096, [9, 9, 7, 9], false), 0xc0003d0000000000n],
    [powerForm(4096, [9, 9, 7, 9], false), 0xc000100000000000n],
  ] as const) {
    const { memory, kernel, user, map } = machine(form);
    kernel.map(vmalloc + 0x10000n, 0x7650000n);
    user.map(0x10000000n, 0x2340000n);
    memory.fill(0x7650000, 0x1000);
    const found = map();
    assert.equal(found.unproved, false);
    assert.equal(phys(found, LINEAR + 0x123456n), 0x123456);
    assert.equal(phys(found, vmalloc + 0x10020n), 0x7650020);
    assert.equal(phys(found, vmalloc + 0x80000n), 'unmapped');
    const of = found.userTranslate(LINEAR + BigInt(USER_ROOT));
    assert.equal((of(0x10000010n) as { phys: number }).phys, 0x2340010);
  }
});

test('page descriptors beside a hashed page table are found by the kernel’s list of them', () => {
  const form = powerForm(65536, [8, 10, 10, 8], false);
  const { memory, kernel, map } = machine(form);
  kernel.map(0xc008000000010000n, 0x7650000n);
  memory.fill(0x7650000, 0x1000);
  const piece = (at: number, next: bigint, physical: bigint, virtual: bigint): void => {
    memory.writeU64(at, next);
    memory.writeU64(at + 8, physical);
    memory.writeU64(at + 16, virtual);
  };
  piece(0x9000, LINEAR + 0x9100n, 0x3000000n, 0xc00c000000000000n);
  piece(0x9100, LINEAR + 0x9000n, 0x5000000n, 0xc00c000001000000n); // in a circle
  memory.writeU64(0x9200, LINEAR + 0x9000n);
  const offsets = ['list)=0', 'phys)=8', 'virt_addr)=16'].map((o) => `OFFSET(vmemmap_backing.${o}`).join('\n');
  const found = map(`SYMBOL(vmemmap_list)=c000000000009200\n${offsets}\n`);
  assert.equal(phys(found, 0xc00c000000000080n), 0x3000080);
  assert.equal(phys(found, 0xc00c000001000080n), 0x5000080);
  assert.equal(phys(found, 0xc00c000002000000n), 'unmapped');
});

test('tables that are not there, and a root that is none', () => {
  const lost = machine(FORMS['radix, 4 KiB']);
  lost.memory.drop(ROOT);
  const map = lost.map();
  assert.equal(map.unproved, true);
  assert.equal(phys(map, LINEAR + 0x1000n), 0x1000);
  assert.throws(() => machine(FORMS['radix, 4 KiB']).map(), AnalysisError);
});

test('flags of an entry, its address, and swap', () => {
  const { kernel, map } = machine(FORMS['radix, 64 KiB']);
  kernel.map(LINEAR, 0n, 1);
  const { tables } = map();
  assert.deepEqual(tables?.flagNames(0xc00000000420018en), [
    ...['PRESENT', 'PTE', 'ACCESSED', 'DIRTY', 'PRIVILEGED', 'READ', 'WRITE'],
  ]);
  assert.equal(tables?.address(0xc00000000420018en), 0x4200000);
  assert.deepEqual(tables?.flagNames(0n), []);
  assert.deepEqual(tables?.swap(0x4000000001230003n), { type: 3, offset: 0x123n });
});

test('without VMCOREINFO a radix tree is found behind the banner, its page size by its last tables', () => {
  for (const granule of [4096, 65536] as const) {
    const { memory, kernel } = machine(FORMS[granule === 4096 ? 'radix, 4 KiB' : 'radix, 64 KiB']);
    memory.write(0x100000, new TextEncoder().encode('Linux version 6.12.0-test (gcc) #1 SMP\n\0'));
    memory.fill(0x110000, 0x10000); // an empty page is no root
    kernel.map(LINEAR, 0n, 1);
    kernel.map(0xc008000000230000n, 0x7650000n);
    const entry = kernel.entry(0xc008000000230000n, 2) + 7; // the lowest byte
    const index = new Uint8Array(1);
    memory.read(entry, index);
    memory.write(entry, Uint8Array.of(((index[0] as number) & 0xe0) | (granule === 4096 ? 9 : 5)));
    const info = new Vmcoreinfo(ppc64le.recoverInfo?.(memory) ?? '');
    assert.equal(info.release, '6.12.0-test');
    assert.equal(info.pageSize, granule);
    assert.equal(info.symbol('swapper_pg_dir'), LINEAR + BigInt(ROOT));
  }
  const none = machine(FORMS['radix, 4 KiB']);
  none.memory.write(0x100000, new TextEncoder().encode('Linux version 6.12.0-test (gcc) #1 SMP\n\0'));
  assert.equal(ppc64le.recoverInfo?.(none.memory), undefined);
});

test('a big-endian kernel, whose page tables look alike, is refused', () => {
  const { memory, kernel, map } = machine(FORMS['radix, 64 KiB']);
  kernel.map(LINEAR, 0n, 1);
  memory.writeU64(0x4000, 0xc000000001234568n);
  assert.equal(map('SYMBOL(cur_cpu_spec)=c000000000004000\n').unproved, false);
  memory.writeU64(0x4000, 0x68452301000000c0n);
  assert.throws(() => map('SYMBOL(cur_cpu_spec)=c000000000004000\n'), /big-endian one/);
});
