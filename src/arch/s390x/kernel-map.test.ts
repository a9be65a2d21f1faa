import assert from 'node:assert/strict';
import { test } from 'node:test';
import { S390TableWriter } from '../../../test/build/s390-table-writer.ts';
import { SparseMemory } from '../../../test/build/sparse-memory.ts';
import { AnalysisError } from '../../base/errors.ts';
import { openProgram } from '../../open.ts';
import type { DumpImage } from '../../program/ports.ts';
import type { Program } from '../../program/program.ts';
import { s390x } from '../s390x.ts';

const TABLES = 0x800000;
const NOTE = 0x7f2000;
const RAM = 0x2000000;

interface Layout {
  /** Added to a physical address: for memory, and for the image, which begins at 1 MiB. */
  readonly identity: bigint;
  readonly image: bigint;
  readonly type: 1 | 2;
  readonly more?: string;
}

function made({ identity, image, type, more = '' }: Layout): { memory: SparseMemory; image: DumpImage; pgd: number } {
  const memory = new SparseMemory();
  const writer = new S390TableWriter(memory, type, TABLES);
  for (let at = 0; at < RAM; at += 0x100000) writer.mapBig(identity + BigInt(at), at, 0);
  if (image !== identity)
    for (let at = 0x100000; at < 0x1000000; at += 0x100000) writer.mapBig(image + BigInt(at), at, 0);
  const vmalloc = 0x37fffd00000n;
  writer.map(vmalloc, 0x1800000);
  memory.fill(0x1800000, 0x1000);
  const user = new S390TableWriter(memory, 1, 0x1000000);
  user.map(0x1000000n, 0x1801000);
  memory.fill(0, 0x2000);
  const swapper = image + BigInt(TABLES);
  const text = `OSRELEASE=6.1\nPAGESIZE=4096\nSYMBOL(swapper_pg_dir)=${swapper.toString(16)}\nSYMBOL(_stext)=${(image + 0x100000n).toString(16)}\nSYMBOL(lowcore_ptr)=0\n${more}`;
  const note = new Uint8Array(24 + text.length);
  new DataView(note.buffer).setUint32(0, 11);
  new DataView(note.buffer).setUint32(4, text.length);
  note.set(
    [...'VMCOREINFO'].map((c) => c.charCodeAt(0)),
    12,
  );
  note.set(
    [...text].map((c) => c.charCodeAt(0)),
    24,
  );
  memory.write(NOTE, note);
  // the lowcore's word is on no round place
  memory.write(0xe0c, Uint8Array.of(0, 0, 0, 0, 0, 0x7f, 0x20, 0));
  const dump: DumpImage = {
    ...{ format: 'test', memory, header: {}, cpuNotes: [], virtualSegments: [], codecs: [], problems: [] },
    elfMachine: 22,
    littleEndian: false,
  };
  return { memory, image: dump, pgd: user.root };
}

function open(image: DumpImage): Program {
  return openProgram(image, { debugProviders: [] });
}

test('VMCOREINFO by the lowcore; every address below the vmalloc area is the physical one', () => {
  const { image, pgd } = made({ identity: 0n, image: 0n, type: 1, more: 'KERNELOFFSET=0\n' });
  const { map, arch, kernelStart } = open(image);
  assert.equal(arch, s390x);
  assert.equal(map.root, TABLES);
  assert.equal(map.vaBits, 42);
  assert.equal(kernelStart < 0x100000n, true);
  assert.deepEqual(map.translate(0x1234n), { phys: 0x1234, size: RAM - 0x1234 });
  assert.equal((map.translate(0x37fffd00010n) as { phys: number }).phys, 0x1800010);
  assert.equal(map.translate(1n << 42n), 'non-canonical');
  assert.equal(map.directMap(0x5000), 0x5000n);
  const user = map.userTranslate(BigInt(pgd));
  assert.deepEqual(user(0x1000010n), { phys: 0x1801010, size: 4096 - 16 });
  assert.equal(user(0x2000n), 'unmapped');
});

test('an image with addresses of its own, and an identity mapping that begins elsewhere', () => {
  const image = 0x3ffe0000000n - 0x100000n;
  const identity = 0x20000000000n;
  const more = `IDENTITYBASE=${identity.toString(16)}\nKERNELOFFSET=${image.toString(16)}\nKERNELOFFPHYS=0\n`;
  const built = made({ identity, image, type: 2, more });
  const { map } = open(built.image);
  assert.equal(map.vaBits, 53);
  assert.equal(map.root, TABLES);
  assert.equal((map.translate(image + 0x100123n) as { phys: number }).phys, 0x100123);
  assert.equal((map.translate(identity + 0x1234n) as { phys: number }).phys, 0x1234);
  assert.equal(map.translate(0x1234n), 'unmapped');
  assert.equal(map.directMap(0x10), identity + 0x10n);
  const user = map.userTranslate(identity + BigInt(built.pgd));
  assert.equal((user(0x1000000n) as { phys: number }).phys, 0x1801000);
});

test('page tables that are not in the dump, and tables that map nothing', () => {
  const lost = made({ identity: 0n, image: 0n, type: 1 });
  for (let at = 0; at < 0x4000; at += 0x1000) lost.memory.drop(TABLES + at);
  const { map } = open(lost.image);
  assert.equal(map.unproved, true);
  assert.equal((map.translate(0x100010n) as { phys: number }).phys, 0x100010);
  const wrong = made({ identity: 0n, image: 0n, type: 1 });
  wrong.memory.write(TABLES, new Uint8Array(0x4000));
  assert.throws(
    () => open(wrong.image),
    (e) => e instanceof AnalysisError && /s390x: no page tables found for swapper_pg_dir 0x800000/.test(e.message),
  );
});

test('a kernel without VMCOREINFO is found by its banner and the tables behind it', () => {
  for (const image of [0n, 0x3ffe0000000n]) {
    const built = made({ identity: 0n, image, type: 1 });
    built.memory.write(NOTE, new Uint8Array(0x1000));
    built.memory.write(0xe0c, new Uint8Array(8));
    const banner = 'Linux version 6.12.1-s390x (someone@somewhere) #1\n\0';
    built.memory.write(0x600020, new TextEncoder().encode(banner));
    const { map, arch, vmcoreinfo } = open({ ...built.image, header: { utsname: { machine: 'S390X' } } });
    assert.equal(arch, s390x);
    assert.equal(vmcoreinfo.release, '6.12.1-s390x');
    assert.equal(map.root, TABLES);
    assert.equal((map.translate(image + 0x600020n) as { phys: number }).phys, 0x600020);
    assert.equal(map.directMap(0x1000), 0x1000n);
    assert.equal(vmcoreinfo.symbol('_stext'), image + 0x100000n);
  }
});
