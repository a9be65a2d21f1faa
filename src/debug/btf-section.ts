import { CorruptError, MemoryFault } from '../base/errors.ts';
import { asciiBytes, cString } from '../base/text.ts';
import type { Addr, Bytes } from '../base/units.ts';
import type { AddressSpace } from '../memory/address-space.ts';
import { guessHeader } from './btf-header-guess.ts';
import { BTF_KIND } from './btf-kinds.ts';
import { type KindSizes, kindOf, kindSizes } from './btf-records.ts';
import { type DamagedRecords, resync } from './btf-resync.ts';
import { LostRanges, readWithHoles } from './lost-ranges.ts';

const HEADER_SIZE = 24;
const MAX_SECTION = 1 << 28;
/** Longest name that is read. */
const MAX_NAME = 1024;

/**
 * One .BTF section: its records and strings, and where each type starts. The types of a split section (a module's)
 * continue the numbers and string offsets of its base. Source: Documentation/bpf/btf.rst.
 */
export class BtfSection {
  readonly base: BtfSection | undefined;
  /** Number of the first type here; 1 in a section without base (type 0 is void). */
  readonly firstId: number;
  /** One more than the highest type number. */
  readonly endId: number;
  readonly firstString: number;
  readonly endString: number;
  /** The type records. */
  readonly words: Uint32Array;
  /** Word at which each type starts, by its number minus `firstId`. */
  readonly starts: Uint32Array;
  readonly strings: Uint8Array;
  /** Numbers of the variables and functions, minus `firstId`. */
  readonly globals: Uint32Array;
  /** Why records were left out, when the section is damaged. */
  readonly damage: string | undefined;
  /** Whether the number of types is known; of a damaged section it may not be, and nothing can continue it then. */
  readonly complete: boolean;
  /** Words that could not be read. */
  readonly lost: LostRanges;

  /** @param limit bytes that the section may have at most @throws CorruptError, MemoryFault */
  constructor(memory: AddressSpace, at: Addr, limit: Bytes, base?: BtfSection) {
    const header = headerOf(memory, at, Math.min(limit, MAX_SECTION));
    this.base = base;
    const end = header.typeLength >>> 2;
    // Lost types start at the empty record behind all others.
    this.words = new Uint32Array(end + 3);
    const lost = readWithHoles(memory, at + BigInt(header.types), new Uint8Array(this.words.buffer, 0, end * 4));
    if (memory.littleEndian !== hostIsLittleEndian()) swapWords(this.words);
    this.strings = new Uint8Array(header.stringLength);
    const lostStrings = readWithHoles(memory, at + BigInt(header.strings), this.strings);
    this.firstId = base ? base.endId : 1;
    this.firstString = base ? base.endString : 0;
    this.endString = this.firstString + this.strings.length;
    this.lost = inWords(lost);
    const sizes = kindSizes(statedSizes(memory, at, header));
    let indexed = indexTypes(this, sizes, end);
    if (indexed.damage !== undefined || !lost.empty) {
      const { words, strings, firstString, firstId } = this;
      const { pointerSize } = memory;
      indexed = indexAgain(
        { words, end, lost: this.lost, sizes, strings, lostStrings, firstString, firstId, pointerSize },
        this,
        indexed.damage,
      );
    }
    this.#named = indexed;
    this.starts = indexed.starts;
    this.globals = indexed.globals;
    this.damage = indexed.damage ?? (lostStrings.empty ? undefined : `${lostStrings.size} bytes of names are lost`);
    this.complete = indexed.complete;
    this.endId = this.firstId + this.starts.length;
  }

  /** The section that holds type `id`, or `undefined`. */
  owner(id: number): BtfSection | undefined {
    if (id >= this.endId || id <= 0) return undefined;
    return id >= this.firstId ? this : this.base?.owner(id);
  }

  /** The name at a string offset; '' for none or a wrong one. */
  text(offset: number): string {
    if (offset < this.firstString) return this.base?.text(offset) ?? '';
    const at = offset - this.firstString;
    return at < this.strings.length ? cString(this.strings, at, Math.min(this.strings.length, at + MAX_NAME)) : '';
  }

  /** Whether the name at a string offset is `wanted`. */
  textIs(offset: number, wanted: Uint8Array): boolean {
    if (offset < this.firstString) return this.base?.textIs(offset, wanted) ?? false;
    const { strings } = this;
    const at = offset - this.firstString;
    for (let i = 0; i < wanted.length; i++) if (strings[at + i] !== wanted[i]) return false;
    return strings[at + wanted.length] === 0;
  }

