import type { Accepted } from '../accepted.ts';

export const accepted: readonly Accepted[] = [
  {
    command: /^(?:struct|union|\*) (?:.* )?-u /,
    line: /: invalid user virtual address: |^struct \w+$/,
    why: 'An address that is not mapped is an error here; crash prints the beginning of an object before it says so.',
  },
  {
    command: /^struct (?:-p |.* -p\b)/,
    line: /\d {3,}\d/,
    why: 'crash indents in the middle of a number where a line is longer than its buffer.',
  },
  {
    command: /^struct module /,
    line: /= 0x[0-9a-f]{16} <[\w.]+(?:\+\d+)?>/,
    ours: /= 0x[0-9a-f]{16}(?:,| ")/,
    why:
      'Memory of a module that belongs to none of its symbols (tables of the kernel, strings) is not named; crash gives it ' +
      'the name of whatever symbol comes before, also from another section.',
  },
  {
    command: /^(?:struct (?:list_head|module) |p modules$)/,
    line: /= 0x[0-9a-f]{16} <[\w.]+\+\d{4,}>,?$/,
    apart: / <[\w.]+\+\d+>(?=,?$)/g,
    moved: true,
    why: 'Memory of a module has the name of its symbols, or none; crash names it by a function thousands of bytes before.',
  },
  {
    command: /^struct module /,
    ours: /^prev = 0x[0-9a-f]{16}$/,
    why: 'Memory of a module that belongs to none of its symbols is not named.',
  },
];
