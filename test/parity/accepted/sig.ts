import type { Accepted } from '../accepted.ts';

export const accepted: readonly Accepted[] = [
  {
    command: /^(?:foreach .*)?sig\b/,
    line: /^BLOCKED: /,
    apart: /^BLOCKED: [0-9a-f]{8}/g,
    why: 'The blocked signals are those of /proc/PID/status; in the upper half crash has what it read of the member behind them.',
    truth: 'SigBlk: 0000000000000002 of lab-sigwait (arm64-6.1-null)',
  },
];
