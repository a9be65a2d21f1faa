import type { Accepted } from '../accepted.ts';

export const accepted: readonly Accepted[] = [
  {
    command: /^fuser\b/,
    line: /^\d+ {2}[0-9a-f]+ {2}"[^"]{14} /,
    apart: /(?<="[^"]{14})[^" ]?"?(?= {2})/g,
    why: 'crash cuts the second quotation mark and the last letter of a long name.',
  },
  {
    command: /^fuser \/\w/,
    line: /^No users of .* found$/,
    ours: /^Users of the filesystem on |^\d+ {2}[0-9a-f]{16} |PID +TASK/,
    why: 'Where a filesystem is mounted, those who use files in it are who keeps it busy; crash looks at the directory alone.',
  },
];
