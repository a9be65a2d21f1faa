import { DwarfBytes } from './cfi-writer.ts';
import type { WrittenSection } from './elf-sections-writer.ts';

export const NAMED_CODE = 0xffffffff81000000n;
const SIGNATURE = 0x1122334455667788n;
const SPLIT_ID = 0x0123456789abcdefn;

function abbrevTable(declarations: readonly (readonly number[])[]): Uint8Array {
  const w = new DwarfBytes();
  declarations.forEach(([tag = 0, children = 0, ...pairs], i) => {
    w.uleb(i + 1)
      .uleb(tag)
      .u8(children);
    for (const n of pairs) w.uleb(n);
    w.u8(0, 0);
  });
  return w.u8(0).done();
}

function lengthFirst(w: DwarfBytes): number[] {
  const bytes = w.done();
  new DataView(bytes.buffer).setUint32(0, bytes.length - 4, true);
  return [...bytes];
}

/**
 * A DWARF 5 unit with `struct point { int x; struct inner where; }`, whose `struct inner { int deep; }` is in a type unit,
 * the variable `origin`, the macros LIMIT, SHIFT(v,by) and, imported, FAR, and GONE which is undefined again; an index of
 * the names `point` and `origin`. @param listed whether the index speaks of the type unit too
 */
export function writeNamed(listed = true): WrittenSection[] {
  const strings = new DwarfBytes();
  const text = (value: string): number => {
    const at = strings.bytes.length;
    strings.text(value);
    return at;
  };
  const [point, origin, limit, gone] = ['point', 'origin', 'LIMIT 0x40', 'GONE 1'].map(text) as [
    number,
    number,
    number,
    number,
  ];
  const abbrevs = abbrevTable([
    [0x11, 1, 0x03, 0x08, 0x79, 0x17, 0x11, 0x01, 0x12, 0x06],
    [0x24, 0, 0x0b, 0x0b, 0x3e, 0x0b, 0x03, 0x08],
    [0x13, 1, 0x03, 0x0e, 0x0b, 0x0b],
    [0x0d, 0, 0x03, 0x08, 0x49, 0x13, 0x38, 0x0b],
    [0x0d, 0, 0x03, 0x08, 0x49, 0x20, 0x38, 0x0b],
    [0x34, 0, 0x03, 0x0e, 0x49, 0x13, 0x02, 0x18],
    [0x41, 1, 0x13, 0x05],
    [0x13, 1, 0x03, 0x08, 0x0b, 0x0b],
  ]);
  const unit = new DwarfBytes().u32(0).u16(5).u8(1, 8).u32(0);
  unit.uleb(1).text('named.c').u32(0).u64(NAMED_CODE).u32(0x100);
  const int = unit.bytes.length;
  unit.uleb(2).u8(4, 5).text('int');
  const struct = unit.bytes.length;
  unit.uleb(3).u32(point).u8(8);
  unit.uleb(4).text('x').u32(int).u8(0);
  unit.uleb(5).text('where').u64(SIGNATURE).u8(4).u8(0);
  const variable = unit.bytes.length;
  unit.uleb(6).u32(origin).u32(struct).block([0x03, 0, 0, 0, 0x81, 0xff, 0xff, 0xff, 0xff]);
  unit.u8(0);
  const first = lengthFirst(unit);
  const typeUnit = new DwarfBytes().u32(0).u16(5).u8(2, 8).u32(0).u64(SIGNATURE);
  const typeAt = typeUnit.bytes.length;
  typeUnit.u32(0).uleb(7).u16(0x0c);
  const inner = typeUnit.bytes.length;
  typeUnit.uleb(8).text('inner').u8(4);
  const member = typeUnit.bytes.length;
  typeUnit.uleb(4).text('deep').u32(0).u8(0).u8(0);
  const typeInt = typeUnit.bytes.length;
  typeUnit.uleb(2).u8(4, 5).text('int').u8(0);
  const second = Uint8Array.from(lengthFirst(typeUnit));
  new DataView(second.buffer).setUint32(typeAt, inner, true);
  new DataView(second.buffer).setUint32(member + 6, typeInt, true);

  const macros = new DwarfBytes().u16(5).u8(0);
  macros.u8(5).uleb(1).u32(limit).u8(1).uleb(2).text('SHIFT(v,by) ((v) << (by))');
  macros.u8(5).uleb(3).u32(gone).u8(6).uleb(4).u32(gone).u8(7);
  const far = macros.bytes.length + 5;
  macros.u32(far).u8(0);
  macros.u16(5).u8(0).u8(1).uleb(9).text('FAR').u8(7).u32(far).u8(0);

  return [
    { name: '.text', bytes: new Uint8Array(0x100), flags: 6, address: NAMED_CODE },
    { name: '.debug_info', bytes: Uint8Array.from([...first, ...second]) },
    { name: '.debug_abbrev', bytes: abbrevs },
    { name: '.debug_str', bytes: strings.done() },
    { name: '.debug_macro', bytes: macros.done() },
    {
      name: '.debug_names',
      bytes: writeNames(listed ? [first.length] : [], [
        { name: 'point', at: point, tag: 0x13, offset: struct },
        { name: 'origin', at: origin, tag: 0x34, offset: variable },
      ]),
    },
  ];
}

