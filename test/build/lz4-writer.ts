/** One LZ4 block: matches of runs, literals otherwise; enough to use every kind of length. */
export function encodeLz4(bytes: Uint8Array): Uint8Array {
  const out: number[] = [];
  let from = 0;
  for (let at = 1; at + 12 < bytes.length; ) {
    let run = 0;
    while (at + run + 5 < bytes.length && bytes[at + run] === bytes[at - 1]) run++;
    if (run < 4) {
      at++;
      continue;
    }
    sequence(out, bytes.subarray(from, at), run);
    at += run;
    from = at;
    at++;
  }
  sequence(out, bytes.subarray(from), 0);
  return Uint8Array.from(out);
}

function sequence(out: number[], literals: Uint8Array, match: number): void {
  const high = Math.min(15, literals.length);
  const low = match === 0 ? 0 : Math.min(15, match - 4);
  out.push(high * 16 + low);
  if (high === 15) more(out, literals.length - 15);
  out.push(...literals);
  if (match === 0) return;
  out.push(1, 0);
  if (low === 15) more(out, match - 4 - 15);
}

function more(out: number[], rest: number): void {
  let left = rest;
  for (; left >= 255; left -= 255) out.push(255);
  out.push(left);
}
