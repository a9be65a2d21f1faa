import type { FrameData } from '../report/stack-data.ts';
import { bareName } from './allocator-calls.ts';

/** Functions that call each other again and again. */
export interface Recursion {
  /** One round, the innermost function first. */
  readonly functions: readonly FrameData[];
  readonly rounds: number;
  /** Bytes of stack that one round takes, where that is the same each time. */
  readonly bytes?: number;
  /** Frames of the stack that are not of it. */
  readonly others: number;
}

const LONGEST_ROUND = 16;
const FEWEST_ROUNDS = 4;

/** The recursion that a stack consists of from some frame on; undefined when nothing repeats. */
export function findRecursion(frames: readonly FrameData[], from: number): Recursion | undefined {
  const names = frames.map((f) => bareName(f.symbol ?? f.pc));
  for (let start = from; start < Math.min(from + LONGEST_ROUND, frames.length); start++) {
    for (let length = 1; length <= LONGEST_ROUND; length++) {
      const rounds = roundsAt(names, start, length);
      if (rounds < FEWEST_ROUNDS) continue;
      const functions = frames.slice(start, start + length);
      const bytes = roundBytes(frames, start, length, rounds);
      return { functions, rounds, ...(bytes !== undefined && { bytes }), others: frames.length - rounds * length };
    }
  }
  return undefined;
}

function roundsAt(names: readonly string[], start: number, length: number): number {
  let rounds = 1;
  for (let at = start + length; at + length <= names.length; at += length, rounds++) {
    for (let i = 0; i < length; i++) if (names[at + i] !== names[start + i]) return rounds;
  }
  return rounds;
}

/** From a round to the next, of the second and third: the first may have been caught half way. */
function roundBytes(frames: readonly FrameData[], start: number, length: number, rounds: number): number | undefined {
  const sp = (round: number): bigint => BigInt(frames[start + round * length]?.sp ?? 0);
  if (rounds < 4) return undefined;
  const bytes = Number(sp(2) - sp(1));
  return bytes > 0 && Number(sp(3) - sp(2)) === bytes ? bytes : undefined;
}
