import type { Accepted } from '../accepted.ts';

/** Where `vtop` differs from crash's on purpose. */
export const accepted: readonly Accepted[] = [
  {
    command: /^(?:foreach .*)?vtop /,
    ours: /^PAGE\s+PHYSICAL\s+MAPPING\s+INDEX CNT FLAGS$/,
    why: 'The header stands over every page line; crash prints it for the first page of a session and not again.',
  },
  {
    command: /^vtop [a-z_]\w*$/,
    why: 'A symbol may be given instead of its address; crash says that it is invalid input.',
  },
  {
    command: /^vtop /,
    line: /^f[0-9a-f]{15}\s+[0-9a-f]+$/,
    ours: /^f[0-9a-f]{15}\s+\(not mapped\)$/,
    why:
      'An address of the kernel that its page tables do not map has no physical address; crash subtracts the base of the ' +
      'kernel image and prints the difference.',
  },
];