interface Named {
  readonly name: string;
  readonly at: number;
  readonly tag: number;
  readonly offset: number;
}

function djb(name: string): number {
  let hash = 5381;
  for (const c of name) hash = (hash * 33 + c.charCodeAt(0)) % 2 ** 32;
  return hash;
}

/** `.debug_names` of one compile unit at 0 and type units; one bucket. */
function writeNames(typeUnits: readonly number[], names: readonly Named[]): Uint8Array {
  const w = new DwarfBytes().u32(0).u16(5).u16(0).u32(1).u32(typeUnits.length).u32(0).u32(1).u32(names.length);
  const forms = new DwarfBytes();
  names.forEach(({ tag }, i) => {
    forms
      .uleb(i + 1)
      .uleb(tag)
      .u8(1, 0x0b, 3, 0x13, 0, 0);
  });
  forms.u8(0);
  w.u32(forms.bytes.length).u32(0).u32(0);
  for (const at of typeUnits) w.u32(at);
  w.u32(1);
  for (const { name } of names) w.u32(djb(name));
  for (const { at } of names) w.u32(at);
  names.forEach((_, i) => {
    w.u32(i * 7);
  });
  w.append(forms.bytes);
  names.forEach(({ offset }, i) => {
    w.uleb(i + 1)
      .u8(0)
      .u32(offset)
      .u8(0);
  });
  return Uint8Array.from(lengthFirst(w));
}

/** A skeleton with `.debug_addr`, and the split file of it with the function `apart` at the code's beginning and `struct far { int n; }`. */
export function writeSplit(): { readonly whole: WrittenSection[]; readonly split: WrittenSection[] } {
  const unit = new DwarfBytes().u32(0).u16(5).u8(4, 8).u32(0).u64(SPLIT_ID);
  unit.uleb(1).text('/build').text('apart.dwo').u32(8).u64(NAMED_CODE).u32(0x100);
  const addresses = new DwarfBytes()
    .u32(0)
    .u16(5)
    .u8(8, 0)
    .u64(NAMED_CODE + 0x10n);
  const split = new DwarfBytes().u32(0).u16(5).u8(5, 8).u32(0).u64(SPLIT_ID);
  split.uleb(1).u8(0).u16(0x0c);
  const int = split.bytes.length;
  split.uleb(2).u8(4, 5).u8(1);
  split.uleb(3).u8(2).u8(4).uleb(4).u8(3).u32(int).u8(0).u8(0);
  split.uleb(5).u8(4).u8(0).u32(0x40).u8(0);
  const names = ['apart.c', 'int', 'far', 'n', 'apart'];
  const strings = new DwarfBytes();
  const offsets = new DwarfBytes().u32(0).u16(5).u16(0);
  for (const name of names) {
    offsets.u32(strings.bytes.length);
    strings.text(name);
  }
  return {
    whole: [
      { name: '.text', bytes: new Uint8Array(0x100), flags: 6, address: NAMED_CODE },
      { name: '.debug_info', bytes: Uint8Array.from(lengthFirst(unit)) },
      {
        name: '.debug_abbrev',
        bytes: abbrevTable([[0x4a, 0, 0x1b, 0x08, 0x76, 0x08, 0x73, 0x17, 0x11, 0x01, 0x12, 0x06]]),
      },
      { name: '.debug_addr', bytes: Uint8Array.from(lengthFirst(addresses)) },
    ],
    split: [
      { name: '.debug_info.dwo', bytes: Uint8Array.from(lengthFirst(split)) },
      {
        name: '.debug_abbrev.dwo',
        bytes: abbrevTable([
          [0x11, 1, 0x03, 0x25, 0x13, 0x05],
          [0x24, 0, 0x0b, 0x0b, 0x3e, 0x0b, 0x03, 0x25],
          [0x13, 1, 0x03, 0x25, 0x0b, 0x0b],
          [0x0d, 0, 0x03, 0x25, 0x49, 0x13, 0x38, 0x0b],
          [0x2e, 0, 0x03, 0x25, 0x11, 0x29, 0x12, 0x06],
        ]),
      },
      { name: '.debug_str_offsets.dwo', bytes: Uint8Array.from(lengthFirst(offsets)) },
      { name: '.debug_str.dwo', bytes: strings.done() },
    ],
  };
}
