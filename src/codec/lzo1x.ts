import type { Bytes } from '../base/units.ts';

/**
 * Decodes one LZO1X block; returns the bytes written. Instruction set: the kernel's Documentation/staging/lzo.rst
 * (bitstream version 0, which is what makedumpfile and QEMU write).
 * @throws RangeError on damage: input or output overrun, a distance before the start, no end marker
 */
export function decodeLzo1x(input: Uint8Array, output: Uint8Array): Bytes {
  const inEnd = input.length;
  const outEnd = output.length;
  let ip = 0;
  let op = 0;
  /** Literals that the last instruction copied: 0 to 3, or 4 for "4 or more". */
  let state = 0;

  const first = input[0];
  if (first === undefined) throw new RangeError('LZO: empty block');
  if (first > 17) {
    const n = first - 17;
    if (1 + n > inEnd || n > outEnd) throw new RangeError('LZO: first literals overrun');
    ip = 1;
    while (op < n) output[op++] = input[ip++] as number;
    state = n < 4 ? n : 4;
  }

  for (;;) {
    if (ip >= inEnd) throw new RangeError('LZO: input ends without its end marker');
    const t = input[ip++] as number;
    let length: number;
    let distance: number;
    let literals: number;
    if (t < 16) {
      if (state === 0) {
        // A run of at least 4 literals.
        let n = t + 3;
        if (t === 0) {
          n = 18;
          while (input[ip] === 0) {
            n += 255;
            ip++;
          }
          n += input[ip++] ?? Infinity;
        }
        if (ip + n > inEnd || op + n > outEnd) throw new RangeError('LZO: literals overrun');
        for (const end = op + n; op < end; ) output[op++] = input[ip++] as number;
        state = 4;
        continue;
      }
      literals = t & 3;
      const high = input[ip++] ?? Infinity;
      if (state === 4) {
        length = 3;
        distance = (high << 2) + (t >> 2) + 2049;
      } else {
        length = 2;
        distance = (high << 2) + (t >> 2) + 1;
      }
      if (ip > inEnd) throw new RangeError('LZO: input ends inside a match');
    } else if (t >= 64) {
      literals = t & 3;
      length = (t >> 5) + 1;
      distance = ((input[ip++] ?? 0) << 3) + ((t >> 2) & 7) + 1;
      if (ip > inEnd) throw new RangeError('LZO: input ends inside a match');
    } else {
      const mask = t >= 32 ? 31 : 7;
      length = (t & mask) + 2;
      if (length === 2) {
        length = mask + 2;
        while (input[ip] === 0) {
          length += 255;
          ip++;
        }
        length += input[ip++] ?? Infinity;
      }
      if (ip + 2 > inEnd) throw new RangeError('LZO: input ends inside a match');
      const word = (input[ip] as number) | ((input[ip + 1] as number) << 8);
      ip += 2;
      literals = word & 3;
      if (t >= 32) distance = (word >> 2) + 1;
      else {
        distance = ((t & 8) << 11) + (word >> 2) + 16384;
        if (distance === 16384) {
          if (length !== 3) throw new RangeError('LZO: damaged end marker');
          return op;
        }
      }
    }
    let from = op - distance;
    if (from < 0) throw new RangeError('LZO: distance before the start');
    if (op + length > outEnd) throw new RangeError('LZO: match overruns the output');
    if (distance >= 64 && length >= 64 && distance >= length) {
      output.copyWithin(op, from, from + length);
      op += length;
    } else for (const end = op + length; op < end; ) output[op++] = output[from++] as number;
    if (literals > 0) {
      if (ip + literals > inEnd || op + literals > outEnd) throw new RangeError('LZO: literals overrun');
      for (const end = op + literals; op < end; ) output[op++] = input[ip++] as number;
    }
    state = literals;
  }
}
