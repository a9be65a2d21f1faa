import assert from 'node:assert/strict';
import { test } from 'node:test';
import { armForm, PageTableWriter, type TableForm, x86Form } from '../../test/build/page-table-writer.ts';
import { SparseMemory } from '../../test/build/sparse-memory.ts';
import { AnalysisError } from '../base/errors.ts';
import type { Architecture, DumpImage, KernelMap } from '../program/ports.ts';
import { Vmcoreinfo } from '../program/vmcoreinfo.ts';
import { arm64 } from './arm64.ts';
import { x86_64 } from './x86-64.ts';

interface Layout {
  readonly arch: Architecture;
  readonly form: TableForm;
  /** Where the image is, and its page tables in it. */
  readonly stext: bigint;
  readonly imagePhys: number;
  readonly direct: bigint;
  /** Physical address that `direct` is for. */
  readonly directPhys: number;
  readonly info: (swapper: bigint) => string;
  readonly image?: Partial<DumpImage>;
  /** Further pages of the direct map. */
  readonly mapped?: readonly number[];
}

const IMAGE_SIZE = 0x400000;
/** Offset of swapper_pg_dir in the image: on no round place. */
const TABLES = 0x210000;

/** A kernel of 4 MiB, its direct map, and one process with a page at 0x400000. */
function build(layout: Layout): { map: () => KernelMap; memory: SparseMemory; swapper: bigint; user: bigint } {
  const memory = new SparseMemory();
  const { form, stext, imagePhys, direct, directPhys } = layout;
  const swapper = stext + BigInt(TABLES);
  memory.fill(imagePhys, 0x1000);
  const writer = new PageTableWriter(memory, form, imagePhys + TABLES);
  writer.mapRange(stext, imagePhys, IMAGE_SIZE);
  for (const phys of [directPhys, imagePhys + TABLES, ...(layout.mapped ?? [])]) {
    const start = Math.floor(phys / form.granule) * form.granule;
    writer.map(direct + BigInt(start - directPhys), BigInt(start));
  }
  memory.fill(directPhys, 0x1000);
  const userTables = imagePhys + 0x3f0000;
  const user = new PageTableWriter(memory, form, userTables);
  user.map(0x400000n, BigInt(imagePhys));
  const image: DumpImage = {
    format: 'test',
    memory,
    header: {},
    cpuNotes: [],
    virtualSegments: [],
    codecs: [],
    problems: [],
    ...layout.image,
  };
  const info = new Vmcoreinfo(
    `OSRELEASE=x\nSYMBOL(swapper_pg_dir)=${swapper.toString(16)}\nSYMBOL(_stext)=${stext.toString(16)}\n${layout.info(swapper)}`,
  );
  return {
    memory,
    swapper,
    user: stext + BigInt(userTables - imagePhys),
    map: () => layout.arch.kernelMap(image, info),
  };
}

function check(layout: Layout): KernelMap {
  const built = build(layout);
  const map = built.map();
  const phys = (at: bigint) => {
    const where = map.translate(at);
    return typeof where === 'string' ? where : where.phys;
  };
  const { imagePhys, direct, directPhys, stext } = layout;
  assert.equal(map.root, imagePhys + TABLES);
  assert.equal(phys(built.swapper), map.root);
  assert.equal(phys(stext + 0x1234n), imagePhys + 0x1234);
  assert.equal(phys(direct + 0x10n), directPhys + 0x10);
  assert.equal(map.directMap(directPhys + 0x123), direct + 0x123n);
  assert.equal(phys(0x1234n), 'non-canonical');
  const user = map.userTranslate(built.user);
  assert.equal((user(0x400010n) as { phys: number }).phys, imagePhys + 0x10);
  assert.equal(user(stext), 'non-canonical');
  assert.equal(user(0x500000n), 'unmapped');
  return map;
}

const x86 = {
  arch: x86_64,
  form: x86Form(4),
  stext: 0xffffffff9a000000n,
  imagePhys: 0x5c00000,
  direct: 0xffff8f13c0000000n,
  directPhys: 0,
};
const physBase = x86.imagePhys - Number(x86.stext - 0xffffffff80000000n);

test('x86-64, 4 levels, everything moved by KASLR', () => {
  const map = check({ ...x86, info: () => `PAGESIZE=4096\nNUMBER(phys_base)=${physBase}\nKERNELOFFSET=19000000\n` });
  assert.equal(map.vaBits, 48);
  assert.equal(map.kaslrOffset, 0x19000000n);
});

test('x86-64, 5 levels', () => {
  const info = () => `NUMBER(phys_base)=${physBase}\nNUMBER(pgtable_l5_enabled)=1\n`;
  assert.equal(check({ ...x86, form: x86Form(5), direct: 0xff32000040000000n, info }).vaBits, 57);
});

