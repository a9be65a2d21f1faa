import type { Bytes } from '../base/units.ts';

/**
 * Decodes one raw snappy block; returns the bytes written. Source: google/snappy, format_description.txt.
 * @throws RangeError on damage: input or output overrun, an offset before the start, a length that is not kept
 */
export function decodeSnappy(input: Uint8Array, output: Uint8Array): Bytes {
  const inEnd = input.length;
  let ip = 0;
  let size = 0;
  for (let shift = 0; ; shift += 7) {
    const b = input[ip++];
    if (b === undefined || shift > 28) throw new RangeError('snappy: damaged length');
    size += (b & 0x7f) * 2 ** shift;
    if (b < 0x80) break;
  }
  if (size > output.length) throw new RangeError('snappy: block is larger than its room');
  let op = 0;
  while (ip < inEnd) {
    const tag = input[ip++] as number;
    const kind = tag & 3;
    let length = tag >> 2;
    if (kind === 0) {
      if (length >= 60) {
        const extra = length - 59;
        if (ip + extra > inEnd) throw new RangeError('snappy: input ends inside a length');
        length = 0;
        for (let i = 0; i < extra; i++) length += (input[ip + i] as number) * 2 ** (8 * i);
        ip += extra;
      }
      length++;
      if (ip + length > inEnd || op + length > size) throw new RangeError('snappy: literals overrun');
      if (length > 64) {
        output.set(input.subarray(ip, ip + length), op);
        ip += length;
        op += length;
      } else for (const end = op + length; op < end; ) output[op++] = input[ip++] as number;
      continue;
    }
    const bytes = kind === 3 ? 4 : kind;
    if (ip + bytes > inEnd) throw new RangeError('snappy: input ends inside a copy');
    let offset: number;
    if (kind === 1) {
      offset = ((tag & 0xe0) << 3) | (input[ip] as number);
      length = ((tag >> 2) & 7) + 4;
    } else {
      offset = (input[ip] as number) | ((input[ip + 1] as number) << 8);
      if (kind === 3) offset += (input[ip + 2] as number) * 0x10000 + (input[ip + 3] as number) * 0x1000000;
      length++;
    }
    ip += bytes;
    if (offset === 0 || offset > op) throw new RangeError('snappy: offset before the start');
    if (op + length > size) throw new RangeError('snappy: copy overruns the output');
    for (let from = op - offset, end = op + length; op < end; ) output[op++] = output[from++] as number;
  }
  if (op !== size) throw new RangeError('snappy: block is shorter than it says');
  return op;
}
