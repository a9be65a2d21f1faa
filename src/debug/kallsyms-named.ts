import { attempt } from '../base/attempt.ts';
import { CorruptError, MemoryFault } from '../base/errors.ts';
import type { Addr } from '../base/units.ts';
import type { AddressSpace } from '../memory/address-space.ts';
import type { Program } from '../program/program.ts';
import { ExportedSymbols } from './exported-symbols.ts';
import { KallsymsAddresses } from './kallsyms-addresses.ts';
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
export function namedTables(prog: Program): FoundKallsyms | undefined {
  const { memory, vmcoreinfo: info } = prog;
  const names = info.symbol('kallsyms_names');
  const num = info.symbol('kallsyms_num_syms');
  const tokenTable = info.symbol('kallsyms_token_table');
  const tokenIndex = info.symbol('kallsyms_token_index');
  const offsets = info.symbol('kallsyms_offsets');
  const addresses = offsets ?? info.symbol('kallsyms_addresses');
  if (!names || !num || !tokenTable || !tokenIndex || !addresses) return undefined;
  const base = info.symbol('kallsyms_relative_base');
  const places = { names, tokenTable, tokenIndex, addresses, offsets, base };
  const count = attempt(() => memory.u32(num));
  if (count !== undefined) return tablesOf(prog, places, count);
  for (const possible of countsBetween(offsets, base)) {
    const found = tablesOf(prog, places, possible);
    const last = attempt(() => found.names.name(possible - 1).letter) ?? '?';
    if (/[a-z]/i.test(last)) return found;
  }
  throw new MemoryFault(num, 'not-in-dump');
}

interface Places {
  readonly names: Addr;
  readonly tokenTable: Addr;
  readonly tokenIndex: Addr;
  readonly addresses: Addr;
  readonly offsets: Addr | undefined;
  readonly base: Addr | undefined;
}

function tablesOf(prog: Program, places: Places, count: number): FoundKallsyms {
  const { memory } = prog;
  const { names, tokenTable, tokenIndex, addresses, offsets, base } = places;
  if (count === 0 || count > MAX_SYMBOLS) throw new CorruptError(names, `kallsyms_num_syms ${count} is not plausible`);
  const between = tokenTable - names;
  const namesLimit = between > 0n && between < BigInt(MAX_NAMES) ? Number(between) : Math.min(count * 64, MAX_NAMES);
  const tokens = readTokens(memory, tokenTable, tokenIndex);
  const relativeBase = base === undefined ? 0n : attempt(() => memory.ulong(base));
  let encoding: KallsymsEncoding = offsets === undefined ? 'absolute' : 'place';
  // Offsets from the base are never negative; --absolute-percpu makes all but the per-CPU symbols negative.
  if (offsets !== undefined && base !== undefined) {
    encoding = lastOffset(memory, offsets, count) < 0 ? 'base-percpu' : 'base';
  }
  const known = { count, encoding, addresses, names, namesLimit, tokenTable, tokenIndex };
  const found = findNeighbours(memory, { ...known, relativeBase: relativeBase ?? 0n }, tokens);
  return relativeBase === undefined ? withBase(prog, found, base as Addr) : found;
}

/** What the number of offsets may be: they end where the base stands, aligned to 8 bytes. */
function countsBetween(offsets: Addr | undefined, base: Addr | undefined): number[] {
  if (offsets === undefined || base === undefined || base <= offsets) return [];
  const most = Number((base - offsets) / 4n);
  return most > MAX_SYMBOLS ? [] : [most, most - 1];
}

/** The last of the offsets that is in the dump; only its sign matters. @throws MemoryFault */
function lastOffset(memory: AddressSpace, offsets: Addr, count: number): number {
  const at = (i: number): number => memory.i32(offsets + BigInt(i * 4));
  for (const share of [1, 15 / 16, 3 / 4, 1 / 2]) {
    const last = attempt(() => at(Math.max(0, Math.floor(count * share) - 1)));
    if (last !== undefined) return last;
  }
  return at(count - 1);
}

/** Functions of every kernel that modules may call. */
const EXPORTED = ['kfree', 'schedule', 'vfs_fsync', 'complete', 'down_read'];

/** `kallsyms_relative_base` where it is not in the dump: by a symbol whose address is known without it. */
function withBase(prog: Program, found: FoundKallsyms, base: Addr): FoundKallsyms {
  const { memory, vmcoreinfo } = prog;
  const unmoved = new KallsymsAddresses(memory, found.tables);
  const moved = (name: string, address: Addr | undefined): FoundKallsyms | undefined => {
    const i = address === undefined ? undefined : attempt(() => found.names.find(name));
    const distance = i === undefined ? undefined : attempt(() => unmoved.address(i));
    if (address === undefined || distance === undefined) return undefined;
    return { ...found, tables: { ...found.tables, relativeBase: BigInt.asUintN(64, address - distance) } };
  };
  for (const name of ['_stext', 'init_uts_ns', 'swapper_pg_dir']) {
    const known = moved(name, vmcoreinfo.symbol(name));
    if (known) return known;
  }
  const exported = attempt(() => ExportedSymbols.find(prog));
  for (const name of EXPORTED) {
    const known = moved(name, exported?.find(name));
    if (known) return known;
  }
  throw new MemoryFault(base, 'not-in-dump');
}
