import type { Accepted } from '../accepted.ts';

export const accepted: readonly Accepted[] = [
  {
    command: /^bt -[a-z]*l/,
    line: /^\S+: \d+$/,
    ours: /^\S+: \d+(?: \(inlined .*\))?$/,
    why:
      'crash looks up the line of the return address, which may be that of the next statement or of the next function; ' +
      'the line of the call is the one before. Functions inlined there are named, innermost first.',
  },
  {
    command: /^bt -[a-z]*l/,
    ours: /\(inlined .*\)$/,
    why: 'The functions inlined at a place are shown with their lines; crash has only the place itself.',
  },
  {
    command: /^bt\b/,
    line: /_MODULE_(?:INIT_|)START_/,
    why: 'crash names the memory of a module where it has no symbols; the kernel itself knows the function.',
  },
];
