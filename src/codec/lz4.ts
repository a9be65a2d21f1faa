import type { Bytes } from '../base/units.ts';

/**
 * Decodes one raw LZ4 block into `output` from `start` on; what stands before `start` is history that matches may reach into.
 * Returns the bytes written. Source: LZ4 block format description (lz4/lz4, doc/lz4_Block_format.md).
 * @throws RangeError on damage: input or output overrun, an offset before the start
 */
export function decodeLz4(input: Uint8Array, output: Uint8Array, start: number = 0): Bytes {
  const inEnd = input.length;
  let ip = 0;
  let op = start;
  const length = (nibble: number): number => {
    let n = nibble;
    if (nibble < 15) return n;
    for (;;) {
      const b = input[ip++];
      if (b === undefined) throw new RangeError('lz4: input ends inside a length');
      n += b;
      if (b < 255) return n;
    }
  };
  while (ip < inEnd) {
    const token = input[ip++] as number;
    const literals = length(token >> 4);
    if (ip + literals > inEnd || op + literals > output.length) throw new RangeError('lz4: literals overrun');
    output.set(input.subarray(ip, ip + literals), op);
    ip += literals;
    op += literals;
    if (ip === inEnd) break; // the last sequence has literals only
    if (ip + 2 > inEnd) throw new RangeError('lz4: input ends inside an offset');
    const offset = (input[ip] as number) | ((input[ip + 1] as number) << 8);
    ip += 2;
    const match = length(token & 15) + 4;
    if (offset === 0 || offset > op) throw new RangeError('lz4: offset before the start');
    if (op + match > output.length) throw new RangeError('lz4: match overruns the output');
    for (let from = op - offset, end = op + match; op < end; ) output[op++] = output[from++] as number;
  }
  return op - start;
}
