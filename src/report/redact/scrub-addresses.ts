import type { Aliases } from './aliases.ts';

/** Addresses and other values of 9 digits and more; small numbers, offsets and sizes stay. */
const WIDE = /(?<![\w.-])(0x)?([0-9a-f]{16}|(?<=0x)[0-9a-f]{9,16})(?![\w-])/gi;

/** The kernel's addresses become made-up ones, the same for the same. */
export function scrubAddresses(text: string, aliases: Aliases): string {
  return text.replace(WIDE, (match, prefix: string | undefined, digits: string) => {
    if (/^0{7}/.test(digits) && digits.length === 16) return match;
    return (prefix ?? '') + aliases.address(digits.toLowerCase());
  });
}
