import type { Bytes } from '../base/units.ts';
import type { Instruction } from '../program/instruction.ts';

/** Bytes of the longest instruction that is kept; such are the most, and their bytes make a number. */
const LONGEST: Bytes = 4;
const MOST = 4096;

/**
 * Short instructions that were decoded before, by their bytes: code repeats them, and decoding takes long. What begins with
 * the bytes of an instruction is that instruction, whatever follows.
 */
export class DecodedBefore {
  /** By size, and by the bytes as a number. */
  readonly #known = Array.from({ length: LONGEST + 1 }, () => new Map<number, Instruction>());
  #count = 0;

  /** The instruction at offset `at`, with another address. */
  find(code: Uint8Array, at: number): Instruction | undefined {
    let bytes = 0;
    const longest = Math.min(LONGEST, code.length - at);
    for (let size = 1; size <= longest; size++) {
      bytes = (bytes << 8) | (code[at + size - 1] as number);
      const found = (this.#known[size] as Map<number, Instruction>).get(bytes);
      if (found) return found;
    }
    return undefined;
  }

  /** @param insn one that says the same at every address */
  add(insn: Instruction): void {
    if (insn.size > LONGEST || this.#count >= MOST) return;
    let bytes = 0;
    for (const byte of insn.bytes) bytes = (bytes << 8) | byte;
    (this.#known[insn.size] as Map<number, Instruction>).set(bytes, insn);
    this.#count++;
  }
}
