import { hi32, lo32 } from '../base/u64.ts';
import type { Bytes } from '../base/units.ts';

/** Called for each match; returns whether to go on. */
type Found = (offset: Bytes, target: number, value: bigint) => boolean;

/** What is searched for. */
export interface Pattern {
  /** Bytes of a match that may lie before a block: all but one of the longest text; 0 for units. */
  readonly overlap: Bytes;
  /**
   * Looks at `bytes[from, to)`; units are aligned to their size from `bytes[0]` on.
   * @param fresh what lies whole before it was looked at before
   */
  scan(bytes: Uint8Array, from: Bytes, fresh: Bytes, to: Bytes, found: Found): void;
}

/**
 * Units of memory, little-endian, that equal one of `values` in the bits that `mask` leaves.
 * @param unit 8, 4 or 2 bytes @param mask bits that do not matter
 */
export function unitPattern(values: readonly bigint[], unit: 2 | 4 | 8, mask: bigint): Pattern {
  const keep = BigInt.asUintN(unit * 8, ~mask);
  const targets = values.map((v) => ({ lo: lo32(v & keep) | 0, hi: hi32(v & keep) | 0 }));
  const kept = { lo: lo32(keep) | 0, hi: hi32(keep) | 0 };
  if (unit === 8) {
    const possible = possibleLow(targets);
    return {
      overlap: 0,
      scan: (bytes, from, _fresh, to, found) => scanWords(bytes, from, to, targets, possible, kept, found),
    };
  }
  return {
    overlap: 0,
    scan: (bytes, from, _fresh, to, found) => scanUnits(bytes, from, to, targets, kept, unit, found),
  };
}

interface Halves {
  readonly lo: number;
  readonly hi: number;
}

function scanWords(
  bytes: Uint8Array,
  from: Bytes,
  to: Bytes,
  targets: readonly Halves[],
  possible: Uint8Array,
  keep: Halves,
  found: Found,
): void {
  const halves = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >> 2);
  const [keepLo, keepHi] = [keep.lo, keep.hi];
  const end = to >> 2;
  for (let i = from >> 2; i + 1 < end; i += 2) {
    const lo = (halves[i] as number) & keepLo;
    if (possible[slotOf(lo)] === 0) continue;
    const hi = (halves[i + 1] as number) & keepHi;
    for (let t = 0; t < targets.length; t++) {
      const target = targets[t] as Halves;
      if (target.lo !== lo || target.hi !== hi) continue;
      const value = (BigInt((halves[i + 1] as number) >>> 0) << 32n) | BigInt((halves[i] as number) >>> 0);
      if (!found(i * 4, t, value)) return;
      break;
    }
  }
}

const SLOTS = 1 << 12;

/** Most words of memory are told from all targets by this. */
function possibleLow(targets: readonly Halves[]): Uint8Array {
  const slots = new Uint8Array(SLOTS);
  for (const { lo } of targets) slots[slotOf(lo)] = 1;
  return slots;
}

function slotOf(lo: number): number {
  return (lo ^ (lo >>> 12) ^ (lo >>> 24)) & (SLOTS - 1);
}

function scanUnits(
  bytes: Uint8Array,
  from: Bytes,
  to: Bytes,
  targets: readonly Halves[],
  keep: Halves,
  unit: Bytes,
  found: Found,
): void {
  const units =
    unit === 4
      ? new Int32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >> 2)
      : new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >> 1);
  const end = Math.floor(to / unit);
  for (let i = from / unit; i < end; i++) {
    const value = (units[i] as number) & keep.lo;
    for (let t = 0; t < targets.length; t++) {
      if ((targets[t] as Halves).lo !== value) continue;
      if (!found(i * unit, t, BigInt((units[i] as number) >>> 0))) return;
      break;
    }
  }
}

/** Texts, wherever they begin; none of them is empty. */
export function textPattern(texts: readonly Uint8Array[]): Pattern {
  return {
    overlap: Math.max(...texts.map((t) => t.length)) - 1,
    scan(bytes, from, fresh, to, found) {
      const matches: (readonly [offset: Bytes, target: number])[] = [];
      for (const [target, text] of texts.entries()) {
        const first = Math.max(from, fresh - text.length + 1);
        for (const offset of placesOf(text, bytes, first, to)) matches.push([offset, target]);
      }
      matches.sort((a, b) => a[0] - b[0]);
      for (const [offset, target] of matches) if (!found(offset, target, 0n)) return;
    },
  };
}

function placesOf(text: Uint8Array, bytes: Uint8Array, from: Bytes, to: Bytes): Bytes[] {
  const places: Bytes[] = [];
  const first = text[0] as number;
  for (let i = bytes.indexOf(first, from); i >= 0 && i + text.length <= to; i = bytes.indexOf(first, i + 1)) {
    let n = 1;
    while (n < text.length && bytes[i + n] === text[n]) n++;
    if (n === text.length) places.push(i);
  }
  return places;
}
