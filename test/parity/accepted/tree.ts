import type { Accepted } from '../accepted.ts';

export const accepted: readonly Accepted[] = [
  {
    command: /^tree .*-t (?:m|maple|x|xarray|ra|radix)\b/,
    line: /^\d{15,20}$/,
    apart: /^(?:\d{17,20}|[0-9a-f]{16})$/g,
    alike: (crash, ours) => BigInt(crash) === BigInt(`0x${ours}`),
    why: 'crash writes the addresses of entries in decimal unless -x is given; addresses are hexadecimal everywhere else, in its own help too.',
  },
  {
    command: /^tree .*-v/,
    line: /^\d+(?:-\d+)?: \d+$/,
    apart: /(?<=: )\w+$/g,
    alike: (crash, ours) => BigInt(crash.replace(/.* /, '')) === BigInt(ours.replace(/.* /, '')),
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