  /** A hash of the name at a string offset. */
  hashOf(offset: number): number {
    if (offset < this.firstString) return this.base?.hashOf(offset) ?? 0;
    return hashBytes(this.strings, offset - this.firstString);
  }

  /** The key of the name at a string offset, see `nameKey`. */
  key(offset: number): number {
    if (offset < this.firstString) return this.base?.key(offset) ?? 0;
    return nameKey(this.strings, offset - this.firstString);
  }

  /** Numbers of the types of this section (not of its base) that are called `name`. */
  named(name: string): number[] {
    const wanted = asciiBytes(name);
    const found: number[] = [];
    const key = nameKey(wanted, 0);
    const { keys, ids } = this.#named;
    for (let i = keys.indexOf(key); i >= 0; i = keys.indexOf(key, i + 1)) {
      const index = ids[i] as number;
      if (this.textIs(this.words[this.starts[index] as number] as number, wanted)) found.push(index + this.firstId);
    }
    return found;
  }

  readonly #named: { readonly keys: Uint32Array; readonly ids: Uint32Array };
}

/** The kinds that are types with a name; functions and variables are not. */
const NAMED = new Uint8Array(128);
for (const kind of [
  BTF_KIND.INT,
  BTF_KIND.STRUCT,
  BTF_KIND.UNION,
  BTF_KIND.ENUM,
  BTF_KIND.FWD,
  BTF_KIND.TYPEDEF,
  BTF_KIND.FLOAT,
  BTF_KIND.ENUM64,
])
  NAMED[kind] = 1;

/** A hash of the first eight letters of the name at `at`, which a NUL or the end of the bytes ends. */
export function hashBytes(bytes: Uint8Array, at: number): number {
  const first = nameKey(bytes, at);
  return hashOfKeys(first, hasZero(first) ? 0 : nameKey(bytes, at + 4));
}

/** Of the keys of a name's first four letters and of the next four. */
export function hashOfKeys(first: number, second: number): number {
  return Math.imul(first, 0x9e3779b1) ^ second;
}

/** Whether a key has less than four letters. */
function hasZero(key: number): boolean {
  return ((key - 0x01010101) & ~key & 0x80808080) !== 0;
}

/** The first four letters of the NUL-terminated (or ending) name at `at`. */
function nameKey(bytes: Uint8Array, at: number): number {
  const a = bytes[at] ?? 0;
  const b = a === 0 ? 0 : (bytes[at + 1] ?? 0);
  const c = b === 0 ? 0 : (bytes[at + 2] ?? 0);
  const d = c === 0 ? 0 : (bytes[at + 3] ?? 0);
  return (a | (b << 8) | (c << 16) | (d << 24)) >>> 0;
}

interface Header {
  readonly types: Bytes;
  readonly typeLength: Bytes;
  readonly strings: Bytes;
  readonly stringLength: Bytes;
  readonly layout: Bytes;
  readonly layoutLength: Bytes;
}

/** The header, or what it must have been where it cannot be read and the size of the section is known. */
function headerOf(memory: AddressSpace, at: Addr, limit: Bytes): Header {
  try {
    return readHeader(memory, at, limit);
  } catch (e) {
    const guessed = e instanceof MemoryFault && limit < MAX_SECTION ? guessHeader(memory, at, limit) : undefined;
    if (!guessed) throw e;
    return { ...guessed, layout: 0, layoutLength: 0 };
  }
}

/** `struct btf_header`, checked against the space that the section has. */
function readHeader(memory: AddressSpace, at: Addr, limit: Bytes): Header {
  const u32 = (offset: number): number => memory.u32(at + BigInt(offset));
  const size = u32(4);
  const bad = (what: string): CorruptError => new CorruptError(at, `BTF header: ${what}`);
  if (memory.u16(at) !== 0xeb9f) throw bad('wrong magic number');
  if (memory.u8(at + 2n) !== 1) throw bad(`version ${memory.u8(at + 2n)} is not 1`);
  if (size < HEADER_SIZE || size > 4096) throw bad(`length ${size} is not plausible`);
  const header = {
    types: size + u32(8),
    typeLength: u32(12),
    strings: size + u32(16),
    stringLength: u32(20),
    layout: size >= 32 ? size + u32(24) : 0,
    layoutLength: size >= 32 ? u32(28) : 0,
  };
  const end = Math.max(header.types + header.typeLength, header.strings + header.stringLength);
  if (end > limit) throw bad(`${end} bytes exceed ${limit}`);
  if (header.typeLength % 4 !== 0) throw bad(`${header.typeLength} bytes of types are no whole words`);
  return header;
}

