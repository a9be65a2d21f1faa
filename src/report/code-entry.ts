import type { Addr } from '../base/units.ts';
import type { Program } from '../program/program.ts';

/** Bytes between a function's symbol and its code at most. */
const ROOM = 16;
const STEP = 4;

/**
 * Where the code of a function begins whose symbol is at `at`: compilers may leave room for tracing between the two
 * (`-fpatchable-function-entry`), which the debug information does not count to the function. Any other address is itself.
 */
export function codeEntry(prog: Program, at: Addr): Addr {
  const isUncovered = (place: Addr): boolean => {
    const frames = prog.sourceAt(place);
    return !frames || frames.at(-1)?.uncovered === true;
  };
  if (!isUncovered(at) || prog.symbolAt(at)?.address !== at) return at;
  for (let room = STEP; room <= ROOM; room += STEP) {
    const place = at + BigInt(room);
    if (prog.symbolAt(place)?.address !== at) return at;
    if (!isUncovered(place)) return place;
  }
  return at;
}
