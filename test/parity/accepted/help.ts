import type { Accepted } from '../accepted.ts';

export const accepted: readonly Accepted[] = [
  {
    command: /^help(?: \w+)?$/,
    line: /[^A-Z]/,
    ours: /[^A-Z]|^(?:INPUT|OUTPUT)$/,
    why: 'The help of a command has the same parts under the same headings, in words and with examples of its own; the list has a line for each command that says what it does.',
  },
  {
    command: /^help(?: \w+)?$/,
    line: /[^A-Z]/,
    why: 'The help of a command has the same parts under the same headings, in words and with examples of its own; the list has a line for each command that says what it does.',
  },
  {
    command: /^help(?: \w+)?$/,
    ours: /[^A-Z]|^(?:INPUT|OUTPUT)$/,
    why: 'The help of a command has the same parts under the same headings, in words and with examples of its own; the list has a line for each command that says what it does.',
  },
];
