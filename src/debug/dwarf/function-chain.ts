import { AnalysisError } from '../../base/errors.ts';
import type { DieCursor } from './die-cursor.ts';
import { DW_AT } from './dw-at.ts';
import { DW_TAG } from './dw-tag.ts';
import { EntryScan, rowsWithCode } from './entry-scan.ts';
import { rangesOf } from './ranges.ts';
import type { Unit } from './unit.ts';

/** Inlined calls that are followed; the kernel's deepest are about 20. */
const MAX_DEPTH = 256;
const MAX_ORIGINS = 16;
/** Languages whose linkage names are not mangled, where DW_AT_name is what symbols are called: C, assembly. */
const PLAIN_LANGUAGES = new Set([0x01, 0x02, 0x0c, 0x1d, 0x2c, 0x8001]);

/**
 * The functions whose code is at `place`: the function itself first, then what was inlined into it, outermost first.
 * Lexical blocks are passed through. Empty when the unit describes no function there.
 */
export function functionChain(unit: Unit, place: number): DieCursor[] {
  const chain: DieCursor[] = [];
  let at = findFunction(unit.root().child(), place, 0);
  while (at && chain.length < MAX_DEPTH) {
    if (at.tag !== DW_TAG.lexical_block) chain.push(at);
    at = innermost(at, place);
  }
  return chain;
}

/** The function among an entry and its siblings, or inside of the namespaces and types among them. */
function findFunction(first: DieCursor | undefined, place: number, depth: number): DieCursor | undefined {
  if (!first) return undefined;
  const { unit } = first;
  const { scratch } = unit.abbrevs;
  scratch.functions ??= rowsWithCode(unit.abbrevs, [DW_TAG.subprogram]);
  const scan = new EntryScan(unit, first.offset, scratch.functions);
  const die = first.clone();
  while (scan.next()) {
    die.seek(scan.offset);
    const low = die.place(DW_AT.low_pc);
    if (low !== undefined && low > place) continue;
    if (size(die, place) > 0) return die;
  }
  return depth < 8 && !PLAIN_LANGUAGES.has(unit.language) ? findInScopes(first, place, depth) : undefined;
}

function findInScopes(first: DieCursor, place: number, depth: number): DieCursor | undefined {
  for (let die: DieCursor | undefined = first.clone(); die; ) {
    if (die.hasChildren && isScope(die.tag)) {
      const found = findFunction(die.child(), place, depth + 1);
      if (found) return found;
    }
    die = die.sibling() ? die : undefined;
  }
  return undefined;
}

/** What may hold functions, in languages other than C. */
function isScope(tag: number): boolean {
  return tag === DW_TAG.namespace || tag === DW_TAG.structure_type || tag === DW_TAG.class_type;
}

/** Bytes of code of an entry that covers `place`; 0 when it does not, or when its ranges cannot be read. */
function size(die: DieCursor, place: number): number {
  try {
    const ranges = rangesOf(die);
    let sum = 0;
    let inside = false;
    for (let i = 0; i < ranges.length; i += 2) {
      const low = ranges[i] as number;
      const high = ranges[i + 1] as number;
      sum += high - low;
      if (place >= low && place < high) inside = true;
    }
    return inside ? sum : 0;
  } catch (e) {
    if (e instanceof AnalysisError) return 0;
    throw e;
  }
}

/** The smallest child of `die` that is code at `place`: an inlined call, a block, a nested function. */
function innermost(die: DieCursor, place: number): DieCursor | undefined {
  const child = die.child();
  if (!child) return undefined;
  const { unit } = die;
  const { scratch } = unit.abbrevs;
  scratch.inner ??= rowsWithCode(unit.abbrevs, [DW_TAG.inlined_subroutine, DW_TAG.lexical_block, DW_TAG.subprogram]);
  const scan = new EntryScan(unit, child.offset, scratch.inner);
  let best: number | undefined;
  let bestSize = Number.POSITIVE_INFINITY;
  while (scan.next()) {
    child.seek(scan.offset);
    const low = child.place(DW_AT.low_pc);
    if (low !== undefined && low > place) continue;
    const bytes = size(child, place);
    if (bytes === 0 || bytes >= bestSize) continue;
    best = scan.offset;
    bestSize = bytes;
  }
  return best === undefined ? undefined : child.seek(best);
}

/** Name of a function, through abstract origins and specifications; empty when none of them has one. */
export function functionName(function_: DieCursor): string {
  let die: DieCursor | undefined = function_;
  for (let n = 0; die && n < MAX_ORIGINS; n++) {
    const name = ownName(die);
    if (name) return name;
    die = die.follow(DW_AT.abstract_origin) ?? die.follow(DW_AT.specification);
  }
  return '';
}

function ownName(die: DieCursor): string | undefined {
  const name = die.string(DW_AT.name);
  if (PLAIN_LANGUAGES.has(die.unit.language)) return name;
  return die.string(DW_AT.linkage_name) ?? die.string(DW_AT.MIPS_linkage_name) ?? name;
}
