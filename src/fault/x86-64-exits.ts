import type { Addr, Bytes } from '../base/units.ts';
import type { Exits, NameAt } from './machine.ts';
import { x86Size } from './x86-64-size.ts';

/** See `Machine.exits`. @param isThunk names of the functions that jump to a register */
export function x86Exits(
  code: Uint8Array,
  start: Addr,
  nameAt: NameAt,
  isThunk: (name: string) => boolean,
): Exits | undefined {
  const view = new DataView(code.buffer, code.byteOffset, code.length);
  const targets = new Set<Addr>();
  let indirect = false;
  for (let at = 0; at < code.length; ) {
    const insn = x86Size(code, at);
    if (!insn) return undefined;
    at += insn.size;
    if (code[insn.opcode] === 0xff && ((code[insn.opcode + 1] as number) & 0x30) === 0x20) indirect = true;
    const size = offsetSize(code, insn.opcode);
    if (size === 0) continue;
    const to = at + (size === 1 ? view.getInt8(at - 1) : view.getInt32(at - 4, true));
    if (to >= 0 && to < code.length) continue;
    const target = start + BigInt(to);
    const name = nameAt(target);
    if (name !== undefined && isThunk(name)) indirect = true;
    targets.add(target);
  }
  return { targets: [...targets], indirect };
}

/** Bytes of the offset of a direct jump, conditional or not; 0 for other instructions. */
function offsetSize(code: Uint8Array, at: number): 0 | 1 | 4 {
  const opcode = code[at] as number;
  if (opcode === 0xe9) return 4;
  if (opcode === 0xeb || (opcode & 0xf0) === 0x70 || (opcode & 0xfc) === 0xe0) return 1;
  return opcode === 0x0f && ((code[at + 1] as number) & 0xf0) === 0x80 ? 4 : 0;
}

/** See `Machine.mentions`: distances are displacements and immediates of one or four bytes, added or taken away. */
export function x86Mentions(code: Uint8Array, distances: readonly Bytes[]): boolean {
  const view = new DataView(code.buffer, code.byteOffset, code.length);
  const wanted = new Set(distances.flatMap((d) => [d, -d]));
  const short = distances.some((d) => d <= 0x80);
  for (let at = 0; at < code.length; at++) {
    if (short && wanted.has(view.getInt8(at))) return true;
    if (at + 4 <= code.length && wanted.has(view.getInt32(at, true))) return true;
  }
  return false;
}
