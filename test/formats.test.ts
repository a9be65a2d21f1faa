import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { Chunk } from '../src/memory/physical.ts';
import { openProgram } from '../src/open.ts';
import type { DumpImage } from '../src/program/ports.ts';
import { type CoreNote, type CoreSegment, writeElfCore, writeNotes } from './build/elf-core-writer.ts';
import { writeFlattened } from './build/flattened-writer.ts';
import { type KdumpOptions, writeKdump } from './build/kdump-writer.ts';
import { type PageCompressor, pageCompressors } from './build/page-compressors.ts';
import { watchedMemory } from './build/patched-memory.ts';
import { answersOf, imageOf, openSample, SAMPLES } from './build/sample-dump.ts';

/** The same memory in every format must give the same report, byte for byte. */
const COMMANDS = ['ps', 'log -m', 'mod', 'mount', 'bt -a'];
const PAGE = 4096;

/** What a dump holds, apart from how it is written. */
interface Content {
  readonly image: DumpImage;
  readonly pages: ReadonlyMap<number, Uint8Array | 'excluded'>;
  /** Pages that the answers need. */
  readonly used: ReadonlySet<Uint8Array>;
  readonly maxPfn: number;
  readonly notes: readonly CoreNote[];
  readonly machine: number;
  readonly directMap: (phys: number) => bigint;
  readonly answers: string;
}

function contentOf(image: DumpImage): Content {
  const pages = new Map<number, Uint8Array | 'excluded'>();
  const chunks = new Map<number, Chunk>();
  let maxPfn = 0;
  for (const { start, end } of image.memory.ranges()) {
    for (let at = start; at < end; at += PAGE) {
      const chunk = image.memory.chunk(at);
      if (typeof chunk === 'object') chunks.set(at / PAGE, chunk);
      assert.ok(typeof chunk === 'object' || chunk === 'excluded', `page ${at / PAGE}: ${chunk}`);
      pages.set(at / PAGE, typeof chunk === 'object' ? chunk.bytes : chunk);
    }
    maxPfn = Math.max(maxPfn, end / PAGE);
  }
  const used = new Set<Uint8Array>();
  const memory = watchedMemory(image.memory, (pfn) => {
    const page = pages.get(pfn);
    if (page instanceof Uint8Array) used.add(page);
  });
  const answers = answersOf({ ...image, memory }, COMMANDS);
  const { arch, map } = openProgram(image);
  const notes: CoreNote[] = image.cpuNotes.map((desc) => ({ name: 'CORE', type: 1, desc }));
  notes.push({ name: 'VMCOREINFO', type: 0, desc: Buffer.from(image.vmcoreinfo ?? '', 'latin1') });
  return { image, pages, used, maxPfn, notes, machine: arch.elfMachine, directMap: map.directMap, answers };
}

/** A segment for each run of pages that are there, and its tail of pages that were left out. */
function segments({ pages }: Content, virt: (phys: number) => bigint, most = 256): CoreSegment[] {
  const out: CoreSegment[] = [];
  const pfns = [...pages.keys()];
  for (let i = 0; i < pfns.length; ) {
    const first = pfns[i] as number;
    const parts: Uint8Array[] = [];
    const page = (n: number): Uint8Array | 'excluded' | undefined => (n < most ? pages.get(first + n) : undefined);
    let n = 0;
    for (let bytes = page(n); bytes instanceof Uint8Array; bytes = page(++n)) parts.push(bytes);
    while (page(n) === 'excluded') n++;
    i += n;
    const phys = first * PAGE;
    out.push({ phys, virt: virt(phys), data: Buffer.concat(parts), memorySize: n * PAGE });
  }
  return out;
}

/** Quarters of pages: more segments than the ELF header can count. */
function manySegments(content: Content): CoreSegment[] {
  return [...content.pages].flatMap(([pfn, page]) =>
    page === 'excluded'
      ? []
      : [0, 1, 2, 3].map((i) => ({ phys: pfn * PAGE + i * 1024, data: page.subarray(i * 1024, i * 1024 + 1024) })),
  );
}

function elf(content: Content, list: readonly CoreSegment[], extendedCount = false): Uint8Array {
  return writeElfCore({ segments: list, notes: content.notes, machine: content.machine, extendedCount });
}

