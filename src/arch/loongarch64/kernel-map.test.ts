import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loongForm, PageTableWriter } from '../../../test/build/page-table-writer.ts';
import { SparseMemory } from '../../../test/build/sparse-memory.ts';
import { AnalysisError } from '../../base/errors.ts';
import type { DumpImage, KernelMap } from '../../program/ports.ts';
import { Vmcoreinfo } from '../../program/vmcoreinfo.ts';
import { loongarch64 } from '../loongarch64.ts';

const ROOT = 0x1b90000;
const SWAPPER = 0x9000000000000000n + BigInt(ROOT);
const MODULE = 0xffff800002324000n;
const USER = 0x8400000;

function build(granule: 4096 | 16384 | 65536, levels: number, at = MODULE): SparseMemory {
  const memory = new SparseMemory();
  const form = loongForm(granule, levels);
  new PageTableWriter(memory, form, ROOT).map(at, 0x80004000n & ~BigInt(granule - 1));
  new PageTableWriter(memory, form, USER).map(0x120000000n, 0x5550000n);
  return memory;
}

function map(memory: SparseMemory, pageSize: number, swapper = SWAPPER): KernelMap {
  const image: DumpImage = {
    ...{ format: 'test', memory, header: {}, cpuNotes: [], virtualSegments: [], codecs: [], problems: [] },
  };
  const text = `OSRELEASE=x\nPAGESIZE=${pageSize}\nSYMBOL(swapper_pg_dir)=${swapper.toString(16)}\n`;
  return loongarch64.kernelMap(image, new Vmcoreinfo(text));
}

const phys = (m: KernelMap, at: bigint) => {
  const where = m.translate(at);
  return typeof where === 'string' ? where : where.phys;
};

test('windows, the kernel’s own page tables and those of a process', () => {
  const m = map(build(16384, 3), 16384);
  assert.equal(m.vaBits, 47);
  assert.equal(m.root, ROOT);
  assert.equal(m.unproved, false);
  assert.equal(phys(m, SWAPPER), ROOT);
  assert.equal(phys(m, 0x8000000012345678n), 0x12345678);
  assert.equal(m.tables?.withoutTables?.(SWAPPER + 8n), ROOT + 8);
  assert.equal(m.tables?.withoutTables?.(MODULE), undefined);
  assert.deepEqual(m.tables?.flagNames(0x1d3n), ['VALID', 'DIRTY', 'GLOBAL', 'PRESENT', 'WRITE']);
  assert.deepEqual(m.tables?.swap((7n << 24n) | (3n << 16n)), { type: 3, offset: 7n });
  assert.equal(m.directMap(0x123), 0x9000000000000123n);
  assert.equal(phys(m, MODULE + 0x10n), 0x80004010);
  assert.equal(phys(m, MODULE + 0x4000n), 'unmapped');
  assert.equal(phys(m, 0xffff000000000000n), 'non-canonical');
  assert.equal(phys(m, 0x1234n), 'non-canonical');
  const user = m.userTranslate(0x9000000000000000n + BigInt(USER));
  assert.equal((user(0x120000010n) as { phys: number }).phys, 0x5550010);
  assert.equal(user(0x800000000000n), 'non-canonical');
});

test('the number of levels is that with which the tables map anything', () => {
  assert.equal(map(build(4096, 4, 0xffff000000008000n), 4096).vaBits, 48);
  assert.equal(map(build(4096, 3, 0xffffffc000008000n), 4096).vaBits, 39);
  assert.equal(map(build(16384, 2, 0xfffffff000008000n), 16384).vaBits, 36);
  assert.equal(map(build(65536, 2, 0xfffffc0000010000n), 65536).vaBits, 42);
});

test('without the tables the windows are still there', () => {
  const memory = build(16384, 3);
  for (let at = 0; at < 16384; at += 4096) memory.drop(ROOT + at);
  const m = map(memory, 16384);
  assert.equal(m.unproved, true);
  assert.equal(phys(m, 0x9000000001234567n), 0x1234567);
  assert.equal(typeof phys(m, MODULE), 'string');
});

test('a kernel that is not in the window is refused', () => {
  assert.throws(
    () => map(new SparseMemory(), 16384, 0xffffffff81e10000n),
    (e) => e instanceof AnalysisError && /has swapper_pg_dir at 0xffffffff81e10000/.test(e.message),
  );
});
