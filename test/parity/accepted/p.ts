import type { Accepted } from '../accepted.ts';

export const accepted: readonly Accepted[] = [
  {
    command: /^p linux_banner$/,
    line: /^linux_banner = 0x[0-9a-f]+ <linux_banner> "/,
    ours: /^linux_banner = "/,
    why: 'The array is as long as its definition says; crash takes a declaration of it that tells no length.',
  },
  {
    command: /^p !/,
    line: /^sh: /,
    why: 'An exclamation mark behind a command is the operator of C; crash hands the rest of the line to a shell.',
  },
];
