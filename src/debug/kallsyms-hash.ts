import type { KallsymsTokens } from './kallsyms-tokens.ts';
import type { LostRanges } from './lost-ranges.ts';

/** Multiplier of the polynomial hash; odd, so that no information is lost modulo 2^32. */
const M = 0x01000193;

/** Hash of a text; the same whether computed letter by letter or token by token. */
export function hashText(text: Uint8Array): number {
  let h = 0;
  for (let i = 0; i < text.length; i++) h = (Math.imul(h, M) + (text[i] as number)) | 0;
  return h >>> 0;
}

/** The compressed names, and what is known about where they are. */
export interface NameStream {
  readonly bytes: Uint8Array;
  readonly lost: LostRanges;
  /** Where the names of a block of 256 begin, where a table tells. */
  startOf(block: number): number | undefined;
}

/**
 * One pass over the compressed names: a hash of each name without its letter, and where every 256th name starts. No
 * name is expanded: a token contributes `h * M^length + hash(token)`. Damage ends a block of 256 early, and the pass where
 * nothing tells where the next begins; the names that are left keep the hash 0.
 */
export function hashNames(
  stream: NameStream,
  count: number,
  tokens: KallsymsTokens,
): { readonly hashes: Uint32Array; readonly markers: Uint32Array } {
  const { bytes: names, lost } = stream;
  const { multiply, add, addFirst } = tokenHashes(tokens);
  const hashes = new Uint32Array(count);
  const markers = new Uint32Array(Math.ceil(count / 256));
  let at = 0;
  for (let i = 0; i < count; i++) {
    if ((i & 0xff) === 0) {
      at = stream.startOf(i >>> 8) ?? at;
      markers[i >>> 8] = at;
    }
    const begin = at;
    let left = names[at++] as number;
    if (left >= 0x80) left = (left & 0x7f) | ((names[at++] as number) << 7);
    const end = at + left;
    if (left === 0 || end > names.length || (!lost.empty && lost.touches(begin, end))) {
      if (stream.startOf((i >>> 8) + 1) === undefined) return { hashes, markers };
      i |= 0xff;
      continue;
    }
    const first = names[at++] as number;
    let h = addFirst[first] as number;
    while (at < end) {
      const token = names[at++] as number;
      h = (Math.imul(h, multiply[token] as number) + (add[token] as number)) | 0;
    }
    hashes[i] = h;
  }
  return { hashes, markers };
}

function tokenHashes(tokens: KallsymsTokens) {
  const multiply = new Int32Array(256);
  const add = new Int32Array(256);
  const addFirst = new Int32Array(256);
  for (let t = 0; t < 256; t++) {
    const start = tokens.starts[t] as number;
    const end = start + (tokens.lengths[t] as number);
    let m = 1;
    for (let i = start; i < end; i++) m = Math.imul(m, M);
    multiply[t] = m;
    add[t] = hashText(tokens.bytes.subarray(start, end));
    addFirst[t] = hashText(tokens.bytes.subarray(Math.min(start + 1, end), end));
  }
  return { multiply, add, addFirst };
}
