import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { Chunk, PhysicalMemory } from '../src/memory/physical.ts';
import { openProgram } from '../src/open.ts';
import type { DumpImage } from '../src/program/ports.ts';
import { writeElfCore } from './build/elf-core-writer.ts';
import { writeKdump } from './build/kdump-writer.ts';
import { pageCompressors } from './build/page-compressors.ts';
import { patchedMemory } from './build/patched-memory.ts';
import { answersOf, imageOf, openSample, SAMPLES } from './build/sample-dump.ts';

/** A dump without a VMCOREINFO note gives the same report: the kernel's own copy is found in physical memory. */
const COMMANDS = ['ps', 'mod'];
const PAGE = 4096;

function withoutNote(image: DumpImage, memory: PhysicalMemory = image.memory): DumpImage {
  const { vmcoreinfo: _, ...rest } = image;
  return { ...rest, memory };
}

function presentPages(image: DumpImage): Map<number, Uint8Array> {
  const pages = new Map<number, Uint8Array>();
  for (const { start, end } of image.memory.ranges()) {
    for (let at = start; at < end; at += PAGE) {
      const chunk = image.memory.chunk(at);
      if (typeof chunk === 'object') pages.set(at / PAGE, chunk.bytes);
    }
  }
  return pages;
}

function textPage(text: string): Uint8Array {
  const page = new Uint8Array(PAGE);
  page.set(Buffer.from(text, 'latin1').subarray(0, PAGE));
  return page;
}

/** The text with numbers of its lines changed. */
function changed(text: string, values: Readonly<Record<string, (old: bigint) => bigint>>): string {
  return text
    .split('\n')
    .map((line) => {
      const [key = '', value = ''] = line.split('=');
      const change = values[key.replace(/^\w+\(|\)$/g, '')];
      if (!change) return line;
      const hexadecimal = key.startsWith('SYMBOL') || key === 'KERNELOFFSET';
      const next = change(BigInt(hexadecimal ? `0x${value}` : value));
      return `${key}=${next.toString(hexadecimal ? 16 : 10)}`;
    })
    .join('\n');
}

const opened = SAMPLES.map((name) => ({ name, ...openSample(name) }));
after(() => {
  for (const sample of opened) sample.close();
});

for (const { name, image } of opened) {
  const text = image.vmcoreinfo as string;
  const other = opened.find((o) => o.name !== name)?.image.vmcoreinfo as string;
  let expected: string | undefined;
  const answers = (): string => {
    expected ??= answersOf(image, COMMANDS);
    return expected;
  };

  test(`${name}: without the note, the same answers`, () => {
    assert.equal(answersOf(withoutNote(image), COMMANDS), answers());
  });

  test(`${name}: in files without the note, the same answers`, () => {
    const pages = presentPages(image);
    const maxPfn = Math.max(...pages.keys()) + 1;
    const machine = openProgram(image).arch.elfMachine;
    const segments = [...pages].map(([pfn, data]) => ({ phys: pfn * PAGE, data }));
    const files = [
      writeKdump({ pages, maxPfn, compressor: pageCompressors.none, utsname: ['', '', '', '', '', ''], timestamp: 0 }),
      writeElfCore({ segments, machine }),
    ];
    for (const file of files) {
      const plain = imageOf(file);
      assert.equal(plain.vmcoreinfo, undefined);
      // The registers of a CPU that was running are in notes only: what is left must agree without them.
      assert.equal(answersOf({ ...plain, cpuNotes: image.cpuNotes }, COMMANDS), answers());
    }
  });

  const move = (by: bigint) => (old: bigint) => old + by;
  const decoys: Readonly<Record<string, string>> = {
    'the mark alone': 'OSRELEASE=',
    'a text that ends too early': text.slice(0, text.indexOf('\nPAGESIZE=')),
    'a text with broken numbers': text.replace(/=[0-9a-f]+$/gm, '=zzz'),
    'the text of another CPU': other,
    'the text of a kernel elsewhere in the same memory': changed(text, {
      swapper_pg_dir: move(0x200000n),
      _stext: move(0x200000n),
      KERNELOFFSET: move(0x200000n),
    }),
    'the text of a kernel where the dump has no memory': changed(text, {
      phys_base: move(1n << 40n),
      kimage_voffset: move(-(1n << 40n)),
    }),
    'the text of a kernel that is not mapped anywhere': changed(text, { swapper_pg_dir: () => 0xffffffffffffe000n }),
  };

  for (const [what, decoy] of Object.entries(decoys)) {
    test(`${name}: ${what}, before the right one, does not mislead`, () => {
      assert.notEqual(decoy, text);
      const memory = patchedMemory(image.memory, new Map([[firstFree(image, text), textPage(decoy)]]));
      assert.equal(answersOf(withoutNote(image, memory), COMMANDS), answers());
    });
  }
}

test('no kernel at all is said in one sentence', () => {
  const [{ image }] = opened as [(typeof opened)[number]];
  const nothing: PhysicalMemory = {
    chunk: (at) => ({
      start: at - (at % PAGE),
      bytes: new Uint8Array(PAGE),
      view: new DataView(new ArrayBuffer(PAGE)),
    }),
    read: (_, into) => void into.fill(0),
    ranges: () => [{ start: 0, end: 64 << 20 }],
  };
  assert.throws(() => openProgram(withoutNote(image, nothing)), {
    name: 'AnalysisError',
    message: /^no Linux kernel found: the dump has no VMCOREINFO, neither as a note nor in memory$/,
  });
});

/** A page of zeros that lies before the kernel's own text. */
function firstFree(image: DumpImage, text: string): number {
  for (const { start, end } of image.memory.ranges()) {
    for (let at = start; at < end; at += PAGE) {
      const chunk: Chunk | string = image.memory.chunk(at);
      if (typeof chunk !== 'object') continue;
      const page = Buffer.from(chunk.bytes.buffer, chunk.bytes.byteOffset, PAGE);
      assert.ok(!page.subarray(0, 64).equals(Buffer.from(text.slice(0, 64), 'latin1')), 'no room before the text');
      if (page.every((b) => b === 0)) return at / PAGE;
    }
  }
  throw new Error('no page of zeros');
}
