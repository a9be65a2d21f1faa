import type { Accepted } from '../accepted.ts';

const HEADINGS = /^(?!(?:NAME|SYNOPSIS|DESCRIPTION|EXAMPLES?)$)/;
const WORDS =
  'The help of a command has the same parts under the same headings, in words and with examples of its own.';

export const accepted: readonly Accepted[] = [
  {
    command: /^help$/,
    line: /^(?:(?:[a-z]+|\*) +){0,4}[a-z]+$|^crash(?:-arm64)? version: |^For help on /,
    why: 'The list of the commands has a line for each that says what it does.',
  },
  {
    command: /^help$/,
    ours: /^[a-z]+ +\S.*$/,
    why: 'The list of the commands has a line for each that says what it does.',
  },
  {
    command: /^help -r$/,
    ours: /^(?:PC|LR|SP|X\d+|CPU \d+): ?/,
    why: 'The registers are those of the notes, or those that the kernel saved of each CPU on arm64, too.',
  },
  { command: /^help [a-z]+$/, line: HEADINGS, why: WORDS },
  { command: /^help [a-z]+$/, ours: HEADINGS, why: WORDS },
];
