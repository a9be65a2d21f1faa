import { ByteWriter } from './byte-writer.ts';
import type { WrittenSection } from './elf-sections-writer.ts';

/** Where the code of the written program is. */
export const CODE = 0xffffffff81000000n;

function uleb(w: ByteWriter, n: number): void {
  for (let rest = n; ; rest = Math.floor(rest / 128)) {
    const low = rest % 128;
    if (rest < 128) {
      w.u8(low);
      return;
    }
    w.u8(low + 128);
  }
}

function sleb(w: ByteWriter, n: number): void {
  for (let rest = n; ; rest >>= 7) {
    const low = rest & 0x7f;
    const last = (rest >> 7 === 0 && low < 64) || (rest >> 7 === -1 && low >= 64);
    w.u8(last ? low : low | 0x80);
    if (last) return;
  }
}

/** One entry of the abbreviation table: code, tag, children, and pairs of attribute and form. */
function abbrev(w: ByteWriter, code: number, tag: number, children: boolean, pairs: readonly number[]): void {
  uleb(w, code);
  uleb(w, tag);
  w.u8(children ? 1 : 0);
  for (const n of pairs) uleb(w, n);
  w.u8(0).u8(0);
}

/**
 * A unit with `outer` at CODE+0x100 (0x100 bytes, a piece of it at CODE+0x800), into which `middle` and into that `inner`
 * are inlined, and `plain` at CODE+0x300; lines in `main.c` and `include/help.h` of /build.
 */
export function writeDwarf(version: 4 | 5, aranges = true): WrittenSection[] {
  const strings = new ByteWriter();
  const text = (value: string): number => {
    const at = strings.size;
    strings.text(`${value}\0`);
    return at;
  };
  const abbrevs = new ByteWriter();
  const offset = 0x17; // DW_FORM_sec_offset
  abbrev(abbrevs, 1, 0x11, true, [0x03, 0x08, 0x1b, 0x0e, 0x13, 0x0b, 0x11, 0x01, 0x55, offset, 0x10, offset]);
  abbrev(abbrevs, 2, 0x2e, false, [0x03, 0x0e, 0x20, 0x0b]); // abstract: name, inline
  abbrev(abbrevs, 3, 0x2e, true, [0x01, 0x13, 0x03, 0x08, 0x55, offset]); // sibling, name, ranges
  abbrev(abbrevs, 4, 0x1d, true, [0x31, 0x13, 0x55, offset, 0x58, 0x0b, 0x59, 0x05, 0x57, 0x0b]);
  abbrev(abbrevs, 5, 0x1d, false, [0x31, 0x13, 0x11, 0x01, 0x12, 0x07, 0x58, 0x0f, 0x59, 0x0f, 0x57, 0x0f]);
  abbrev(abbrevs, 200, 0x2e, false, [0x03, 0x0e, 0x11, 0x01, 0x12, version === 5 ? 0x06 : 0x01]);
  abbrev(abbrevs, 7, 0x0b, true, [0x11, 0x01, 0x12, 0x07]);
  abbrevs.u8(0);

  const lists = new ByteWriter();
  if (version === 5) lists.u32(0).u16(5).u8(8).u8(0).u32(0);
  const list = (pairs: readonly (readonly [number, number])[]): number => {
    const at = lists.size;
    if (version === 5) lists.u8(5).u64(CODE);
    for (const [low, high] of pairs) {
      if (version === 5) {
        lists.u8(4);
        uleb(lists, low);
        uleb(lists, high);
      } else lists.u64(CODE + BigInt(low)).u64(CODE + BigInt(high));
    }
    if (version === 5) lists.u8(0);
    else lists.u64(0).u64(0);
    return at;
  };

  const w = new ByteWriter();
  w.u32(0).u16(version);
  if (version === 5) w.u8(1).u8(8).u32(0);
  else w.u32(0).u8(8);
  uleb(w, 1);
  w.text('main.c\0').u32(text('/build')).u8(0x0c).u64(0);
  w.u32(
    list([
      [0x100, 0x400],
      [0x800, 0x810],
    ]),
  ).u32(0);
  const inner = w.size;
  uleb(w, 2);
  w.u32(text('inner')).u8(1);
  const middle = w.size;
  uleb(w, 2);
  w.u32(text('middle')).u8(1);
  uleb(w, 3);
  const sibling = w.size;
  w.u32(0)
    .text('outer\0')
    .u32(
      list([
        [0x100, 0x200],
        [0x800, 0x810],
      ]),
    );
  uleb(w, 7);
  w.u64(CODE + 0x110n).u64(0x80);
  uleb(w, 4);
  w.u32(middle)
    .u32(
      list([
        [0x120, 0x140],
        [0x150, 0x160],
      ]),
    )
    .u8(1)
    .u16(21)
    .u8(7);
  uleb(w, 5);
  w.u32(inner)
    .u64(CODE + 0x124n)
    .u64(8);
  uleb(w, 2);
  uleb(w, 300);
  uleb(w, 9);
  w.u8(0).u8(0).u8(0);
  const next = w.size;
  uleb(w, 200);
  w.u32(text('plain')).u64(CODE + 0x300n);
  if (version === 5) w.u32(0x40);
  else w.u64(CODE + 0x340n);
  w.u8(0);
  const info = w.done();
  new DataView(info.buffer).setUint32(0, info.length - 4, true);
  new DataView(info.buffer).setUint32(sibling, next, true);
  const listBytes = lists.done();
  if (version === 5) new DataView(listBytes.buffer).setUint32(0, listBytes.length - 4, true);

  const sections: WrittenSection[] = [
    { name: '.text', bytes: new Uint8Array(0x1000), flags: 6, address: CODE },
    { name: '.debug_info', bytes: info },
    { name: '.debug_abbrev', bytes: abbrevs.done() },
    { name: version === 5 ? '.debug_rnglists' : '.debug_ranges', bytes: listBytes },
    { name: '.debug_line', bytes: writeLines(version) },
    { name: '.debug_str', bytes: strings.done() },
  ];
  if (aranges) sections.push({ name: '.debug_aranges', bytes: writeAranges() });
  return sections;
}

