import type { Accepted } from '../accepted.ts';

export const accepted: readonly Accepted[] = [
  {
    command: /^pte \w+$/,
    line: /^PTE +pte: cannot determine swap location$/,
    ours: /^PTE +PHYSICAL +FLAGS$|\(no mapping\)$/,
    why: 'On arm64, too, an entry that maps nothing is said to do so; crash ends there.',
  },
];
