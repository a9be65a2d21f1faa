import type { DieCursor } from './die-cursor.ts';
import { DW_AT } from './dw-at.ts';
import type { ListReader } from './list-reader.ts';
import type { Unit } from './unit.ts';

/** Pairs of places: low, high (exclusive), low, high ... */
export type PlaceRanges = readonly number[];

const MAX_RANGES = 0x40000;
const NONE: PlaceRanges = [];
/** Range list entries. Source: DWARF 5, 7.25. */
const RLE = {
  end: 0,
  baseAddressX: 1,
  startXEndX: 2,
  startXLength: 3,
  offsetPair: 4,
  baseAddress: 5,
  startEnd: 6,
  startLength: 7,
} as const;

/** The code that an entry covers; empty when it states none, or when its code was dropped by the linker (address 0). */
export function rangesOf(die: DieCursor): PlaceRanges {
  const low = die.place(DW_AT.low_pc);
  const high = low === undefined ? undefined : highPlace(die, low);
  if (low !== undefined && high !== undefined) {
    return high > low && low !== die.unit.dwarf.zero ? [low, high] : NONE;
  }
  const form = die.classOf(DW_AT.ranges);
  const value = form === undefined ? undefined : die.number(DW_AT.ranges);
  if (value === undefined) return NONE;
  const { unit } = die;
  if (unit.header.version < 5)
    return oldList(unit, value + (unit.dwarf.split ? unit.base(DW_AT.GNU_ranges_base, 0) : 0));
  return newList(unit, form === 'list' ? listOffset(unit, value) : value + unit.sectionBase('rnglists'));
}

/** DW_AT_high_pc: an address, or since DWARF 4 a length. */
function highPlace(die: DieCursor, low: number): number | undefined {
  const place = die.place(DW_AT.high_pc);
  if (place !== undefined) return place;
  const length = die.number(DW_AT.high_pc);
  return length === undefined ? undefined : low + length;
}

export function covers(ranges: PlaceRanges, place: number): boolean {
  for (let i = 0; i < ranges.length; i += 2) {
    if (place >= (ranges[i] as number) && place < (ranges[i + 1] as number)) return true;
  }
  return false;
}

/** DW_FORM_rnglistx: an index into the offsets behind the unit's part of .debug_rnglists. */
function listOffset(unit: Unit, index: number): number {
  const { offsetSize } = unit.header;
  const base = unit.base(DW_AT.rnglists_base, offsetSize === 4 ? 12 : 20);
  return (
    base +
    unit.dwarf
      .list('.debug_rnglists')
      .seek(base + index * offsetSize)
      .offset(offsetSize)
  );
}

/** .debug_ranges (DWARF 3 and 4, 2.17.3): pairs of offsets from a base; all ones set the base. */
function oldList(unit: Unit, offset: number): PlaceRanges {
  const { dwarf } = unit;
  const { addressSize } = unit.header;
  const reader = dwarf.list('.debug_ranges').seek(offset);
  const out: number[] = [];
  let base = unit.lowPlace;
  for (let n = 0; n < MAX_RANGES; n++) {
    const { view, at } = reader.take(2 * addressSize);
    const le = dwarf.littleEndian;
    const top = addressSize === 8 && le ? 4 : 0;
    const ones = view.getUint32(at, le) === 0xffffffff && view.getUint32(at + addressSize - 4, le) === 0xffffffff;
    if (ones) {
      base = dwarf.readPlace(view, at + addressSize, addressSize);
      continue;
    }
    let low: number;
    let high: number;
    if (base === dwarf.zero) {
      low = dwarf.readPlace(view, at, addressSize);
      high = dwarf.readPlace(view, at + addressSize, addressSize);
      if (low === dwarf.zero && high === dwarf.zero) break;
    } else {
      const offsetAt = (from: number): number =>
        addressSize === 8
          ? view.getUint32(from + top, le) * 0x100000000 + view.getUint32(from + 4 - top, le)
          : view.getUint32(from, le);
      low = offsetAt(at);
      high = offsetAt(at + addressSize);
      if (low === 0 && high === 0) break;
      low += base;
      high += base;
    }
    if (high > low && low !== dwarf.zero) out.push(low, high);
  }
  return out;
}

/** .debug_rnglists. */
function newList(unit: Unit, offset: number): PlaceRanges {
  const { dwarf } = unit;
  const reader = dwarf.list('.debug_rnglists').seek(offset);
  const out: number[] = [];
  let base = unit.lowPlace;
  for (let n = 0; n < MAX_RANGES; n++) {
    const kind = reader.u8();
    if (kind === RLE.end) break;
    if (kind === RLE.baseAddress) base = address(unit, reader);
    else if (kind === RLE.baseAddressX) base = dwarf.indexedPlace(unit, reader.unsigned());
    else addRange(unit, reader, kind, base, out);
  }
  return out;
}

function address(unit: Unit, reader: ListReader): number {
  const { view, at } = reader.take(unit.header.addressSize);
  return unit.dwarf.readPlace(view, at, unit.header.addressSize);
}

function addRange(unit: Unit, reader: ListReader, kind: number, base: number, out: number[]): void {
  const { dwarf } = unit;
  let low: number;
  let high: number;
  switch (kind) {
    case RLE.offsetPair: {
      const from = reader.unsigned();
      const to = reader.unsigned();
      // Offsets from address 0 are addresses, which the kernel's are too large for: nothing writes them so.
      low = base + from;
      high = base + to;
      break;
    }
    case RLE.startXEndX:
      low = dwarf.indexedPlace(unit, reader.unsigned());
      high = dwarf.indexedPlace(unit, reader.unsigned());
      break;
    case RLE.startXLength:
      low = dwarf.indexedPlace(unit, reader.unsigned());
      high = low + reader.unsigned();
      break;
    case RLE.startEnd:
      low = address(unit, reader);
      high = address(unit, reader);
      break;
    case RLE.startLength:
      low = address(unit, reader);
      high = low + reader.unsigned();
      break;
    default:
      throw reader.bad(`unknown range list entry ${kind}`);
  }
  if (high > low && low !== dwarf.zero) out.push(low, high);
}