function kdump(content: Content, compressor: PageCompressor, options: Partial<KdumpOptions> = {}): Uint8Array {
  const { pages, maxPfn, notes, image } = content;
  const names = ['sysname', 'nodename', 'release', 'version', 'machine', 'domainname'] as const;
  return writeKdump({
    pages,
    maxPfn,
    compressor,
    notes: writeNotes(notes.slice(0, -1)),
    vmcoreinfo: image.vmcoreinfo ?? '',
    utsname: names.map((name) => image.header.utsname?.[name] ?? ''),
    timestamp: 0,
    dumpLevel: image.header.dumpLevel ?? 0,
    zerosFirst: true,
    ...options,
  });
}

/** Compressing takes most of the time: only what is read goes through it. */
function onlyUsed({ used }: Content, compressor: PageCompressor): PageCompressor {
  const { flag } = compressor(new Uint8Array(PAGE));
  return (page) => (used.has(page) ? compressor(page) : { flag, data: page });
}

const forms: Readonly<Record<string, (content: Content) => readonly Uint8Array[]>> = {
  'ELF with virtual addresses': (c) => [elf(c, segments(c, c.directMap))],
  'ELF without virtual addresses': (c) => [
    elf(
      c,
      segments(c, () => 0n),
    ),
  ],
  'ELF whose virtual addresses repeat the physical ones': (c) => [elf(c, segments(c, BigInt))],
  'ELF with more segments than its header can count': (c) => [elf(c, manySegments(c), true)],
  'kdump, zlib': (c) => [kdump(c, onlyUsed(c, pageCompressors.zlib))],
  'kdump, lzo': (c) => [kdump(c, onlyUsed(c, pageCompressors.lzo))],
  'kdump, snappy': (c) => [kdump(c, onlyUsed(c, pageCompressors.snappy))],
  'kdump, zstd': (c) => [kdump(c, onlyUsed(c, pageCompressors.zstd))],
  'kdump, uncompressed': (c) => [kdump(c, pageCompressors.none)],
  'kdump, version 5': (c) => [kdump(c, pageCompressors.none, { version: 5 })],
  'flattened kdump': (c) => [
    writeFlattened(kdump(c, onlyUsed(c, pageCompressors.zlib)), { recordSize: 50_000, interleave: true }),
  ],
  'flattened ELF': (c) => [
    writeFlattened(
      elf(
        c,
        segments(c, () => 0n),
      ),
      { recordSize: 250_000, rewriteStart: true },
    ),
  ],
  'kdump split in three, given out of order': (c) => {
    const cut = [...c.pages].flatMap(([pfn, page]) => (page === 'excluded' ? [] : [pfn]));
    const at = (share: number): number => cut[Math.floor(cut.length * share)] as number;
    const bounds = [0, at(0.3), at(0.7), c.maxPfn];
    const part = (i: number): Uint8Array =>
      kdump(c, onlyUsed(c, pageCompressors.zlib), {
        split: { start: bounds[i] as number, end: bounds[i + 1] as number },
      });
    return [part(2), part(0), part(1)];
  },
};

for (const name of SAMPLES) {
  const sample = openSample(name);
  after(() => sample.close());
  let known: Content | undefined;
  const content = (): Content => {
    known ??= contentOf(sample.image);
    return known;
  };
  after(() => {
    known = undefined;
  });

  test(`${name}: the sample's own answers are whole`, () => {
    const { answers, pages } = content();
    assert.match(answers, /^Kernel crash: BUG assertion in /);
    assert.ok([...pages.values()].filter((p) => p !== 'excluded').length > 10_000);
    assert.ok([...pages.values()].includes('excluded'));
  });

  for (const [form, write] of Object.entries(forms)) {
    test(`${name}: ${form}: the same report`, () => {
      const image = imageOf(...write(content()));
      assert.deepEqual(image.problems, []);
      assert.equal(answersOf(image, COMMANDS), content().answers);
      for (const [pfn, page] of content().pages) {
        if (page === 'excluded') assert.equal(typeof image.memory.chunk(pfn * PAGE), 'string', `page ${pfn}`);
      }
    });
  }
}
