import { AnalysisError } from '../../base/errors.ts';
import type { DieCursor } from './die-cursor.ts';
import { DW_AT } from './dw-at.ts';
import { DW_TAG } from './dw-tag.ts';
import { covers, rangesOf } from './ranges.ts';
import type { Unit } from './unit.ts';

/** Entries looked at in one unit, and scopes inside each other. */
const MAX_ENTRIES = 2_000_000;
const MAX_DEPTH = 256;
/** From an instance to its abstract origin to its declaration ... */
const MAX_ORIGINS = 8;

/** A function at a place, an inlined one or the one that exists on its own. */
export interface FunctionScope {
  readonly die: DieCursor;
  readonly name: string;
  /** Its entry and the blocks inside of it that cover the place, outermost first. */
  readonly blocks: readonly DieCursor[];
}

/** The function of its own that covers `place` in a unit. */
export function functionAt(unit: Unit, place: number): DieCursor | undefined {
  const die = unit.root().child();
  for (let n = 0; die && n < MAX_ENTRIES; n++) {
    if (die.tag === DW_TAG.subprogram && coversPlace(die, place)) return die.clone();
    if (!die.sibling()) return undefined;
  }
  return undefined;
}

/** The functions at a place, innermost first; the last is the one that exists on its own. */
export function scopesAt(unit: Unit, place: number): readonly FunctionScope[] {
  const top = functionAt(unit, place);
  if (!top) return [];
  const found: { die: DieCursor; name: string; blocks: DieCursor[] }[] = [
    { die: top, name: nameOf(top), blocks: [top] },
  ];
  let scope: DieCursor | undefined = top;
  for (let depth = 0; scope && depth < MAX_DEPTH; depth++) {
    const inner = innerScope(scope, place);
    if (inner?.tag === DW_TAG.inlined_subroutine) found.unshift({ die: inner, name: nameOf(inner), blocks: [inner] });
    else if (inner) found[0]?.blocks.push(inner);
    scope = inner;
  }
  return found;
}

/** The block or inlined function directly inside `scope` that covers `place`. */
function innerScope(scope: DieCursor, place: number): DieCursor | undefined {
  const die = scope.child();
  for (let n = 0; die && n < MAX_ENTRIES; n++) {
    const opens = die.tag === DW_TAG.lexical_block || die.tag === DW_TAG.inlined_subroutine;
    if (opens && coversPlace(die, place)) return die.clone();
    if (!die.sibling()) return undefined;
  }
  return undefined;
}

function coversPlace(die: DieCursor, place: number): boolean {
  return (die.has(DW_AT.low_pc) || die.has(DW_AT.ranges)) && covers(rangesOf(die), place);
}

/** An entry and those that it is an instance or definition of. */
export function* origins(die: DieCursor): Generator<DieCursor> {
  let at: DieCursor | undefined = die;
  for (let i = 0; i < MAX_ORIGINS && at; i++) {
    yield at;
    at = at.follow(DW_AT.abstract_origin) ?? at.follow(DW_AT.specification);
  }
}

/** Name of an entry, or of what it is an instance of; '' when it has none. */
export function nameOf(die: DieCursor): string {
  try {
    for (const at of origins(die)) {
      const name = at.string(DW_AT.name);
      if (name !== undefined) return name;
    }
  } catch (e) {
    if (!(e instanceof AnalysisError)) throw e;
  }
  return '';
}
