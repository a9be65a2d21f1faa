import type { Accepted } from '../accepted.ts';

export const accepted: readonly Accepted[] = [
  {
    command: /^(?:foreach .*)?files\b/,
    line: / FIFO$/,
    ours: / FIFO pipe:\[\d+\]$/,
    why: 'crash leaves the path of a pipe empty; ours is the name that /proc/PID/fd shows.',
    truth: 'fd of lab-pipe: pipe:[1298]',
  },
  {
    command: /^(?:foreach .*)?files\b/,
    apart: / \(deleted\)$/g,
    why: 'A file that has been unlinked is marked, as in /proc/PID/fd.',
    truth: 'fd of lab-files: /tmp/unlinked (deleted)',
  },
];
