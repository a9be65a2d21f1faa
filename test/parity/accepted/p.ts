import type { Accepted } from '../accepted.ts';

export const accepted: readonly Accepted[] = [
  {
    command: /^p[xd]?\b/,
    line: /<[^>]*\.[^>]*>/,
    ours: /<[^>]*__[^>]*>/,
    why: 'crash writes the two underscores inside a symbol as a dot',
  },
  {
    command: /^p[xd]?\b/,
    line: /<incomplete sequence/,
    ours: /<incomplete sequence|\\\d\d\d/,
    why: 'crash loses the character before bytes that begin a character of UTF-8',
  },
  {
    command: /^p[xd]?\b/,
    line: /gdb request failed|invalid/,
    why: 'crash does not evaluate this: strings, minus signs, members of per-CPU variables, conditionals',
  },
];
