import type { Accepted } from '../accepted.ts';

export const accepted: readonly Accepted[] = [
  {
    command: /^(?:help|man|\?)\b/,
    why: 'Help describes these commands in words of its own, with each option and worked examples; the list has a line for each command.',
  },
];