test('x86-64: phys_base not stated or wrong is found from a segment, the header or the page tables', () => {
  check({ ...x86, info: () => '' });
  check({ ...x86, info: () => 'NUMBER(phys_base)=4096\n', image: { header: { physBase: 0x37748736n } } });
  check({ ...x86, info: () => '', image: { header: { physBase: BigInt(physBase) } } });
  const segment = { virt: x86.stext, phys: x86.imagePhys, size: 0x1000 };
  check({ ...x86, info: () => '', image: { virtualSegments: [segment] } });
});

test('x86-64: the direct map is linear up to its hole, the page tables know what follows', () => {
  const layout: Layout = {
    ...x86,
    mapped: [0x200000, 0x400000, 0x3000000],
    info: () => `NUMBER(phys_base)=${physBase}\n`,
  };
  const map = check(layout);
  assert.deepEqual(map.linear[1], { start: x86.direct, end: x86.direct + 0x600000n, phys: 0 });
  assert.deepEqual(map.translate(x86.direct + 0x3000010n), { phys: 0x3000010, size: 0xff0 });
  assert.equal(map.translate(x86.direct + 0x3100000n), 'unmapped');
});

test('x86-64: page tables that are not in the dump', () => {
  const layout: Layout = { ...x86, info: () => `NUMBER(phys_base)=${physBase}\n` };
  const segment = { virt: x86.direct, phys: 0, size: 0x1000 };
  const built = build({ ...layout, image: { virtualSegments: [segment] } });
  built.memory.drop(x86.imagePhys + TABLES);
  const map = built.map();
  assert.deepEqual(map.translate(built.swapper), { phys: x86.imagePhys + TABLES, size: 0x1f0000 });
  assert.equal(map.directMap(0x1000), x86.direct + 0x1000n);
  const lost = build({ ...layout, info: () => '' });
  lost.memory.drop(x86.imagePhys + TABLES);
  assert.throws(
    lost.map,
    (e) => e instanceof AnalysisError && /no page tables found for swapper_pg_dir 0xffffffff9a210000/.test(e.message),
  );
});

const arm =
  (bits: number, start: number, more = '') =>
  (swapper: bigint) =>
    [
      `NUMBER(VA_BITS)=${bits}`,
      `NUMBER(kimage_voffset)=0x${BigInt.asUintN(64, swapper - BigInt(start + TABLES)).toString(16)}`,
      `${more}\n`,
    ].join('\n');
const image = 0x40200000;
const common = { arch: arm64, imagePhys: image, directPhys: 0x40000000 };

test('arm64, 4 KiB pages, 48 bits, linear map in the lower half', () => {
  const map = check({
    ...common,
    form: armForm(4096, 48),
    stext: 0xffffda77aae00000n,
    direct: 0xffff56bf80000000n,
    // The start of memory is moved inside the map, so PHYS_OFFSET wraps: as the kernel prints it.
    info: arm(48, image, 'PAGESIZE=4096\nNUMBER(PHYS_OFFSET)=0xffffa940c0000000\nNUMBER(TCR_EL1_T1SZ)=0x10'),
  });
  assert.equal(map.vaBits, 48);
});

test('arm64 before v5.4: linear map in the upper half', () => {
  check({
    ...common,
    form: armForm(4096, 39),
    stext: 0xffffff8008080000n,
    direct: 0xffffffc000000000n,
    info: arm(39, image, 'PAGESIZE=4096\nNUMBER(PHYS_OFFSET)=0x40000000'),
  });
});

test('arm64, 16 KiB pages, 47 and 48 bits', () => {
  for (const bits of [47, 48]) {
    const map = check({
      ...common,
      form: armForm(16384, bits),
      stext: 0xffffc00008000000n,
      direct: BigInt.asUintN(64, -(1n << BigInt(bits))),
      info: arm(bits, image, 'PAGESIZE=16384\nNUMBER(PHYS_OFFSET)=0x40000000'),
    });
    assert.equal(map.pageSize, 16384);
  }
});

