import type { Accepted } from '../accepted.ts';

export const accepted: readonly Accepted[] = [
  {
    command: /^ascii$/,
    line: /^[7DF] \|/,
    ours: /^[7DF] \|/,
    why: "In crash's chart the apostrophe and the grave accent have changed places, and so have the hyphen and the underscore.",
    truth: 'ISO/IEC 646: 27 is the apostrophe, 2d the hyphen, 5f the underscore, 60 the grave accent.',
  },
  {
    command: /^ascii$/,
    line: /^0 \|/,
    ours: /^0 \|/,
    why: "In crash's chart the apostrophe and the grave accent have changed places.",
  },
];
