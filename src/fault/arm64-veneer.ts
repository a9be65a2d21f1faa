import type { Addr } from '../base/units.ts';

/** The longest veneers have so many words before they branch. */
const MAX_WORDS = 6;
/** IP0 and IP1, which a veneer may use: AAPCS64, 6.1.1. */
const SCRATCH = [16, 17];

/**
 * See `Machine.veneer`. Modules that lie far from the kernel call it through these (Linux arch/arm64/kernel/module-plts.c),
 * and linkers put them where a branch does not reach. Encodings: Arm DDI 0487, C4.1.
 */
export function arm64Veneer(code: Uint8Array, start: Addr): Addr | undefined {
  const view = new DataView(code.buffer, code.byteOffset, code.length);
  const values = new Map<number, bigint>();
  for (let at = 0; at + 4 <= code.length && at < 4 * MAX_WORDS; at += 4) {
    const word = view.getUint32(at, true);
    const to = word & 31;
    if ((word & 0xfffffc1f) >>> 0 === 0xd61f0000) return values.get((word >>> 5) & 31); // br
    if ((word & 0xffffff3f) >>> 0 === 0xd503241f || word === 0xd503201f) continue; // bti, nop
    const value = SCRATCH.includes(to) ? written(word, start + BigInt(at), values, view, at) : undefined;
    if (value === undefined) return undefined;
    values.set(to, BigInt.asUintN(64, value));
  }
  return undefined;
}

/** What an instruction puts into its register. */
function written(
  word: number,
  pc: Addr,
  values: ReadonlyMap<number, bigint>,
  view: DataView,
  at: number,
): bigint | undefined {
  const old = values.get(word & 31);
  const from = values.get((word >>> 5) & 31);
  const half = BigInt((word >>> 5) & 0xffff);
  const by = BigInt(((word >>> 21) & 3) * 16);
  const relative = BigInt((((word >> 5) & 0x7ffff) << 13) >> 11) | BigInt((word >>> 29) & 3);
  if ((word & 0x9f000000) >>> 0 === 0x90000000) return (pc & ~0xfffn) + (relative << 12n); // adrp
  if ((word & 0x9f000000) >>> 0 === 0x10000000) return pc + relative; // adr
  if ((word & 0xff800000) >>> 0 === 0xd2800000) return half << by; // movz
  if ((word & 0xff800000) >>> 0 === 0x92800000) return ~(half << by); // movn
  if ((word & 0xff800000) >>> 0 === 0xf2800000) {
    return old === undefined ? undefined : (old & ~(0xffffn << by)) | (half << by); // movk
  }
  if ((word & 0xff800000) >>> 0 === 0x91000000) {
    const shifted = BigInt((word >>> 10) & 0xfff) << ((word & 0x400000) === 0 ? 0n : 12n);
    return from === undefined ? undefined : from + shifted; // add, immediate
  }
  if ((word & 0xffe0fc00) >>> 0 === 0x8b000000) {
    const other = values.get((word >>> 16) & 31);
    return from === undefined || other === undefined ? undefined : from + other; // add, registers
  }
  if ((word & 0xff000000) >>> 0 === 0x58000000) {
    const place = at + ((word << 8) >> 13) * 4; // ldr, literal
    return place >= 0 && place + 8 <= view.byteLength ? view.getBigUint64(place, true) : undefined;
  }
  return undefined;
}
