import { hex } from '../base/hex.ts';
import type { Addr } from '../base/units.ts';
import type { SourceFrame } from '../program/ports.ts';
import type { CodePlace } from './code-place.ts';
import type { FunctionPlace, LineObject } from './line-object.ts';

/** Where a code place is in a file. */
export interface Located {
  /** Address of the instruction in the file. */
  readonly address: Addr;
  readonly size: number;
  readonly frames: readonly SourceFrame[];
}

/** What looking for a code place came to. */
export interface Location {
  /** One for each function that it may be; empty when there is none. */
  readonly found: readonly Located[];
  /** What a reader has to know: several of the name, another size. */
  readonly note?: string;
}

/**
 * Finds a code place in a file: of several functions of one name the one of the stated size.
 * @param back bytes before the place to look at: 1 for a return address, whose line is that of the call
 */
export function locate(object: LineObject, place: CodePlace, back: 0 | 1): Location {
  const all = object.functions(place.function);
  if (all.length === 0) return { found: [], note: `no function ${place.function} in ${object.name}` };
  const fitting = place.size === undefined ? all : all.filter((f) => f.size === place.size);
  if (fitting.length === 0) {
    const sizes = all.map((f) => hex(f.size)).join(', ');
    const note = `${place.function} is ${hex(place.size as number)} bytes there but ${sizes} in ${object.name}`;
    // The padding behind the last function of a section is counted in one place and not in the other.
    const near = all.filter((f) => Math.abs(f.size - (place.size as number)) < 64 && place.offset <= f.size);
    if (near.length === 1) return { found: near.map((f) => lookUp(object, f, place, back)) };
    return { found: [], note };
  }
  const found = fitting.filter((f) => place.offset <= f.size).map((f) => lookUp(object, f, place, back));
  if (found.length === 0) {
    return { found, note: `${place.function}+${hex(place.offset)} is beyond its end (${hex(fitting[0]?.size ?? 0)})` };
  }
  if (found.length > 1) {
    return { found, note: `${found.length} functions ${place.function} of that size; each is shown` };
  }
  return all.length === 1
    ? { found }
    : { found, note: `one of ${all.length} functions ${place.function}, told by its size` };
}

function lookUp(object: LineObject, f: FunctionPlace, place: CodePlace, back: 0 | 1): Located {
  const address = f.address + BigInt(place.offset);
  const frames = object.sourceAt(address - BigInt(place.offset > 0 ? back : 0)) ?? [];
  return { address, size: f.size, frames };
}
