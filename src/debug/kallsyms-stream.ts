import type { LazyTable } from './lazy-table.ts';

/**
 * Position `n` names after the one at `at` in the stream of compressed names. A length is a ULEB128 of one or two
 * bytes (two since Linux commit 73bbb94466fd, v6.1; before, no name was so long that it mattered).
 * @throws CorruptError when the stream ends before, MemoryFault
 */
export function skipNames(names: LazyTable, at: number, n: number): number {
  const { bytes, size } = names;
  let ready = at;
  for (; n > 0; n--) {
    if (at >= ready) ready = names.page(at);
    const b = bytes[at] as number;
    if (b >= 0x80 && at + 1 >= ready) ready = names.page(at + 1);
    at += b < 0x80 ? b + 1 : ((b & 0x7f) | ((bytes[at + 1] as number) << 7)) + 2;
    if (at > size || b === 0) throw names.corrupt(Math.min(at, size), `symbol names end early, ${n} are missing`);
  }
  return at;
}
