import type { Accepted } from '../accepted.ts';

const structures = /^(?:struct|union|\*|whatis)\b/;

export const accepted: readonly Accepted[] = [
  {
    command: /^(?:struct|union|whatis) .*-\w*o/,
    line: /^(?:\[[0-9a-fx]+\])?\s*[\w} ]/,
    ours: /^\[[0-9a-fx]+\]/,
    why: 'crash finds offsets by name: members of a named anonymous structure get none, or that of a namesake',
  },
  {
    command: structures,
    line: /\[0\];$/,
    ours: /\[\];$/,
    why: 'BTF does not tell an array of no elements from one of an unknown number: both are written []',
  },
  {
    command: structures,
    line: /(?:\[\d+\]){2,}/,
    ours: /\[\d+\]/,
    why: 'BTF stores arrays of arrays as one array with all their elements',
  },
  {
    command: /^(?:struct|union|\*) .*\S+\.\S+ /,
    line: /^=\s*$/,
    why: 'crash loses the elements of an array that is reached through a dotted path',
  },
  {
    command: structures,
    line: /<[^>]*\.[^>]*>/,
    ours: /<[^>]*__[^>]*>/,
    why: 'crash writes the two underscores inside a symbol as a dot',
  },
];
