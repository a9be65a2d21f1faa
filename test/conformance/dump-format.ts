import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytesSource } from '../../src/base/byte-source.ts';
import { AnalysisError, type FaultReason } from '../../src/base/errors.ts';
import type { PhysicalMemory } from '../../src/memory/physical.ts';
import { nodeCodecs } from '../../src/node/codecs.ts';
import type { DumpFormat, DumpImage } from '../../src/program/ports.ts';
import { seededRandom } from '../build/byte-writer.ts';
import { type TestMemory, testMemory } from '../build/test-memory.ts';

export interface DumpFormatCase {
  readonly format: DumpFormat;
  /** The files of one dump of `memory`. */
  readonly build: (memory: TestMemory) => readonly Uint8Array[];
  /** Whether the format tells a page that was excluded from one that never was. */
  readonly knowsExcluded: boolean;
  readonly pageSize?: number;
  /** False where the header comes last, so that a cut file has none. */
  readonly opensWhenCut?: boolean;
}

/** What every dump format must do; one call for each format and variant. */
export function testDumpFormat(name: string, subject: DumpFormatCase): void {
  const { format, build, knowsExcluded, pageSize = 4096, opensWhenCut = true } = subject;
  const codecs = nodeCodecs();
  const open = (files: readonly Uint8Array[], at: DumpFormat = format): DumpImage => {
    const [first, ...more] = files.map((bytes, i) => bytesSource(`part${i}`, bytes));
    if (!first) throw new Error('no file');
    return at.open(first, codecs, more);
  };
  const maxPfn = pageSize > 4096 ? 400 : 1200;
  const memory = testMemory(7, pageSize, maxPfn);

  test(`${name}: every page, and parts of pages, read as they were`, () => {
    const files = build(memory);
    assert.ok(format.probe(bytesSource('dump', files[0] as Uint8Array)));
    const image = open(files);
    assert.deepEqual(image.problems, []);
    checkPages(image.memory, memory, knowsExcluded);
    checkSpans(image.memory, memory);
    checkRanges(image.memory, memory);
  });

  test(`${name}: two dumps open at once do not mix`, () => {
    const other = testMemory(8, pageSize, maxPfn);
    const a = open(build(memory));
    const b = open(build(other));
    for (let round = 0; round < 2; round++) {
      checkPages(a.memory, memory, knowsExcluded);
      checkPages(b.memory, other, knowsExcluded);
    }
  });

  test(`${name}: cut off anywhere, it gives an error or right bytes`, () => {
    const files = build(memory);
    const first = files[0] as Uint8Array;
    const last = files.length > 1 ? files.slice(1) : [];
    let opened = 0;
    for (let size = 1; size < first.length; size += inHeaders(size) ? 1 : 1 + (first.length >> 6)) {
      const image = attempt(() => open([first.slice(0, size), ...last]));
      if (!image) continue;
      opened++;
      assert.ok(image.problems.length > 0, `cut at ${size}: no problem is named`);
      checkSurvivors(image.memory, memory, `cut at ${size}`);
    }
    assert.equal(opened > 20, opensWhenCut, `${opened} cut files could be opened`);
  });

  test(`${name}: damaged bytes may only give errors and faults`, () => {
    const files = build(testMemory(9, pageSize, 120));
    const random = seededRandom(99);
    for (let round = 0; round < (pageSize > 4096 ? 25 : 100); round++) {
      const copies = files.map((f) => f.slice());
      const victim = copies[random(copies.length)] as Uint8Array;
      for (let i = 1 + random(12); i > 0; i--) {
        const near = random(3) === 0 ? victim.length : Math.min(victim.length, random(2) === 0 ? 600 : 9000);
        victim[random(near)] = random(3) === 0 ? 0xff : random(256);
      }
      const image = attempt(() => open(copies));
      if (image) readEverything(image, 120 * pageSize);
    }
  });
}

/** Where the formats have their headers: cut at every byte there. */
function inHeaders(at: number): boolean {
  return at < 480 || (at >= 4096 && at < 4240);
}

/** The value, or undefined for an `AnalysisError`; anything else is a failure. */
function attempt<T>(make: () => T): T | undefined {
  try {
    return make();
  } catch (e) {
    if (e instanceof AnalysisError) return undefined;
    throw e;
  }
}

