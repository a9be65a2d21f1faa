import type { Accepted } from '../accepted.ts';

export const accepted: readonly Accepted[] = [
  {
    command: /^rd \w+:\d/,
    why: 'a per-CPU variable with a CPU behind a colon is that variable of the CPU, as it is for struct; crash looks for a symbol of that name',
  },
  {
    command: /^rd \w+:a/,
    line: /^(?:symbol not found: \w+:a|possible alternatives:|\(none found\))$/,
    why: 'for all CPUs at once there is struct; crash looks for a symbol of that name',
  },
];
