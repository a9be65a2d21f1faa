import type { Accepted } from '../accepted.ts';

export const accepted: readonly Accepted[] = [
  {
    command: /^whatis /,
    line: /^typedef .*\(\*?\).* \w+;$|^typedef [^(]*\(.*\) \w+;$/,
    ours: /^typedef /,
    why: 'crash writes typedefs of functions and of pointers to them in a way that is no C, and loses typedefs inside them',
  },
  {
    command: /^whatis /,
    line: /^SIZE: (?:1|4)$/,
    ours: /^(?:SIZE: \d+|[a-z].*)$/,
    why: 'crash gives a function the size 1, and `unsigned long` that of an int',
  },
];
