import type { Addr } from '../base/units.ts';
import type { Program } from '../program/program.ts';

/** Letters around a word before it is taken for text. */
const LEAST = 6;
const REACH = 64;

/** A string in memory that a word is the middle or the end of; undefined when there is none. */
export function stringAround(prog: Program, at: Addr): { readonly text: string; readonly start: Addr } | undefined {
  const bytes = new Uint8Array(2 * REACH);
  if (prog.memory.tryRead(at - BigInt(REACH), bytes) !== undefined) return undefined;
  let from = REACH;
  while (from > 0 && isLetter(bytes[from - 1])) from--;
  let end = REACH;
  while (end < bytes.length && isLetter(bytes[end])) end++;
  if (from === REACH || end === REACH || bytes[end] !== 0 || end - from < LEAST) return undefined;
  return { text: String.fromCharCode(...bytes.subarray(from, end)), start: at - BigInt(REACH - from) };
}

function isLetter(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x20 && byte < 0x7f;
}
