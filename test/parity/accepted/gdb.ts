import type { Accepted } from '../accepted.ts';

/** Where `gdb` differs from crash's on purpose. */
export const accepted: readonly Accepted[] = [
  {
    command: /^gdb bt$/,
    why:
      "`gdb bt` is the stack trace of `bt`. crash's comes from gdb itself, with the arguments of each function in its line; " +
      'here `bt --locals` shows them.',
  },
  {
    command: /^gdb info line /,
    line: /^Line \d+ of "[^"]+" starts at address /,
    ours: /^Line \d+ of "[^"]+\/[^"]+" starts at address /,
    why: 'A source file is named as `bt -l` and `dis -l` name it, with the directory that the compiler ran in.',
  },
  {
    command: /^gdb info line /,
    line: /^No line number information available for address 0x[0-9a-f]+ <panic>$/,
    why: 'On arm64 gdb tells of the room for tracing in front of a function, too.',
  },
  {
    command: /^gdb list /,
    line: /^warning: \d+\s+\S+: No such file or directory$/,
    ours: /^(?:\w+ at \S+:\d+|\(\S+ is not in the source tree\)|\(not complete: .+\))$/,
    why: 'Where the source is not there, the place of the line is told all the same.',
  },
  {
    command: /^gdb (?:info (?:line|symbol)|x\/\d+i) \w+$/,
    line: /<panic>|<panic\+\d+>:\t|^panic \+ 8 in section /,
    ours: /<panic>|<panic\+\d+>:\t|^panic in section /,
    why:
      'On arm64 a function begins at its symbol, as the kernel says it; for gdb it begins behind the two instructions that are ' +
      'left free for tracing.',
  },
];
