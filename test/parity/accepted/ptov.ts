import type { Accepted } from '../accepted.ts';

/** Where `ptov` differs from crash's on purpose. */
export const accepted: readonly Accepted[] = [
  {
    command: /^ptov [0-9a-f]+:/,
    line: /^ptov: invalid cpu specification/,
    ours: /^ptov: no CPU \S+; there are /,
    why: 'The message says which CPUs there are.',
  },
];
