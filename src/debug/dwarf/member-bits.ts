import { AnalysisError } from '../../base/errors.ts';
import type { CType } from '../../types/c-type.ts';
import type { DieCursor } from './die-cursor.ts';
import { DW_AT } from './dw-at.ts';
import { evaluateValue } from './expression.ts';

/** Offset of a member from the start of its struct and width when it is a bit-field, in bits (DWARF 5, 5.7.6). */
export function memberBits(die: DieCursor, type: CType): { bitOffset: number; bitSize: number } {
  const bitSize = die.number(DW_AT.bit_size) ?? 0;
  const start = memberOffset(die) * 8;
  const dataBits = die.number(DW_AT.data_bit_offset);
  if (dataBits !== undefined) return { bitOffset: start + dataBits, bitSize };
  const fromTop = die.number(DW_AT.bit_offset);
  if (bitSize === 0 || fromTop === undefined) return { bitOffset: start, bitSize };
  // Up to DWARF 3: counted from the most significant bit of the storage unit.
  const storage = (die.number(DW_AT.byte_size) ?? type.size) * 8;
  return { bitOffset: die.unit.littleEndian ? start + storage - fromTop - bitSize : start + fromTop, bitSize };
}

/** DW_AT_data_member_location: a constant, or up to DWARF 3 an expression over the struct's address. */
function memberOffset(die: DieCursor): number {
  const constant = die.number(DW_AT.data_member_location);
  if (constant !== undefined) return constant;
  const expression = die.block(DW_AT.data_member_location);
  if (!expression || expression.length === 0) return 0;
  const { header, littleEndian } = die.unit;
  try {
    const value = evaluateValue(
      expression,
      {
        littleEndian,
        addressSize: header.addressSize,
        offsetSize: header.offsetSize,
        version: header.version,
        register: () => undefined,
        read: () => 0n,
      },
      0n,
    );
    return value < 0x10000000n ? Number(value) : 0;
  } catch (e) {
    if (e instanceof AnalysisError) return 0; // depends on the object: C has none
    throw e;
  }
}
