import type { Accepted } from '../accepted.ts';

export const accepted: readonly Accepted[] = [
  {
    command: /^dev -[dD]/,
    line: /^MAJOR GENDISK .* ASYNC +SYNC$/,
    ours: /^MAJOR GENDISK .* READ WRITE$/,
    why:
      'On kernels before 5.11 crash names the columns ASYNC and SYNC; here they are READ and WRITE on every kernel, as ' +
      '/sys/block/*/inflight counts.',
  },
];
