import { BadDataError } from '../../base/errors.ts';
import { hex } from '../../base/hex.ts';
import type { Bytes } from '../../base/units.ts';
import type { SectionData } from '../../elf/section-data.ts';
import { DW_FORM, formStep } from './forms.ts';
import { Leb128 } from './leb128.ts';

/** First piece that is read; a kernel's tables have 2 KiB to 5 KiB. */
const PIECE = 0x1000;
const MAX_TABLE = 0x4000000;
const MAX_CODE = 0x40000;

/** An abbreviation table as columns: a row a declaration, and the attributes of all of them one after the other. */
export interface Abbrevs {
  /** Row of a code, 0 when there is none; `rows.length` bounds the codes. */
  readonly rows: Uint32Array;
  /** By row; row 0 is not used. */
  readonly tags: Uint16Array;
  readonly children: Uint8Array;
  /** First attribute of each row; one more than there are rows. */
  readonly first: Uint32Array;
  /** Bytes of all attributes of a row when these are the same in every entry, else -1. */
  readonly fixedSize: Int32Array;
  /** By attribute. */
  readonly names: Uint16Array;
  readonly forms: Uint16Array;
  /** How to step over its value: see `STEP`. */
  readonly steps: Uint8Array;
  /** Distance from the entry's first attribute when all before it are of fixed length, else -1. */
  readonly places: Int32Array;
  /** Values of DW_FORM_implicit_const by attribute. */
  readonly implicit: ReadonlyMap<number, number | bigint>;
  /** What readers work out from the table and keep with it, by row. */
  readonly scratch: { siblings?: Int32Array; functions?: Uint8Array; inner?: Uint8Array; named?: Uint8Array };
}

/**
 * The table at `offset` of .debug_abbrev (DWARF 5, 7.5.3), compiled for units of these sizes.
 * @param only a code behind which it need not go on; 0: the whole table
 */
export function readAbbrevs(
  section: SectionData,
  offset: Bytes,
  version: number,
  addressSize: number,
  offsetSize: number,
  only = 0,
): Abbrevs {
  for (let size = PIECE; ; size *= 4) {
    const bytes = section.upTo(offset, Math.min(size, MAX_TABLE), 'abbreviations');
    const table = parse(bytes, version, addressSize, offsetSize, only);
    if (typeof table === 'object') return table;
    if (table === 'bad') throw new BadDataError(section.source, offset, 'abbreviations: a code or tag is too large');
    if (offset + bytes.length >= section.size || size >= MAX_TABLE) {
      throw new BadDataError(section.source, offset, `abbreviations: no end within ${hex(bytes.length)} bytes`);
    }
  }
}

/** Columns that tables are put together in: making them anew for each table takes longer than reading it. */
function makeColumns(room: number) {
  return {
    room,
    codes: new Uint32Array(room),
    tags: new Uint16Array(room),
    children: new Uint8Array(room),
    first: new Uint32Array(room + 1),
    fixedSize: new Int32Array(room),
    names: new Uint16Array(room),
    forms: new Uint16Array(room),
    steps: new Uint8Array(room),
    places: new Int32Array(room),
  };
}

let kept: ReturnType<typeof makeColumns> | undefined;

function columns(room: number): ReturnType<typeof makeColumns> {
  if (kept && kept.room >= room) return kept;
  const made = makeColumns(room);
  if (room <= 0x10000) kept = made;
  return made;
}

const stepTables = new Map<number, Uint8Array>();

/** `formStep` of the standard forms, for units of these sizes. */
function stepTable(version: number, addressSize: number, offsetSize: number): Uint8Array {
  const key = version * 256 + addressSize * 16 + offsetSize;
  let table = stepTables.get(key);
  if (!table) {
    table = Uint8Array.from({ length: 0x40 }, (_, form) => formStep(form, version, addressSize, offsetSize));
    stepTables.set(key, table);
  }
  return table;
}

function parse(
  bytes: Uint8Array,
  version: number,
  addressSize: number,
  offsetSize: number,
  only: number,
): Abbrevs | 'cut' | 'bad' {
  const leb = new Leb128();
  const { codes, tags, children, first, fixedSize, names, forms, steps, places } = columns((bytes.length >> 1) + 2);
  first[1] = 0;
  const implicit = new Map<number, number | bigint>();
  const stepOf = stepTable(version, addressSize, offsetSize);
  let count = 1;
  let attributes = 0;
  let maxCode = 0;
  let at = 0;
  for (;;) {
    const code = leb.unsigned(bytes, at);
    if (leb.at > bytes.length) return 'cut';
    if (code === 0) break;
    const tag = leb.unsigned(bytes, leb.at);
    const hasChildren = bytes[leb.at];
    at = leb.at + 1;
    if (code > MAX_CODE || tag > 0xffff) return at > bytes.length ? 'cut' : 'bad';
    let place = 0;
    for (;;) {
      // Almost all are single bytes.
      let name = bytes[at++] as number;
      if (name >= 0x80) {
        name = leb.unsigned(bytes, at - 1);
        at = leb.at;
      }
      let form = bytes[at++] as number;
      if (form >= 0x80) {
        form = leb.unsigned(bytes, at - 1);
        at = leb.at;
      }
      if (form === DW_FORM.implicit_const) {
        const value = leb.signed(bytes, at);
        implicit.set(attributes, Number.isSafeInteger(value) ? value : leb.big(bytes, at, true));
        at = leb.at;
      }
      if (at > bytes.length) return 'cut';
      if (name === 0 && form === 0) break;
      const step = form < 0x40 ? (stepOf[form] as number) : formStep(form, version, addressSize, offsetSize);
      names[attributes] = name < 0xffff ? name : 0xffff;
      forms[attributes] = form < 0xffff ? form : 0xffff;
      steps[attributes] = step;
      places[attributes++] = place;
      place = place < 0 || step > 16 ? -1 : place + step;
    }
    if (code > maxCode) maxCode = code;
    codes[count] = code;
    tags[count] = tag;
    children[count] = hasChildren as number;
    fixedSize[count++] = place;
    first[count] = attributes;
    if (code === only) break;
  }
  const rows = new Uint32Array(maxCode + 1);
  for (let row = count - 1; row > 0; row--) rows[codes[row] as number] = row;
  return {
    rows,
    tags: tags.slice(0, count),
    children: children.slice(0, count),
    first: first.slice(0, count + 1),
    fixedSize: fixedSize.slice(0, count),
    names: names.slice(0, attributes),
    forms: forms.slice(0, attributes),
    steps: steps.slice(0, attributes),
    places: places.slice(0, attributes),
    implicit,
    scratch: {},
  };
}
