import type { Accepted } from '../accepted.ts';

export const accepted: readonly Accepted[] = [
  {
    command: /^bpf\b/,
    line: /^LOAD_TIME: /,
    ours: /^LOAD_TIME: /,
    why:
      'crash counts the time of loading from a boot time that it computes from jiffies; here it comes from the ' +
      'clocks of the timekeeper. Times are UTC and say so.',
  },
  {
    command: /^bpf\b.* -\w*[tT]/,
    line: /^\d+: \([0-9a-f]{2}\) (?:\(u32\) |BUG|call |r\d+ = -?r|if r|lock )/,
    ours: /^\d+: \([0-9a-f]{2}\) /,
    why:
      'crash writes 32-bit operations as (u32) r1 and does not know the 32-bit jumps, atomic operations and calls between ' +
      'programs of kernels since 5.1; here every instruction is written as the verifier of today does: w1.',
  },
];
