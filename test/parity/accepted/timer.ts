import type { Accepted } from '../accepted.ts';

export const accepted: readonly Accepted[] = [
  {
    command: /^timer -r/,
    apart: /^\d{9,15}$|(?<=^\d+ +\d+ +)-?\d+(?= )| +/g,
    why:
      'The current time of a clock is that of its base; crash computes it from ticks and a wrong HZ on Linux 6.12, and is ' +
      'minutes ahead.',
    truth: '[   22.329091] is the last line of the log (amd64-6.12-null)',
  },
  {
    command: /^timer\b/,
    line: /BASE_STD|BASE_DEF|^EXPIRES|^\d+ +-?\d+ +[0-9a-f]{16} /,
    ours: /BASE_(?:LOCAL|GLOBAL|DEF)|^EXPIRES|^\d+ +-?\d+ +[0-9a-f]{16} /,
    why:
      'Kernels since 6.9 have three wheels a CPU (commit 83a665dc99a7); crash knows two, calls the second one DEF and ' +
      'does not show the third.',
  },
  {
    command: /^timer -C/,
    ours: /HRTIMER|CLOCK|SOFTEXPIRES|^CURRENT$|^\d+$|^\d+ +\d+ +-?\d+ +[0-9a-f]{16} |\(empty\)/,
    why: 'With -C alone crash leaves the high-resolution timers out; here a choice of CPUs chooses CPUs.',
  },
  {
    command: /^timer\b/,
    ours: /BASE_(?:LOCAL|GLOBAL|DEF)|^EXPIRES|^\d+ +(?:\d+ +)?-?\d+ +[0-9a-f]{16} |HRTIMER|CLOCK|SOFTEXPIRES|^CURRENT$|^\d+$|\(empty\)/,
    why: 'crash ends before the third wheel of kernels since 6.9 and before the high-resolution timers of some.',
  },
];
