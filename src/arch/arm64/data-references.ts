import type { Addr } from '../../base/units.ts';
import type { DataReference } from '../../program/ports.ts';

/**
 * Addresses that A64 code forms with ADRP or ADR and a following ADD or load/store with an immediate offset. Registers are
 * followed along the straight line of the code; a write to a register by anything else forgets it.
 * Source: Arm Architecture Reference Manual for A-profile, C4.1 "A64 instruction set encoding".
 */
export function dataReferences(code: Uint8Array, at: Addr): readonly DataReference[] {
  const view = new DataView(code.buffer, code.byteOffset, code.byteLength);
  const known: (Addr | undefined)[] = new Array(32).fill(undefined);
  const found: DataReference[] = [];
  for (let off = 0; off + 4 <= code.length; off += 4) {
    const insn = view.getUint32(off, true);
    const rd = insn & 31;
    const rn = (insn >>> 5) & 31;
    const base = known[rn];
    if ((insn & 0x1f000000) === 0x10000000) {
      known[rd] = pcRelative(insn, at + BigInt(off));
      if (insn >>> 31 === 0) found.push({ address: known[rd] as Addr, access: 'address' });
    } else if ((insn & 0xff800000) >>> 0 === 0x91000000) {
      const imm = ((insn >>> 10) & 0xfff) << ((insn & 0x400000) !== 0 ? 12 : 0);
      known[rd] = base === undefined ? undefined : BigInt.asUintN(64, base + BigInt(imm));
      if (known[rd] !== undefined) found.push({ address: known[rd], access: 'address' });
    } else if ((insn & 0x3b000000) === 0x39000000) {
      const scale = ((insn & 0x04800000) === 0x04800000 ? 4 : 0) + (insn >>> 30);
      const imm = ((insn >>> 10) & 0xfff) << scale;
      if (base !== undefined) found.push({ address: BigInt.asUintN(64, base + BigInt(imm)), access: 'memory' });
      const isStore = (insn & 0x00c00000) === 0;
      if (!isStore && (insn & 0x04000000) === 0) known[rd] = undefined;
    } else if (isIndexed(insn)) {
      // before the access where it says so (pre-indexed), else after it
      const after = base === undefined ? undefined : BigInt.asUintN(64, base + BigInt.asIntN(9, BigInt(insn >>> 12)));
      const used = (insn & 0x800) !== 0 ? after : base;
      if (used !== undefined) found.push({ address: used, access: 'memory' });
      if ((insn & 0x00c00000) !== 0 && (insn & 0x04000000) === 0) known[rd] = undefined;
      known[rn] = after;
    } else if (isCall(insn)) known.fill(undefined, 0, 19);
    else if (writesRd(insn)) known[rd] = undefined;
  }
  return found;
}

/** ADR and ADRP. */
function pcRelative(insn: number, pc: Addr): Addr {
  const imm = BigInt.asIntN(21, BigInt((((insn >>> 5) & 0x7ffff) << 2) | ((insn >>> 29) & 3)));
  return insn >>> 31 ? BigInt.asUintN(64, (pc & ~0xfffn) + (imm << 12n)) : BigInt.asUintN(64, pc + imm);
}

/** Loads and stores of one register that change their base: "immediate post-indexed" and "immediate pre-indexed". */
function isIndexed(insn: number): boolean {
  return (insn & 0x3b200400) === 0x38000400;
}

/** BL and BLR; a call may change x0 to x18 (AAPCS64, 6.1.1). */
function isCall(insn: number): boolean {
  return (insn & 0xfc000000) >>> 0 === 0x94000000 || (insn & 0xfffffc1f) >>> 0 === 0xd63f0000;
}

/** Data processing and loads write the register in bits 0 to 4; branches, system instructions and stores do not. */
function writesRd(insn: number): boolean {
  const group = (insn >>> 25) & 15;
  if (group === 0b1010 || group === 0b1011) return false;
  const loadStore = (group & 0b0101) === 0b0100;
  return !loadStore || (insn & 0x00400000) !== 0;
}
