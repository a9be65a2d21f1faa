import { BadDataError } from '../../base/errors.ts';
import { hex } from '../../base/hex.ts';
import { joinExact } from '../../base/u64.ts';
import type { Bytes } from '../../base/units.ts';

/** A header has at most this many bytes: 64-bit DWARF 5 type units. */
export const MAX_UNIT_HEADER = 40;

/** Header of a unit of .debug_info or .debug_types. Source: DWARF 5, 7.5.1; DWARF 2 to 4 have no kind. */
export interface UnitHeader {
  readonly version: number;
  readonly kind: 'compile' | 'type' | 'partial' | 'skeleton' | 'split';
  readonly addressSize: 4 | 8;
  /** 4 in 32-bit DWARF, 8 in 64-bit DWARF. */
  readonly offsetSize: 4 | 8;
  readonly abbrevOffset: Bytes;
  /** Of the unit with its header. */
  readonly size: Bytes;
  /** Where the first entry is, from the unit's beginning. */
  readonly firstEntry: Bytes;
  /** Of a type unit: its signature, and where the type is, from the unit's beginning. */
  readonly signature?: bigint;
  readonly typeEntry?: Bytes;
  /** Of a skeleton and of what was split from it: what tells that they belong together (DWARF 5; before, an attribute). */
  readonly splitId?: bigint;
}

const KINDS = [undefined, 'compile', 'type', 'partial', 'skeleton', 'split', 'type'] as const;

/**
 * @param bytes the beginning of the unit, at most `MAX_UNIT_HEADER` bytes @param left bytes up to the section's end
 * @param types the unit lies in .debug_types
 */
export function readUnitHeader(
  bytes: Uint8Array,
  littleEndian: boolean,
  source: string,
  offset: Bytes,
  left: Bytes,
  types: boolean,
): UnitHeader {
  const bad = (what: string): BadDataError => new BadDataError(source, offset, `unit header: ${what}`);
  if (bytes.length < 11) throw bad(`only ${bytes.length} bytes are left`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const first = view.getUint32(0, littleEndian);
  const wide = first === 0xffffffff;
  if (!wide && first >= 0xfffffff0) throw bad(`reserved length ${hex(first)}`);
  if (wide && bytes.length < 23) throw bad(`only ${bytes.length} bytes are left`);
  const long = (at: number): number => {
    const a = view.getUint32(at, littleEndian);
    const b = view.getUint32(at + 4, littleEndian);
    return joinExact(littleEndian ? a : b, littleEndian ? b : a) ?? Number.MAX_SAFE_INTEGER;
  };
  const offsetSize = wide ? 8 : 4;
  const start = wide ? 12 : 4;
  const size = start + (wide ? long(4) : first);
  if (size > left) throw bad(`length ${hex(size)} exceeds the ${hex(left)} bytes that are left`);
  const version = view.getUint16(start, littleEndian);
  if (version < 2 || version > 5) throw bad(`version ${version} is none of 2 to 5`);
  let at = start + 2;
  const five = version === 5;
  const kind = five ? KINDS[bytes[at] as number] : types ? 'type' : 'compile';
  if (!kind) throw bad(`unknown unit type ${bytes[at]}`);
  const addressSize = five ? bytes[at + 1] : bytes[at + offsetSize];
  if (addressSize !== 8 && addressSize !== 4) throw bad(`address size ${addressSize} is neither 4 nor 8`);
  const abbrevAt = five ? at + 2 : at;
  const abbrevOffset = wide ? long(abbrevAt) : view.getUint32(abbrevAt, littleEndian);
  at += offsetSize + (five ? 2 : 1);
  let more = {};
  if (kind === 'type') {
    if (bytes.length < at + 8 + offsetSize) throw bad(`only ${bytes.length} bytes are left`);
    const typeEntry = wide ? long(at + 8) : view.getUint32(at + 8, littleEndian);
    more = { signature: view.getBigUint64(at, littleEndian), typeEntry };
    at += 8 + offsetSize;
  } else if (kind === 'skeleton' || kind === 'split') {
    if (bytes.length < at + 8) throw bad(`only ${bytes.length} bytes are left`);
    more = { splitId: view.getBigUint64(at, littleEndian) };
    at += 8;
  }
  if (at > size) throw bad(`length ${hex(size)} is less than the header`);
  return { version, kind, addressSize, offsetSize, abbrevOffset, size, firstEntry: at, ...more };
}
