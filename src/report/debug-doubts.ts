import type { Problem } from '../program/ports.ts';
import type { Program } from '../program/program.ts';

/** What a host notes its doubts about files with debug information under: `Program.noteProblem`. */
export const DEBUG_FILES = 'debug information';

/** Behind a line of text that a file of another build tells. */
export const FORCED = ' (from a file of another build)';

/** Why lines and types from debug information may be wrong or missing: of a file whose build-id is another, say. */
export function debugDoubts(prog: Program): readonly Problem[] {
  return prog.problems().filter((p) => p.what.startsWith(DEBUG_FILES));
}
