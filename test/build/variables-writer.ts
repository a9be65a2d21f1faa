import { DwarfBytes, debugFrame } from './cfi-writer.ts';
import type { WrittenSection } from './elf-sections-writer.ts';

export const VARIABLES_CODE = 0xffffffff81000000n;

/**
 * `long work(struct item *first, unsigned flags, int gone)` at CODE+0x100 and `start` at CODE+0x200, which calls it and has
 * returned-to place CODE+0x220. `struct item { unsigned low:3, high:5; char name[8]; enum color color; struct item *next; }`.
 * `first` is in rbx, `flags` only known on entry (rsi), the local `sum` at CFA-24 up to CODE+0x140, `answer` a constant.
 */
export function writeVariables(): WrittenSection[] {
  const abbrevs = new DwarfBytes();
  const abbrev = (code: number, tag: number, children: number, ...pairs: number[]) => {
    abbrevs.uleb(code).uleb(tag).u8(children);
    for (const n of pairs) abbrevs.uleb(n);
    abbrevs.u8(0, 0);
  };
  abbrev(1, 0x11, 1, 0x03, 0x08, 0x11, 0x01, 0x12, 0x06); // unit
  abbrev(2, 0x24, 0, 0x0b, 0x0b, 0x3e, 0x0b, 0x03, 0x08); // base type
  abbrev(3, 0x13, 1, 0x03, 0x08, 0x0b, 0x0b); // struct
  abbrev(4, 0x0d, 0, 0x03, 0x08, 0x49, 0x13, 0x0d, 0x0b, 0x6b, 0x0b); // bit-field
  abbrev(5, 0x0d, 0, 0x03, 0x08, 0x49, 0x13, 0x38, 0x0b); // member
  abbrev(6, 0x01, 1, 0x49, 0x13); // array
  abbrev(7, 0x21, 0, 0x2f, 0x0b); // its range
  abbrev(8, 0x04, 1, 0x03, 0x08, 0x0b, 0x0b, 0x49, 0x13); // enum
  abbrev(9, 0x28, 0, 0x03, 0x08, 0x1c, 0x0d); // enumerator
  abbrev(10, 0x0f, 0, 0x0b, 0x0b, 0x49, 0x13); // pointer
  abbrev(11, 0x2e, 1, 0x03, 0x08, 0x11, 0x01, 0x12, 0x06, 0x40, 0x18); // function
  abbrev(12, 0x05, 0, 0x03, 0x08, 0x49, 0x13, 0x02, 0x18); // parameter with an expression
  abbrev(13, 0x05, 0, 0x03, 0x08, 0x49, 0x13); // without a place
  abbrev(14, 0x34, 0, 0x03, 0x08, 0x49, 0x13, 0x02, 0x17); // variable with a list
  abbrev(15, 0x34, 0, 0x03, 0x08, 0x49, 0x13, 0x1c, 0x0d); // constant
  abbrev(16, 0x48, 1, 0x7d, 0x01, 0x7f, 0x13); // call site
  abbrev(17, 0x49, 0, 0x02, 0x18, 0x7e, 0x18); // its parameter
  abbrev(18, 0x34, 0, 0x03, 0x08, 0x49, 0x13, 0x02, 0x18); // global variable
  abbrev(19, 0x13, 0, 0x03, 0x08, 0x3c, 0x19); // declared struct
  abbrevs.u8(0);

  const lists = new DwarfBytes().u32(0).u16(5).u8(8, 0).u32(0);
  const list = lists.bytes.length;
  lists
    .u8(7)
    .u64(VARIABLES_CODE + 0x100n)
    .u64(VARIABLES_CODE + 0x140n)
    .block([0x91, 0x68]); // fbreg -24
  lists.u8(0);

  const w = new DwarfBytes().u32(0).u16(5).u8(1, 8).u32(0);
  const here = () => w.bytes.length;
  const code = (offset: bigint) => w.u64(VARIABLES_CODE + offset);
  w.uleb(1).text('work.c');
  code(0x100n).u32(0x200);
  const unsigned = here();
  w.uleb(2).u8(4, 7).text('unsigned int');
  const char = here();
  w.uleb(2).u8(1, 6).text('char');
  const int = here();
  w.uleb(2).u8(4, 5).text('int');
  const array = here();
  w.uleb(6).u32(char).uleb(7).u8(7).u8(0);
  const color = here();
  w.uleb(8).text('color').u8(4).u32(unsigned);
  w.uleb(9).text('RED').sleb(0).uleb(9).text('BLUE').sleb(2).u8(0);
  const pointer = here();
  const item = pointer + 6;
  w.uleb(10).u8(8).u32(item);
  w.uleb(3).text('item').u8(24);
  w.uleb(4).text('low').u32(unsigned).u8(3, 0);
  w.uleb(4).text('high').u32(unsigned).u8(5, 3);
  w.uleb(5).text('name').u32(array).u8(4);
  w.uleb(5).text('color').u32(color).u8(12);
  w.uleb(5).text('next').u32(pointer).u8(16).u8(0);
  w.uleb(19).text('opaque');
  const work = here();
  w.uleb(11).text('work');
  code(0x100n).u32(0x80).block([0x9c]);
  w.uleb(12).text('first').u32(pointer).block([0x53]);
  w.uleb(12).text('flags').u32(unsigned).block([0xa3, 1, 0x54, 0x9f]);
  w.uleb(13).text('gone').u32(int);
  w.uleb(14).text('sum').u32(int).u32(list);
  w.uleb(15).text('answer').u32(int).sleb(-42).u8(0);
  w.uleb(11).text('start');
  code(0x200n).u32(0x80).block([0x9c]);
  w.uleb(16);
  code(0x220n).u32(work);
  w.uleb(17).block([0x54]).block([0x7c, 1]).u8(0, 0); // rsi was r12 + 1
  w.uleb(18).text('items').u32(item).block([0x03, 0, 0, 0, 0x81, 0xff, 0xff, 0xff, 0xff]);
  w.u8(0);
  const frame = debugFrame(
    16,
    [0x0c, 7, 8, 0x90, 1],
    [
      { start: VARIABLES_CODE + 0x100n, size: 0x80, code: [0x41, 0x0e, 16, 0x8c, 2, 0x0e, 32] },
      { start: VARIABLES_CODE + 0x200n, size: 0x80, code: [] },
    ],
  );
  return [
    { name: '.text', bytes: new Uint8Array(0x1000), flags: 6, address: VARIABLES_CODE },
    { name: '.debug_info', bytes: withLength(w) },
    { name: '.debug_abbrev', bytes: abbrevs.done() },
    { name: '.debug_loclists', bytes: withLength(lists) },
    { name: '.debug_frame', bytes: frame },
  ];
}

function withLength(w: DwarfBytes): Uint8Array {
  const bytes = w.done();
  new DataView(bytes.buffer).setUint32(0, bytes.length - 4, true);
  return bytes;
}