function writeAranges(): Uint8Array {
  const w = new ByteWriter();
  w.u32(12 + 4 + 48 - 4)
    .u16(2)
    .u32(0)
    .u8(8)
    .u8(0)
    .padTo(16);
  w.u64(CODE + 0x100n)
    .u64(0x300)
    .u64(CODE + 0x800n)
    .u64(0x10)
    .u64(0)
    .u64(0);
  const bytes = w.done();
  new DataView(bytes.buffer).setUint32(0, bytes.length - 4, true);
  return bytes;
}

/** Rows: +0x100 main.c:20:1, +0x120 main.c:30:3, +0x124 help.h:5:2, +0x12c main.c:31, ... , +0x300 main.c:50, +0x340 end. */
function writeLines(version: 4 | 5): Uint8Array {
  const w = new ByteWriter();
  w.u32(0).u16(version);
  if (version === 5) w.u8(8).u8(0);
  const headerLength = w.size;
  w.u32(0).u8(1).u8(1).u8(1).u8(0xfb).u8(14).u8(13);
  for (const n of [0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1]) w.u8(n);
  if (version === 5) {
    w.u8(1).u8(1).u8(0x08).u8(2).text('/build\0include\0');
    w.u8(3).u8(1).u8(0x08).u8(2).u8(0x0b).u8(5).u8(0x1e).u8(3);
    for (const [name, directory] of [
      ['main.c', 0],
      ['main.c', 0],
      ['help.h', 1],
    ] as const) {
      w.text(`${name}\0`)
        .u8(directory)
        .padTo(w.size + 16);
    }
  } else {
    w.text('include\0\0').text('main.c\0').u8(0).u8(0).u8(0).text('help.h\0').u8(1).u8(0).u8(0).u8(0);
  }
  const programAt = w.size;
  const address = (at: number): void => {
    w.u8(0)
      .u8(9)
      .u8(2)
      .u64(CODE + BigInt(at));
  };
  const row = (advance: number, line: number, file: number, column: number): void => {
    w.u8(2);
    uleb(w, advance);
    w.u8(3);
    sleb(w, line);
    w.u8(4);
    uleb(w, file);
    w.u8(5);
    uleb(w, column);
    w.u8(1);
  };
  address(0x100);
  row(0, 19, 1, 1);
  row(0x20, 10, 1, 3);
  row(4, -25, 2, 2);
  row(8, 26, 1, 4);
  w.u8(13 + 5 + 14 * 4 + 1); // a special opcode: 4 bytes, 1 line: +0x130 is line 32
  w.u8(0).u8(2).u8(4).u8(9); // a discriminator
  row(0x1d0, 18, 1, 0);
  w.u8(2);
  uleb(w, 0x40);
  w.u8(0).u8(1).u8(1);
  address(0x800);
  row(0, 99, 1, 8);
  w.u8(9).u16(0x10).u8(0).u8(1).u8(1);
  const bytes = w.done();
  const view = new DataView(bytes.buffer);
  view.setUint32(0, bytes.length - 4, true);
  view.setUint32(headerLength, programAt - headerLength - 4, true);
  return bytes;
}
