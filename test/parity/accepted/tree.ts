import type { Accepted } from '../accepted.ts';

export const accepted: readonly Accepted[] = [
  {
    command: /^tree .*-t (?:m|maple|x|xarray|ra|radix)\b/,
    line: /^\d{15,20}$/,
    ours: /^[0-9a-f]{16}$/,
    why: 'crash writes the addresses of entries in decimal unless -x is given; addresses are hexadecimal everywhere else, in its own help too.',
  },
  {
    command: /^tree .*-v/,
    line: /^\d+(?:-\d+)?: \d+$/,
    ours: /^\d+(?:-\d+)?: 0x[0-9a-f]+$/,
    why: 'crash writes the addresses in a maple tree in decimal unless -x is given; addresses are hexadecimal everywhere else, in its own help too.',
  },
  {
    command: /^tree .*-t (?:x|xarray|ra|radix)\b/,
    line: /^0$/,
    why: 'crash prints 0 as the entry of a tree that is empty.',
  },
  {
    command: /^tree .*-t (?:x|xarray|ra|radix)\b.*-p/,
    line: /^index: 0 {2}position: direct\/0$/,
    why: 'crash prints 0 as the entry of a tree that is empty, and a place for it.',
  },
];
