import type { Addr, Bytes } from '../base/units.ts';
import type { Exits } from './machine.ts';

/** See `Machine.exits`: every branch that does not link (Arm ARM, C4.1, "Branches, Exception Generating and System"). */
export function arm64Exits(code: Uint8Array, start: Addr): Exits {
  const view = new DataView(code.buffer, code.byteOffset, code.length);
  const targets = new Set<Addr>();
  let indirect = false;
  for (let at = 0; at + 4 <= code.length; at += 4) {
    const word = view.getUint32(at, true);
    if (word >>> 25 === 0x6b && ((word >>> 21) & 7) === 0) indirect = true; // br, braa ...
    const offset = branchOffset(word);
    if (offset !== undefined && (at + offset < 0 || at + offset >= code.length))
      targets.add(start + BigInt(at + offset));
  }
  return { targets: [...targets], indirect };
}

function branchOffset(word: number): Bytes | undefined {
  if (word >>> 26 === 0b000101) return (word << 6) >> 4; // b
  const group = (word >>> 25) & 0x3f;
  if (group === 0b011011) return ((word << 13) >> 18) << 2; // tbz, tbnz
  if (group === 0b011010 || word >>> 25 === 0b0101010) return ((word << 8) >> 13) << 2; // cbz, cbnz, b.cond
  return undefined;
}

/** See `Machine.mentions`: an addition or subtraction of the distance's lower twelve bits, or of those above where these are 0. */
export function arm64Mentions(code: Uint8Array, distances: readonly Bytes[]): boolean {
  const view = new DataView(code.buffer, code.byteOffset, code.length);
  const wanted = new Set(distances.map((d) => ((d & 0xfff) === 0 ? 0x1000 | ((d >>> 12) & 0xfff) : d & 0xfff)));
  for (let at = 0; at + 4 <= code.length; at += 4) {
    const word = view.getUint32(at, true);
    // add and sub of 64 bits with an immediate; bit 22 shifts it by twelve
    if ((word & 0x9f800000) >>> 0 === 0x91000000 && wanted.has((word >>> 10) & 0x1fff)) return true;
  }
  return false;
}
