/**
 * A plain encoder of snappy's raw format (google/snappy format_description.txt): literals, and copies found through a
 * hash of four bytes.
 */
export function snappyEncode(input: Uint8Array): Buffer {
  const out: number[] = [];
  let n = input.length;
  for (; n > 0x7f; n >>>= 7) out.push((n & 0x7f) | 0x80);
  out.push(n);
  const seen = new Int32Array(4096).fill(-1);
  let from = 0;
  let at = 0;
  while (at + 4 <= input.length) {
    const hash = (Math.imul(word(input, at), 0x1e35a7bd) >>> 20) & 4095;
    const before = seen[hash] as number;
    seen[hash] = at;
    if (before < 0 || at - before > 0xffff || word(input, before) !== word(input, at)) {
      at += 1;
      continue;
    }
    literal(out, input, from, at);
    let length = 4;
    while (at + length < input.length && input[before + length] === input[at + length]) length += 1;
    copy(out, at - before, length);
    at += length;
    from = at;
  }
  literal(out, input, from, input.length);
  return Buffer.from(out);
}

function word(b: Uint8Array, at: number): number {
  return ((b[at] ?? 0) | ((b[at + 1] ?? 0) << 8) | ((b[at + 2] ?? 0) << 16) | ((b[at + 3] ?? 0) << 24)) >>> 0;
}

function literal(out: number[], input: Uint8Array, from: number, to: number): void {
  const last = to - from - 1;
  if (last < 0) return;
  if (last < 60) out.push(last << 2);
  else if (last < 0x100) out.push(60 << 2, last);
  else out.push(61 << 2, last & 0xff, last >> 8);
  for (let i = from; i < to; i += 1) out.push(input[i] ?? 0);
}

/** Elements of at most 64 bytes; short and near ones have a shorter form. */
function copy(out: number[], distance: number, length: number): void {
  let left = length;
  while (left > 0) {
    const n = Math.min(left, 64);
    if (n >= 4 && n <= 11 && distance < 2048) out.push(1 | ((n - 4) << 2) | ((distance >> 8) << 5), distance & 0xff);
    else out.push(2 | ((n - 1) << 2), distance & 0xff, distance >> 8);
    left -= n;
  }
}