test('arm64, 64 KiB pages, 42 and 52 bits, and 52 on a machine with 48', () => {
  const rest = 'PAGESIZE=65536\nNUMBER(PHYS_OFFSET)=0x40000000';
  const form = armForm(65536, 52);
  check({
    ...common,
    form: armForm(65536, 42),
    stext: 0xfffffe0008000000n,
    direct: 0xfffffc0000000000n,
    info: arm(42, image, rest),
  });
  const wide = check({
    ...common,
    form,
    stext: 0xffff800008000000n,
    direct: 0xfff0000000000000n,
    info: arm(52, image, `${rest}\nNUMBER(TCR_EL1_T1SZ)=0xc`),
  });
  assert.equal(wide.vaBits, 52);
  // There the linear map's start is lowered so that memory lands at -(1 << 48).
  const offset = `NUMBER(PHYS_OFFSET)=0x${BigInt.asUintN(64, 0x40000000n - (0xfn << 48n)).toString(16)}`;
  const narrow = check({
    ...common,
    form,
    stext: 0xffff800008000000n,
    direct: 0xffff000000000000n,
    info: arm(52, image, `PAGESIZE=65536\n${offset}\nNUMBER(TCR_EL1_T1SZ)=0x10`),
  });
  assert.equal(narrow.vaBits, 48);
});

test('arm64, 4 KiB pages, 52 bits', () => {
  const map = check({
    ...common,
    form: armForm(4096, 52, true),
    stext: 0xffff800080000000n,
    direct: 0xfff0000000000000n,
    info: arm(52, image, 'PAGESIZE=4096\nNUMBER(PHYS_OFFSET)=0x40000000\nNUMBER(TCR_EL1_T1SZ)=0xc'),
  });
  assert.equal(map.vaBits, 52);
});

test('arm64: what VMCOREINFO leaves out is found by trying', () => {
  const layout = { ...common, form: armForm(4096, 48), stext: 0xffff800008000000n, direct: 0xffff000000000000n };
  check({ ...layout, info: () => 'PAGESIZE=4096\nNUMBER(PHYS_OFFSET)=0x40000000\n' });
  check({
    ...layout,
    info: () => 'NUMBER(VA_BITS)=48\nNUMBER(kimage_voffset)=0x1000\nNUMBER(PHYS_OFFSET)=0x40000000\n',
  });
});

test('arm64: tags in kernel and user addresses', () => {
  const layout: Layout = {
    ...common,
    form: armForm(4096, 48),
    stext: 0xffff800008000000n,
    direct: 0xffff000000000000n,
    info: arm(48, image, 'NUMBER(PHYS_OFFSET)=0x40000000'),
  };
  const built = build(layout);
  const map = built.map();
  assert.deepEqual(map.translate(0xf4ff000000000010n), map.translate(0xffff000000000010n));
  assert.equal(map.translate(0x6b6b6b6b6b6b6b6bn), 'non-canonical');
  assert.equal(map.translate(0xfe7f000000000010n), 'non-canonical');
  const user = map.userTranslate(built.user);
  assert.deepEqual(user(0x3c00000000400010n), user(0x400010n));
});

test('struct page is found through the section table', () => {
  const section = 0x40100000;
  const built = build({
    ...common,
    mapped: [section, section + 0x1000],
    form: armForm(4096, 48),
    stext: 0xffff800008000000n,
    direct: 0xffff000000000000n,
    info: (swapper) =>
      arm(
        48,
        image,
        'NUMBER(PHYS_OFFSET)=0x40000000\nSYMBOL(mem_section)=ffff000000100000\nLENGTH(mem_section)=64\nSIZE(mem_section)=16\nOFFSET(mem_section.section_mem_map)=0',
      )(swapper),
  });
  built.memory.fill(section, 0x2000);
  built.memory.writeU64(section + 8, 0xffff000000101000n); // the first root is empty
  built.memory.writeU64(section + 0x1000 + 32, 0xfffffc0000000000n | 0x1fn); // so are two sections
  assert.equal(built.map().vmemmap, 0xfffffc0000000000n);
});

test('arm64: page tables that are not in the dump or are zeros, or only their root', () => {
  const layout: Layout = {
    ...common,
    form: armForm(4096, 48),
    stext: 0xffffda77aae00000n,
    direct: 0xffff56bf80000000n,
    info: arm(48, image, 'PAGESIZE=4096\nNUMBER(PHYS_OFFSET)=0xffffa940c0000000\nNUMBER(TCR_EL1_T1SZ)=0x10'),
  };
  for (const [lost, zeros] of [[0], [0x1000], [0, true], [0x1000, true]] as const) {
    const built = build(layout);
    assert.equal(built.map().unproved, false);
    for (let at = lost; at < 0x100000; at += 0x1000) {
      built.memory.drop(image + TABLES + at);
      if (zeros) built.memory.fill(image + TABLES + at, 0x1000);
    }
    const map = built.map();
    assert.equal(map.unproved, true);
    for (const at of [layout.stext, built.swapper, layout.stext + 0x300000n]) {
      assert.equal((map.translate(at) as { phys: number }).phys, image + Number(at - layout.stext));
    }
    assert.equal((map.translate(layout.direct + 0x10n) as { phys: number }).phys, 0x40000010);
    assert.equal(typeof map.translate(0xffff000000000000n), 'string');
  }
});
