import type { Addr } from '../base/units.ts';
import type { Program } from '../program/program.ts';

/** nm's letters of symbols in text sections; `?` is what a table without letters gives. */
const TEXT = 'tTwW?';

/** Whether a symbol of kernel or module text covers `at`. */
export function isText(prog: Program, at: Addr): boolean {
  const symbol = prog.symbolAt(at);
  return symbol !== undefined && TEXT.includes(symbol.letter);
}
