import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PageTableWriter, riscvForm } from '../../../test/build/page-table-writer.ts';
import { SparseMemory } from '../../../test/build/sparse-memory.ts';
import { AnalysisError } from '../../base/errors.ts';
import type { DumpImage, KernelMap } from '../../program/ports.ts';
import { Vmcoreinfo } from '../../program/vmcoreinfo.ts';
import { riscv64 } from '../riscv64.ts';

const RAM = 0x80000000;
const IMAGE = 0x80200000;
const LINK = 0xffffffff80000000n;
/** The root table in the image. */
const TABLES = 0x1dcb000;
const SWAPPER = LINK + BigInt(TABLES);
const IMAGE_SIZE = 0x2000000;
const HUGE = 0x200000;
/** Where user tables are, by their physical address. */
const USER = 0x84000000;

const PAGE_OFFSET = { 39: 0xffffffd600000000n, 48: 0xffffaf8000000000n, 57: 0xff60000000000000n } as const;

interface Built {
  readonly memory: SparseMemory;
  readonly map: (info: readonly string[], image?: Partial<DumpImage>) => KernelMap;
}

/** A kernel at 2 MiB above the start of memory, its linear map in huge pages, and one process with a page. */
function build(bits: 39 | 48 | 57): Built {
  const memory = new SparseMemory();
  const form = riscvForm(bits);
  const last = form.shifts.length - 1;
  const writer = new PageTableWriter(memory, form, IMAGE + TABLES);
  for (let at = 0; at < IMAGE_SIZE; at += HUGE) writer.map(LINK + BigInt(at), BigInt(IMAGE + at), last - 1);
  for (let at = 0; at < 0x4000000; at += HUGE) {
    writer.map(PAGE_OFFSET[bits] + BigInt(at), BigInt(RAM + at), last - 1);
  }
  writer.map(PAGE_OFFSET[bits] + BigInt(USER - RAM), BigInt(USER), last - 1);
  memory.fill(RAM, 0x1000);
  const user = new PageTableWriter(memory, form, USER);
  user.map(0x10000n, BigInt(IMAGE));
  const info = [`SYMBOL(swapper_pg_dir)=${SWAPPER.toString(16)}`, `SYMBOL(_stext)=${(LINK + 0x2000n).toString(16)}`];
  return {
    memory,
    map: (more, image = {}) => {
      const whole: DumpImage = {
        ...{ format: 'test', memory, header: {}, cpuNotes: [], virtualSegments: [], codecs: [], problems: [] },
        ...image,
      };
      return riscv64.kernelMap(whole, new Vmcoreinfo(['OSRELEASE=x', ...info, ...more, ''].join('\n')));
    },
  };
}

function check(map: KernelMap, bits: 39 | 48 | 57): void {
  const direct = PAGE_OFFSET[bits];
  const phys = (at: bigint) => {
    const where = map.translate(at);
    return typeof where === 'string' ? where : where.phys;
  };
  assert.equal(map.vaBits, bits);
  assert.equal(map.root, IMAGE + TABLES);
  assert.equal(phys(SWAPPER), map.root);
  assert.equal(phys(LINK + 0x3456n), IMAGE + 0x3456);
  assert.equal(phys(direct + 0x10n), RAM + 0x10);
  assert.equal(map.directMap(RAM + 0x123), direct + 0x123n);
  assert.equal(phys(0x1234n), 'non-canonical');
  assert.equal(phys(direct + 0x7000000n), 'unmapped');
  const user = map.userTranslate(direct + BigInt(USER - RAM));
  assert.equal((user(0x10010n) as { phys: number }).phys, IMAGE + 0x10);
  assert.equal(user(LINK), 'non-canonical');
}

const stated = (bits: 39 | 48 | 57) => [
  `NUMBER(VA_BITS)=${bits}`,
  `NUMBER(PAGE_OFFSET)=0x${PAGE_OFFSET[bits].toString(16)}`,
  `NUMBER(phys_ram_base)=${RAM}`,
  `NUMBER(va_kernel_pa_offset)=0x${(LINK - BigInt(IMAGE)).toString(16)}`,
];

for (const bits of [39, 48, 57] as const) {
  test(`Sv${bits}: as VMCOREINFO states it, and without its statements`, () => {
    const { map } = build(bits);
    check(map(stated(bits)), bits);
    check(map([]), bits);
    check(map([], { virtualSegments: [{ virt: LINK, phys: IMAGE, size: IMAGE_SIZE }] }), bits);
  });
}

test('statements that memory does not bear out are not believed', () => {
  const wrong = [
    'NUMBER(va_kernel_pa_offset)=0x1000',
    'NUMBER(PAGE_OFFSET)=0xff00000000000000',
    'NUMBER(phys_ram_base)=0',
  ];
  check(build(48).map(wrong), 48);
});

test('page descriptors are where VMCOREINFO says', () => {
  const { map } = build(57);
  assert.equal(map([...stated(57), 'SYMBOL(vmemmap)=ff1bfffffe000000']).vmemmap, 0xff1bfffffe000000n);
});

test('page tables that are not in the dump', () => {
  const built = build(39);
  built.memory.drop(IMAGE + TABLES);
  const map = built.map(stated(39));
  assert.equal(map.unproved, true);
  assert.equal((map.translate(SWAPPER) as { phys: number }).phys, IMAGE + TABLES);
  assert.equal((map.translate(LINK + 0x2000n) as { phys: number }).phys, IMAGE + 0x2000);
  assert.throws(
    () => built.map([]),
    (e) => e instanceof AnalysisError && /no page tables found for swapper_pg_dir 0xffffffff81dcb000/.test(e.message),
  );
});

test('a kernel without VMCOREINFO is found by its banner and its page tables', () => {
  for (const bits of [39, 57] as const) {
    const built = build(bits);
    const banner = IMAGE + 0x1149320;
    built.memory.fill(banner - (banner % 4096), 4096);
    built.memory.write(banner, new TextEncoder().encode('Linux version 6.12.9-riscv (x@y) (gcc) #1 SMP\n\0'));
    const text = riscv64.recoverInfo?.(built.memory) ?? '';
    const info = new Vmcoreinfo(text);
    assert.equal(info.release, '6.12.9-riscv');
    assert.equal(info.symbol('swapper_pg_dir'), SWAPPER);
    assert.equal(info.symbol('_stext'), LINK);
    check(built.map(text.split('\n').filter((l) => l.startsWith('NUMBER'))), bits);
  }
});

test('the text of a riscv64 kernel is told from others', () => {
  assert.equal(riscv64.recognise(new Vmcoreinfo(`${stated(57).join('\n')}\n`)), true);
  assert.equal(riscv64.recognise(new Vmcoreinfo('OSRELEASE=6.1\nNUMBER(phys_base)=0\n')), false);
});
