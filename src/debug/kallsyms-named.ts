import { CorruptError } from '../base/errors.ts';
import type { AddressSpace } from '../memory/address-space.ts';
import type { Vmcoreinfo } from '../program/vmcoreinfo.ts';
import { findNeighbours } from './kallsyms-neighbours.ts';
import type { FoundKallsyms, KallsymsEncoding } from './kallsyms-tables.ts';
import { readTokens } from './kallsyms-tokens.ts';

/** kallsyms_seqs_of_names holds 24-bit numbers; no kernel has near as many symbols. */
const MAX_SYMBOLS = 1 << 24;
const MAX_NAMES = 1 << 26;

/**
 * The tables as VMCOREINFO names them (Linux commit 5fd8fea935a1, v6.0), or `undefined` when it does not.
 * @throws CorruptError, MemoryFault
 */
export function namedTables(memory: AddressSpace, info: Vmcoreinfo): FoundKallsyms | undefined {
  const names = info.symbol('kallsyms_names');
  const num = info.symbol('kallsyms_num_syms');
  const tokenTable = info.symbol('kallsyms_token_table');
  const tokenIndex = info.symbol('kallsyms_token_index');
  const offsets = info.symbol('kallsyms_offsets');
  const addresses = offsets ?? info.symbol('kallsyms_addresses');
  if (!names || !num || !tokenTable || !tokenIndex || !addresses) return undefined;
  const count = memory.u32(num);
  if (count === 0 || count > MAX_SYMBOLS) throw new CorruptError(num, `kallsyms_num_syms ${count} is not plausible`);
  const between = tokenTable - names;
  const namesLimit = between > 0n && between < BigInt(MAX_NAMES) ? Number(between) : Math.min(count * 64, MAX_NAMES);
  const tokens = readTokens(memory, tokenTable, tokenIndex);
  const base = info.symbol('kallsyms_relative_base');
  const relativeBase = base === undefined ? 0n : memory.ulong(base);
  let encoding: KallsymsEncoding = offsets === undefined ? 'absolute' : 'place';
  if (offsets !== undefined && base !== undefined) {
    // Offsets from the base are never negative; --absolute-percpu makes all but the per-CPU symbols negative.
    encoding = memory.i32(offsets + BigInt((count - 1) * 4)) < 0 ? 'base-percpu' : 'base';
  }
  const named = { count, encoding, addresses, relativeBase, names, namesLimit, tokenTable, tokenIndex };
  return findNeighbours(memory, named, tokens);
}
