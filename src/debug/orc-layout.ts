import type { Addr, Bytes } from '../base/units.ts';
import type { UnwindBase, UnwindRow } from '../program/ports.ts';
import type { Program } from '../program/program.ts';

/** `struct orc_entry`: two signed 16-bit offsets, then 16 bits of fields. */
export const ORC_ROW_SIZE: Bytes = 6;

/** Sorted instruction addresses (32-bit distances, each from its own place) and the rows that begin there. */
export interface OrcTable {
  readonly ips: Addr;
  readonly rows: Addr;
  readonly count: number;
}

/** How the third word of `struct orc_entry` is to be read; the kernel's numbers are macros, so no type states them. */
export interface OrcLayout {
  readonly bases: readonly UnwindBase[];
  readonly kinds: readonly UnwindRow['kind'][];
  readonly typeMask: number;
  /** Bit that says that the caller's pc is exact; 0: every kind but `call` says so. */
  readonly signalBit: number;
  /** Bit that ends the stack in a row of undefined base; 0: a kind does. */
  readonly endBit: number;
}

/** Numbers up to Linux 6.x: arch/x86/include/asm/orc_types.h, Linux 39358a033b2e ("objtool, x86: Add facility ..."), v4.14. */
const OLD_BASES: readonly UnwindBase[] = [
  ...(['undefined', 'prev-sp', 'dx', 'di', 'bp', 'sp'] as const),
  ...(['r10', 'r13', 'bp-indirect', 'sp-indirect'] as const),
];
/** The newest numbers (seen in 7.2): `ORC_REG_AX` came in and the others were reordered. */
const NEW_BASES: readonly UnwindBase[] = [
  ...(['undefined', 'ax', 'dx', 'sp', 'bp', 'di'] as const),
  ...(['r10', 'r13', 'prev-sp', 'sp-indirect', 'bp-indirect'] as const),
];
const OLD_SP = OLD_BASES.indexOf('sp');
const NEW_SP = NEW_BASES.indexOf('sp');

const OLD_KINDS: readonly UnwindRow['kind'][] = ['call', 'regs', 'regs-partial'];
/** Linux fb799447ae29 ("x86,objtool: Split UNWIND_HINT_EMPTY in two"), v6.4. */
const NEW_KINDS: readonly UnwindRow['kind'][] = ['undefined', 'end-of-stack', 'call', 'regs', 'regs-partial'];
const NEW_CALL = NEW_KINDS.indexOf('call');

/**
 * The layout that makes sense of `rows`: nearly all rows of any kernel are calls whose base is the stack pointer, and the
 * two numberings differ in both. Where types are known they tell about the single bits.
 */
export function orcLayout(rows: DataView, prog: Program): OrcLayout | undefined {
  let oldSp = 0;
  let newSp = 0;
  let oldCalls = 0;
  let newCalls = 0;
  for (let at = 4; at + 2 <= rows.byteLength; at += ORC_ROW_SIZE) {
    const bits = rows.getUint16(at, true);
    const base = bits & 15;
    if (base === OLD_SP) oldSp++;
    else if (base === NEW_SP) newSp++;
    if (((bits >> 8) & 7) === NEW_CALL) newCalls++;
    else if (((bits >> 8) & 3) === 0) oldCalls++;
  }
  if (oldSp + newSp === 0 || oldCalls + newCalls === 0) return undefined;
  const bases = oldSp >= newSp ? OLD_BASES : NEW_BASES;
  if (newCalls > oldCalls) return { bases, kinds: NEW_KINDS, typeMask: 7, signalBit: 1 << 11, endBit: 0 };
  return {
    bases,
    kinds: OLD_KINDS,
    typeMask: 3,
    signalBit: bitOf(prog, 'signal', 0),
    endBit: bitOf(prog, 'end', 1 << 10),
  };
}

/** Mask of a one-bit member inside the third word; Linux ffb1b4a41016 ("x86/unwind/orc: Add 'signal' field ..."), v6.3. */
function bitOf(prog: Program, member: string, unknown: number): number {
  const place = prog.findMember('orc_entry', member);
  if (place) return 1 << ((place.offset - 4) * 8 + place.bit);
  return prog.findType('orc_entry') ? 0 : unknown;
}

/** The row at the start of `row`. */
export function parseOrcRow(row: DataView, layout: OrcLayout): UnwindRow {
  const bits = row.getUint16(4, true);
  const spBase = layout.bases[bits & 15] ?? 'undefined';
  let kind = layout.kinds[(bits >> 8) & layout.typeMask] ?? 'undefined';
  if (spBase === 'undefined' && kind !== 'end-of-stack') kind = bits & layout.endBit ? 'end-of-stack' : 'undefined';
  return {
    spBase,
    spOffset: row.getInt16(0, true),
    bpBase: layout.bases[(bits >> 4) & 15] ?? 'undefined',
    bpOffset: row.getInt16(2, true),
    kind,
    signal: layout.signalBit ? (bits & layout.signalBit) !== 0 : kind !== 'call',
  };
}
