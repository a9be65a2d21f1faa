import type { Addr } from './units.ts';

/** `a + n` wrapped to 64 bits; `n` may be negative. */
export function addrAdd(a: Addr, n: number | bigint): Addr {
  return BigInt.asUintN(64, a + BigInt(n));
}

/** `a - b` as a number when it is small enough to be exact, else `undefined`. */
export function addrDistance(a: Addr, b: Addr): number | undefined {
  const d = a - b;
  return d >= -0x1fffffffffffffn && d <= 0x1fffffffffffffn ? Number(d) : undefined;
}

/** The exact number of two u32 halves, or `undefined` above 2^53. */
export function joinExact(lo: number, hi: number): number | undefined {
  return hi < 0x200000 ? hi * 0x100000000 + lo : undefined;
}

/** Low 32 bits, unsigned. */
export function lo32(a: bigint): number {
  return Number(BigInt.asUintN(32, a));
}

/** High 32 bits of a 64-bit value, unsigned. */
export function hi32(a: bigint): number {
  return Number(BigInt.asUintN(32, a >> 32n));
}

/** Sign-extends the low `bits` of `a` and wraps the result to 64 bits. */
export function signExtend(a: bigint, bits: number): bigint {
  return BigInt.asUintN(64, BigInt.asIntN(bits, a));
}