function checkPages(physical: PhysicalMemory, { pages, maxPfn, pageSize }: TestMemory, knowsExcluded: boolean): void {
  const into = new Uint8Array(pageSize);
  for (let pfn = 0; pfn < maxPfn + 3; pfn++) {
    const page = pages.get(pfn);
    const at = pfn * pageSize;
    const fault = physical.read(at, into);
    const chunk = physical.chunk(at + 5);
    if (page === undefined || page === 'excluded') {
      const expected: FaultReason = page === 'excluded' && knowsExcluded ? 'excluded' : 'not-in-dump';
      assert.equal(fault, expected, `page ${pfn}`);
      assert.equal(chunk, expected, `page ${pfn}`);
      continue;
    }
    assert.equal(fault, undefined, `page ${pfn}`);
    assert.deepEqual(into, page, `page ${pfn}`);
    assert.ok(typeof chunk === 'object', `page ${pfn}: ${chunk}`);
    assert.ok(
      chunk.start <= at + 5 && chunk.start + chunk.bytes.length >= at + 4096,
      `page ${pfn}: chunk is too small`,
    );
    const from = Math.max(at, chunk.start) - chunk.start;
    const n = Math.min(chunk.bytes.length - from, pageSize);
    assert.deepEqual(chunk.bytes.slice(from, from + n), page.slice(0, n), `page ${pfn}`);
    assert.equal(chunk.view.getUint8(from), page[0]);
  }
}

/** Reads of all sizes at odd places: right where all of it is there, a fault where any of it is not. */
function checkSpans(physical: PhysicalMemory, { pages, maxPfn, pageSize }: TestMemory): void {
  const random = seededRandom(5);
  const present = [...pages].filter(([, p]) => p !== 'excluded').map(([pfn]) => pfn);
  for (let round = 0; round < 300; round++) {
    const at = (present[random(present.length)] as number) * pageSize + random(pageSize);
    const size = 1 + (random(2) === 0 ? random(64) : random(6 * pageSize));
    const into = new Uint8Array(size);
    const fault = physical.read(at, into);
    let whole = true;
    for (let i = 0; i < size; ) {
      const pfn = Math.floor((at + i) / pageSize);
      const from = (at + i) % pageSize;
      const n = Math.min(size - i, pageSize - from);
      const page = pfn < maxPfn ? pages.get(pfn) : undefined;
      if (!(page instanceof Uint8Array)) whole = false;
      else if (!fault) assert.deepEqual(into.slice(i, i + n), page.slice(from, from + n), `read of ${size} at ${at}`);
      i += n;
    }
    assert.equal(fault === undefined, whole, `read of ${size} at ${at}: ${fault}`);
  }
}

function checkRanges(physical: PhysicalMemory, { pages, pageSize }: TestMemory): void {
  let end = -1;
  let covered = 0;
  for (const range of physical.ranges()) {
    assert.ok(range.start > end && range.end > range.start, 'ranges ascend and are disjoint');
    end = range.end;
    covered += (range.end - range.start) / pageSize;
  }
  const present = [...pages.values()].filter((p) => p !== 'excluded').length;
  assert.ok(covered >= present && covered <= pages.size, `${covered} pages in the ranges, ${present} in the dump`);
}

/** What can still be read is right. */
function checkSurvivors(physical: PhysicalMemory, { pages, pageSize }: TestMemory, what: string): void {
  const into = new Uint8Array(pageSize);
  for (const [pfn, page] of pages) {
    if (physical.read(pfn * pageSize, into) !== undefined) continue;
    assert.ok(page !== 'excluded', `${what}: page ${pfn} was excluded`);
    assert.ok(Buffer.compare(into, page) === 0, `${what}: page ${pfn} is wrong`);
  }
}

/** Touches all of a damaged dump; only `AnalysisError` may come out of it. */
function readEverything(image: DumpImage, end: number): void {
  const into = new Uint8Array(4096);
  attempt(() => {
    for (const { start } of image.memory.ranges()) image.memory.chunk(start);
  });
  for (let at = 0; at < end; at += 4096) {
    attempt(() => image.memory.read(at, into));
    attempt(() => image.memory.chunk(at + 100));
  }
}
