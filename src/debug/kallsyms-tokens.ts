import { CorruptError } from '../base/errors.ts';
import type { Addr } from '../base/units.ts';
import type { AddressSpace } from '../memory/address-space.ts';

/** Longest token table there can be: the index holds u16 offsets, and no name is longer than KSYM_NAME_LEN (512). */
const MAX_TABLE = 0x10000 + 512;
const INDEX_SIZE = 512;

/** The 256 strings that a byte of a compressed symbol name stands for. Source: scripts/kallsyms.c, `write_src`. */
export interface KallsymsTokens {
  readonly bytes: Uint8Array;
  /** Start of each token in `bytes`. */
  readonly starts: Uint16Array;
  readonly lengths: Uint16Array;
}

/**
 * `kallsyms_token_table` and `kallsyms_token_index` at known places; where the index is not in the dump, the strings alone
 * tell it. @throws CorruptError, MemoryFault
 */
export function readTokens(memory: AddressSpace, table: Addr, index: Addr): KallsymsTokens {
  const raw = new Uint8Array(INDEX_SIZE);
  const known = memory.tryRead(index, raw) === undefined;
  const last = known ? indexEntry(raw, 255, memory.littleEndian) : 0;
  // The index follows the table in every layout, so what lies between them is the table.
  const between = index - table;
  const size = between > last && between <= MAX_TABLE ? Number(between) : last + 512;
  const tokens = parseTokens(memory.bytes(table, size), known ? raw : undefined, memory.littleEndian);
  if (!tokens) throw new CorruptError(table, 'kallsyms_token_table does not agree with kallsyms_token_index');
  return tokens;
}

/** 256 NUL-terminated strings that start where the index says, or `undefined` when these are none. */
function parseTokens(
  bytes: Uint8Array,
  index: Uint8Array | undefined,
  littleEndian: boolean,
): KallsymsTokens | undefined {
  const starts = new Uint16Array(256);
  const lengths = new Uint16Array(256);
  let at = 0;
  for (let i = 0; i < 256; i++) {
    if (index && indexEntry(index, i, littleEndian) !== at) return undefined;
    const end = bytes.indexOf(0, at);
    if (end < 0 || end - at > 512) return undefined;
    starts[i] = at;
    lengths[i] = end - at;
    at = end + 1;
  }
  return { bytes: bytes.subarray(0, at), starts, lengths };
}

function indexEntry(index: Uint8Array, i: number, littleEndian: boolean): number {
  const a = index[i * 2] as number;
  const b = index[i * 2 + 1] as number;
  return littleEndian ? a | (b << 8) : (a << 8) | b;
}

/** Size in bytes of the 256 strings at the start of `bytes`, or `undefined` when they do not end there. */
export function tokenTableSize(bytes: Uint8Array): number | undefined {
  let at = 0;
  for (let i = 0; i < 256; i++) {
    at = bytes.indexOf(0, at) + 1;
    if (at === 0) return undefined;
  }
  return at;
}