/** The sizes of every kind that the writer knew, also those that this program does not (`struct btf_layout`). */
function statedSizes(memory: AddressSpace, at: Addr, header: Header): (readonly [number, number])[] {
  const count = Math.min(Math.floor(header.layoutLength / 4), 128);
  const bytes = new Uint8Array(count * 4);
  if (memory.tryRead(at + BigInt(header.layout), bytes) !== undefined) return [];
  return Array.from({ length: count }, (_, kind) => [bytes[kind * 4] as number, bytes[kind * 4 + 1] as number]);
}

interface TypeIndex {
  readonly starts: Uint32Array;
  readonly globals: Uint32Array;
  /** A key of each type name, and the number of the type that has it. */
  readonly keys: Uint32Array;
  readonly ids: Uint32Array;
  readonly damage: string | undefined;
  readonly complete: boolean;
}

/** Where every record starts; ends early, with the reason, at one that cannot be right. */
function indexTypes(section: BtfSection, sizes: KindSizes, end: number): TypeIndex {
  const { known, fixed, each } = sizes;
  const { words, strings, firstString, base } = section;
  const starts = new Uint32Array(Math.floor(end / 3));
  const keys = new Uint32Array(starts.length);
  const ids = new Uint32Array(starts.length);
  const globals = new Uint32Array(starts.length);
  let names = 0;
  let others = 0;
  let n = 0;
  let at = 0;
  while (at < end) {
    const info = words[at + 1] as number;
    const kind = (info >>> 24) & 0x7f;
    const next = at + 3 + (fixed[kind] as number) + (each[kind] as number) * (info & 0xffffff);
    if (known[kind] !== 1 || next > end) break;
    if (NAMED[kind] === 1) {
      const name = words[at] as number;
      if (name !== 0) {
        const text = name - firstString;
        const key =
          text < 0
            ? (base?.key(name) ?? 0)
            : (strings[text] as number) |
              ((strings[text + 1] as number) << 8) |
              ((strings[text + 2] as number) << 16) |
              ((strings[text + 3] as number) << 24);
        // A zero byte among the four ends a shorter name.
        keys[names] = ((key - 0x01010101) & ~key & 0x80808080) === 0 || text < 0 ? key : nameKey(strings, text);
        ids[names++] = n;
      }
    } else if (kind === BTF_KIND.FUNC || kind === BTF_KIND.VAR) globals[others++] = n;
    starts[n++] = at;
    at = next;
  }
  const info = words[at + 1] ?? 0;
  const damage =
    at < end ? `BTF type ${n} of kind ${(info >>> 24) & 0x7f} and ${info & 0xffffff} elements is no record` : undefined;
  return {
    starts: starts.subarray(0, n),
    globals: globals.subarray(0, others),
    keys: keys.subarray(0, names),
    ids: ids.subarray(0, names),
    damage,
    complete: damage === undefined,
  };
}

/** The same for records with holes between them. */
function indexAgain(records: DamagedRecords, section: BtfSection, first: string | undefined): TypeIndex {
  const { starts: found, complete } = resync(records);
  const { words, end, lost } = records;
  const starts = Uint32Array.from(found, (at) => (at < 0 ? end : at));
  const named = [...starts.keys()].filter((i) => {
    const at = starts[i] as number;
    return NAMED[kindOf(words[at + 1] as number)] === 1 && words[at] !== 0;
  });
  const globals = Uint32Array.from(
    [...starts.keys()].filter((i) => isGlobal(words[(starts[i] as number) + 1] as number)),
  );
  const keys = Uint32Array.from(named, (i) => section.key(words[starts[i] as number] as number));
  const missing = found.reduce((sum, at) => sum + (at < 0 ? 1 : 0), 0);
  const behind = complete ? '' : ', and those at the end';
  const holes = lost.empty ? first : `${lost.size * 4} of ${end * 4} bytes cannot be read`;
  const damage = `${holes}: ${missing} types of ${starts.length} are lost${behind}`;
  return { starts, globals, keys, ids: Uint32Array.from(named), damage, complete };
}

function isGlobal(info: number): boolean {
  const kind = kindOf(info);
  return kind === BTF_KIND.FUNC || kind === BTF_KIND.VAR;
}

/** Whole words. */
function inWords(lost: LostRanges): LostRanges {
  return new LostRanges(lost.ranges.map(({ from, to }) => ({ from: from >>> 2, to: Math.ceil(to / 4) })));
}

function hostIsLittleEndian(): boolean {
  return new Uint8Array(new Uint32Array([1]).buffer)[0] === 1;
}

function swapWords(words: Uint32Array): void {
  const view = new DataView(words.buffer);
  for (let i = 0; i < words.length; i++) view.setUint32(i * 4, view.getUint32(i * 4, true), false);
}
