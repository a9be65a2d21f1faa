import type { Addr } from '../../base/units.ts';
import type { Program } from '../../program/program.ts';

const MOST_CODE = 512;

/**
 * Whether the function at `pc` has taken stack of its own before `pc`: code behind its first `aghi`, `agfi` or `lay` of the
 * stack pointer. True where it cannot be told: then the back chain is the better guide.
 * Source: SA22-7832, instruction formats; the first two bits of an instruction are its length.
 */
export function hasFrame(prog: Program, pc: Addr): boolean {
  const symbol = prog.symbolAt(pc);
  if (!symbol) return pc >= prog.kernelStart && typeof prog.memory.translate(pc) !== 'string';
  const size = Number(pc - symbol.address);
  const code = new Uint8Array(Math.min(size, MOST_CODE));
  if (prog.memory.tryRead(symbol.address, code) !== undefined) return true;
  for (let at = 0; at + 2 <= code.length; ) {
    const length = lengthOf(code[at] as number);
    if (at + length <= code.length && movesStack(code, at)) return true;
    at += length;
  }
  return false;
}

function lengthOf(first: number): number {
  if (first < 0x40) return 2;
  return first < 0xc0 ? 4 : 6;
}

function movesStack(code: Uint8Array, at: number): boolean {
  const [op, second] = [code[at], code[at + 1] ?? 0];
  if (op === 0xa7) return second === 0xfb; // aghi %r15
  if (op === 0xc2) return second === 0xf8; // agfi %r15
  return op === 0xe3 && second >> 4 === 15 && code[at + 5] === 0x71; // lay %r15
}
