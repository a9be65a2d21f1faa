import type { Accepted } from '../accepted.ts';

export const accepted: readonly Accepted[] = [
  {
    command: /^dis -[a-z]*l/,
    line: /^\S+: \d+$/,
    why:
      'A line is shown where the line table has a statement begin (is_stmt) and the code of an inlined call with its own ' +
      'file; crash shows lines of rows that begin no statement, and those of the instruction before.',
  },
  {
    command: /^dis\b/,
    ours: /\[file: .*\]$|^\(\[file: \.\.\.\]/,
    why: 'Instructions that were rewritten at run time are marked with what the file has; crash does not compare them.',
  },
  {
    command: /^dis -[a-z]*s/,
    ours: /^\(.*(?:--source DIR names a tree|is not in the source tree)\)$/,
    why: 'Where the source is not there, a line says what would help.',
  },
];
