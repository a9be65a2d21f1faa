import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deflateSync } from 'node:zlib';
import { seededRandom } from '../../../test/build/byte-writer.ts';
import { CODE, writeDwarf } from '../../../test/build/dwarf-writer.ts';
import { type WrittenSection, writeElfSections } from '../../../test/build/elf-sections-writer.ts';
import { bytesSource } from '../../base/byte-source.ts';
import { AnalysisError, BadDataError } from '../../base/errors.ts';
import { nodeCodecs } from '../../node/codecs.ts';
import { type DebugFile, openDebugFile } from './debug-file.ts';
import { SourceLines } from './source-lines.ts';

function open(sections: readonly WrittenSection[]): DebugFile {
  return openDebugFile(bytesSource('vmlinux', writeElfSections(sections)), nodeCodecs(), []);
}

function lines(file: DebugFile, offset: number): string {
  const frames = new SourceLines(file.dwarf).at(file.dwarf.place(CODE + BigInt(offset)));
  return (frames ?? []).map((f) => `${f.name}${f.inlined ? '>' : ''} ${f.file}:${f.line}:${f.column}`).join(' | ');
}

for (const version of [4, 5] as const) {
  for (const aranges of [true, false]) {
    test(`lines and inlined calls of DWARF ${version}${aranges ? '' : ' without .debug_aranges'}`, () => {
      const file = open(writeDwarf(version, aranges));
      assert.equal(lines(file, 0x100), 'outer /build/main.c:20:1');
      assert.equal(lines(file, 0x11f), 'outer /build/main.c:20:1');
      assert.equal(lines(file, 0x120), 'middle> /build/main.c:30:3 | outer /build/main.c:21:7');
      assert.equal(
        lines(file, 0x12b),
        'inner> /build/include/help.h:5:2 | middle> /build/include/help.h:300:9 | outer /build/main.c:21:7',
      );
      assert.equal(lines(file, 0x130), 'middle> /build/main.c:32:4 | outer /build/main.c:21:7');
      assert.equal(lines(file, 0x140), 'outer /build/main.c:32:4');
      assert.equal(lines(file, 0x150), 'middle> /build/main.c:32:4 | outer /build/main.c:21:7');
      assert.equal(lines(file, 0x300), 'plain /build/main.c:50:0');
      assert.equal(lines(file, 0x33f), 'plain /build/main.c:50:0');
      assert.equal(lines(file, 0x808), 'outer /build/main.c:100:8');
      assert.equal(lines(file, 0x900), '');
    });
  }
}

test('compressed sections are read like plain ones', () => {
  const packed = writeDwarf(5).map((section) => {
    if (!section.name.startsWith('.debug_')) return section;
    const body = new Uint8Array(deflateSync(section.bytes));
    const bytes = new Uint8Array(24 + body.length);
    const view = new DataView(bytes.buffer);
    view.setUint32(0, 1, true);
    view.setBigUint64(8, BigInt(section.bytes.length), true);
    bytes.set(body, 24);
    return { ...section, bytes, flags: 0x800 };
  });
  assert.equal(lines(open(packed), 0x120), 'middle> /build/main.c:30:3 | outer /build/main.c:21:7');
  const old = writeDwarf(4).map((section) => {
    if (!section.name.startsWith('.debug_')) return section;
    const body = new Uint8Array(deflateSync(section.bytes));
    const bytes = new Uint8Array(12 + body.length);
    bytes.set([0x5a, 0x4c, 0x49, 0x42]);
    new DataView(bytes.buffer).setBigUint64(4, BigInt(section.bytes.length));
    bytes.set(body, 12);
    return { ...section, name: `.z${section.name.slice(1)}`, bytes };
  });
  assert.equal(lines(open(old), 0x808), 'outer /build/main.c:100:8');
});

/** Asks for every place; whatever is wrong must be an error of ours. Returns how many answers there were. */
function survive(sections: readonly WrittenSection[]): number {
  let answers = 0;
  for (const offset of [0x100, 0x124, 0x130, 0x150, 0x300, 0x808]) {
    try {
      if (lines(open(sections), offset) !== '') answers++;
    } catch (e) {
      assert.ok(e instanceof AnalysisError, `${e instanceof Error ? e.stack : e}`);
      if (e instanceof BadDataError) assert.match(e.message, /\.debug_\w+: offset 0x/);
    }
  }
  return answers;
}

test('every section cut anywhere gives shorter answers or an error that names section and offset', () => {
  for (const version of [4, 5] as const) {
    const whole = writeDwarf(version);
    assert.equal(survive(whole), 6);
    for (const cut of whole) {
      if (cut.name === '.text') continue;
      for (let i = 0; i < 50; i++) {
        const size = Math.floor((cut.bytes.length * i) / 50);
        survive(whole.map((s) => (s === cut ? { ...s, bytes: s.bytes.slice(0, size) } : s)));
      }
    }
  }
});

test('random damage never hangs and never fails with an error that is not ours', () => {
  const random = seededRandom(7);
  const start = performance.now();
  for (let n = 0; n < 400; n++) {
    const sections = writeDwarf(n % 2 ? 4 : 5, n % 3 > 0).map((section) => {
      if (section.name === '.text') return section;
      const bytes = section.bytes.slice();
      for (let i = 0; i < 3; i++) bytes[random(bytes.length)] = random(256);
      return { ...section, bytes };
    });
    survive(sections);
  }
  assert.ok(performance.now() - start < 60_000);
});

test('a length of many LEB128 bytes, a cyclic sibling and a program of nothing but special opcodes are bounded', () => {
  const whole = writeDwarf(5);
  const change = (name: string, make: (bytes: Uint8Array) => Uint8Array): WrittenSection[] =>
    whole.map((s) => (s.name === name ? { ...s, bytes: make(s.bytes.slice()) } : s));
  survive(change('.debug_abbrev', () => new Uint8Array(0x100000).fill(0xff)));
  survive(change('.debug_info', (bytes) => bytes.fill(0xff, 40)));
  const long = change('.debug_line', (bytes) => {
    const more = new Uint8Array(bytes.length + 0x400000).fill(0xfe);
    more.set(bytes);
    new DataView(more.buffer).setUint32(0, more.length - 4, true);
    return more;
  });
  assert.equal(survive(long), 6);
});
