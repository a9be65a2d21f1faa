import type { DieCursor } from './die-cursor.ts';
import { DW_AT } from './dw-at.ts';
import type { ListReader } from './list-reader.ts';
import type { Unit } from './unit.ts';

/** Entries of one list at most. */
const MAX_ENTRIES = 0x10000;
/** Location list entries. Source: DWARF 5, 7.7.3; the last is GNU's. */
const LLE = {
  end: 0,
  baseAddressX: 1,
  startXEndX: 2,
  startXLength: 3,
  offsetPair: 4,
  defaultLocation: 5,
  baseAddress: 6,
  startEnd: 7,
  startLength: 8,
  viewPair: 9,
} as const;

/**
 * The expression that describes an object at `place`: the attribute's own, or that of its list which covers the place.
 * Undefined when there is none: the object does not exist there.
 * @throws BadDataError
 */
export function expressionAt(die: DieCursor, attribute: number, place: number): Uint8Array | undefined {
  const cls = die.classOf(attribute);
  if (cls === undefined) return undefined;
  if (cls === 'block') return die.block(attribute);
  const value = die.number(attribute);
  if (value === undefined) return undefined;
  const { unit } = die;
  const offset = cls === 'list' ? listOffset(unit, value) : value + unit.sectionBase('loc');
  if (unit.header.version >= 5) return newList(unit, offset, place);
  return unit.dwarf.split ? splitList(unit, offset, place) : oldList(unit, offset, place);
}

/** DW_FORM_loclistx: an index into the offsets behind the unit's part of .debug_loclists. */
function listOffset(unit: Unit, index: number): number {
  const { offsetSize } = unit.header;
  const base = unit.base(DW_AT.loclists_base, offsetSize === 4 ? 12 : 20);
  const reader = unit.dwarf.list('.debug_loclists').seek(base + index * offsetSize);
  return base + reader.offset(offsetSize);
}

/** .debug_loc (DWARF 4, 2.6.2): pairs of offsets from a base with an expression; all ones set the base. */
function oldList(unit: Unit, offset: number, place: number): Uint8Array | undefined {
  const { dwarf } = unit;
  const { addressSize } = unit.header;
  const reader = dwarf.list('.debug_loc').seek(offset);
  let base = unit.lowPlace;
  for (let n = 0; n < MAX_ENTRIES; n++) {
    const { view, at } = reader.take(2 * addressSize);
    const le = dwarf.littleEndian;
    const low = numberAt(view, at, addressSize, le);
    const high = numberAt(view, at + addressSize, addressSize, le);
    if (low === 0 && high === 0) return undefined;
    if (low === Number.POSITIVE_INFINITY) {
      base = dwarf.readPlace(view, at + addressSize, addressSize);
      continue;
    }
    const expression = take(reader, reader.u16());
    if (base === dwarf.zero) {
      // Offsets from address 0 are addresses: exact only as places.
      if (wholeAddresses(dwarf, view, at, addressSize, place)) return expression;
    } else if (place >= base + low && place < base + high) return expression;
  }
  throw reader.bad(`more than ${MAX_ENTRIES} entries`);
}

/** An offset; infinite when all its bits are set. */
function numberAt(view: DataView, at: number, size: number, le: boolean): number {
  const low = view.getUint32(size === 8 && !le ? at + 4 : at, le);
  const high = size === 8 ? view.getUint32(le ? at + 4 : at, le) : 0;
  const ones = low === 0xffffffff && (size === 4 || high === 0xffffffff);
  return ones ? Number.POSITIVE_INFINITY : high * 0x100000000 + low;
}

function wholeAddresses(dwarf: Unit['dwarf'], view: DataView, at: number, size: number, place: number): boolean {
  return place >= dwarf.readPlace(view, at, size) && place < dwarf.readPlace(view, at + size, size);
}

/**
 * .debug_loc.dwo of DWARF 4: GNU's form of what became .debug_loclists. Lengths of code have 4 bytes, those of
 * expressions 2.
 */
function splitList(unit: Unit, offset: number, place: number): Uint8Array | undefined {
  const { dwarf } = unit;
  const reader = dwarf.list('.debug_loc').seek(offset);
  for (let n = 0; n < MAX_ENTRIES; n++) {
    const kind = reader.u8();
    if (kind === LLE.end) return undefined;
    if (kind > LLE.startXLength) throw reader.bad(`unknown location list entry ${kind}`);
    const low = dwarf.indexedPlace(unit, reader.unsigned());
    if (kind === LLE.baseAddressX) continue;
    const high = kind === LLE.startXEndX ? dwarf.indexedPlace(unit, reader.unsigned()) : low + reader.u32();
    const expression = take(reader, reader.u16());
    if (place >= low && place < high) return expression;
  }
  throw reader.bad(`more than ${MAX_ENTRIES} entries`);
}

/** .debug_loclists (DWARF 5, 2.6.2). */
function newList(unit: Unit, offset: number, place: number): Uint8Array | undefined {
  const { dwarf } = unit;
  const reader = dwarf.list('.debug_loclists').seek(offset);
  let base = unit.lowPlace;
  let fallback: Uint8Array | undefined;
  for (let n = 0; n < MAX_ENTRIES; n++) {
    const kind = reader.u8();
    if (kind === LLE.end) return fallback;
    if (kind === LLE.baseAddress) base = address(unit, reader);
    else if (kind === LLE.baseAddressX) base = dwarf.indexedPlace(unit, reader.unsigned());
    else if (kind === LLE.viewPair) {
      reader.unsigned();
      reader.unsigned();
    } else if (kind === LLE.defaultLocation) fallback = take(reader, reader.unsigned());
    else {
      const inside = range(unit, reader, kind, base, place);
      const expression = take(reader, reader.unsigned());
      if (inside) return expression;
    }
  }
  throw reader.bad(`more than ${MAX_ENTRIES} entries`);
}

function address(unit: Unit, reader: ListReader): number {
  const { view, at } = reader.take(unit.header.addressSize);
  return unit.dwarf.readPlace(view, at, unit.header.addressSize);
}

/** Reads the bounds of an entry; whether `place` lies between them. */
function range(unit: Unit, reader: ListReader, kind: number, base: number, place: number): boolean {
  const { dwarf } = unit;
  switch (kind) {
    case LLE.offsetPair: {
      const low = base + reader.unsigned();
      const high = base + reader.unsigned();
      return place >= low && place < high;
    }
    case LLE.startXEndX: {
      const low = dwarf.indexedPlace(unit, reader.unsigned());
      const high = dwarf.indexedPlace(unit, reader.unsigned());
      return place >= low && place < high;
    }
    case LLE.startXLength: {
      const low = dwarf.indexedPlace(unit, reader.unsigned());
      const length = reader.unsigned();
      return place >= low && place < low + length;
    }
    case LLE.startEnd: {
      const low = address(unit, reader);
      const high = address(unit, reader);
      return place >= low && place < high;
    }
    case LLE.startLength: {
      const low = address(unit, reader);
      const length = reader.unsigned();
      return place >= low && place < low + length;
    }
    default:
      throw reader.bad(`unknown location list entry ${kind}`);
  }
}

/** A copy of an expression, since the reader's window moves on. */
function take(reader: ListReader, size: number): Uint8Array {
  const { view, at } = reader.take(size);
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength).slice(at, at + size);
}
