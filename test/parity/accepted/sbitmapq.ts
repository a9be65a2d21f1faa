import type { Accepted } from '../accepted.ts';

export const accepted: readonly Accepted[] = [
  {
    command: /^sbitmapq /,
    ours: /^(?:ws = \{|\{ \.wait = (?:in)?active \},|\}|round_robin = \d+|min_shallow_depth = \d+|[0-9a-f]{8}: [0-9a-f ]+)$/,
    why: 'Kernels since 6.2, and stable ones before, have no `wait_cnt` in `struct sbq_wait_state`; crash ends there.',
  },
];
