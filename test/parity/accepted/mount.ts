import type { Accepted } from '../accepted.ts';

export const accepted: readonly Accepted[] = [
  {
    command: /^mount (?:\/\w+|[a-z]+)$/,
    line: / rootfs rootfs +\/$/,
    why:
      'A directory selects what is mounted there, and a name the mounts of that device; crash shows the filesystem that the ' +
      'directory under the mount belongs to.',
  },
];
