import type { Bytes } from '../base/units.ts';

/** Memory that a file may state without having it: this much, and this many times its own size. */
const LEAST: Bytes = 0x1000000000;
const TIMES = 64;

/**
 * How much of the memory that a file states is believed. A filtered or cut dump has only a part of it; but one number with
 * a wrong bit can state more than any machine has, and whoever looks through all memory would not come to an end.
 * @param fileSize of the file that states it
 * @returns a function that takes a range's stated size, and how much of it the file has, and gives the size to use
 */
export function believableSizes(fileSize: Bytes): (stated: Bytes, held: Bytes) => Bytes {
  let left = LEAST + TIMES * fileSize;
  return (stated, held) => {
    const absent = Math.max(0, stated - Math.max(0, held));
    const believed = Math.min(absent, left);
    left -= believed;
    return stated - absent + believed;
  };
}
