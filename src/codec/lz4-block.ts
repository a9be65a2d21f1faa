import type { Bytes } from '../base/units.ts';

const MIN_MATCH = 4;

/**
 * Decodes one LZ4 block; returns the bytes written. Source: lz4_Block_format.md of the LZ4 project.
 * @throws RangeError on damage: input or output overrun, a distance before the start
 */
export function decodeLz4Block(input: Uint8Array, output: Uint8Array): Bytes {
  let ip = 0;
  let op = 0;
  const length = (start: number): number => {
    let total = start;
    if (start < 15) return total;
    for (;;) {
      const more = input[ip++];
      if (more === undefined) throw new RangeError('LZ4: a length is cut');
      total += more;
      if (more !== 255) return total;
    }
  };
  while (ip < input.length) {
    const token = input[ip++] as number;
    const literals = length(token >> 4);
    if (ip + literals > input.length || op + literals > output.length) throw new RangeError('LZ4: literals overrun');
    output.set(input.subarray(ip, ip + literals), op);
    ip += literals;
    op += literals;
    if (ip === input.length) return op; // the last sequence has no match
    const distance = (input[ip] as number) | ((input[ip + 1] ?? 0) << 8);
    ip += 2;
    if (ip > input.length || distance === 0 || distance > op) throw new RangeError('LZ4: a match before the start');
    const match = length(token & 15) + MIN_MATCH;
    if (op + match > output.length) throw new RangeError('LZ4: a match overruns');
    for (let end = op + match; op < end; op++) output[op] = output[op - distance] as number;
  }
  throw new RangeError('LZ4: input ends behind a match');
}
