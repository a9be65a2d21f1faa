import { attempt } from '../base/attempt.ts';
import { asciiBytes, indexOfBytes } from '../base/text.ts';
import type { Addr } from '../base/units.ts';
import type { AddressSpace } from '../memory/address-space.ts';
import type { Vmcoreinfo } from '../program/vmcoreinfo.ts';
import { findNeighbours } from './kallsyms-neighbours.ts';
import { mayBeBase } from './kallsyms-shape.ts';
import { skipNames } from './kallsyms-stream.ts';
import type { FoundKallsyms, KallsymsEncoding } from './kallsyms-tables.ts';
import { type KallsymsTokens, readTokens } from './kallsyms-tokens.ts';
import { LazyTable } from './lazy-table.ts';

const IMAGE_LIMIT = 128 << 20;
const BLOCK = 1 << 16;
const MAX_TABLE = 1 << 16;
const TOKENS = 256;
/** Letters that occur in names stand for themselves, so the digits follow each other; '0' is token 0x30. */
const DIGITS = asciiBytes('0\u00001\u00002\u00003\u00004\u00005\u00006\u00007\u00008\u00009\u0000');
const FIRST_DIGIT = 0x30;
const MAX_MARKERS = 1 << 16;
/** Names behind the last marker: fewer than 256, of some tens of bytes. */
const MAX_TAIL = 256 * 128;
/** Bytes of 256 names. */
const LEAST_STEP = 256 * 2;
const MOST_STEP = 256 * 128;

/**
 * The tables of a kernel of v6.4 and newer whose VMCOREINFO is lost: the tokens are found by the digits among them, and the
 * others by their places beside the tokens: count, names, markers before them, offsets behind (scripts/kallsyms.c,
 * `write_src`). Every table is checked against the others.
 */
export function tablesAroundTokens(memory: AddressSpace, info: Vmcoreinfo): FoundKallsyms | undefined {
  const start = info.symbol('_stext') ?? info.symbol('_text');
  if (start === undefined) return undefined;
  const block = new Uint8Array(BLOCK + DIGITS.length);
  for (let offset = 0; offset < IMAGE_LIMIT; offset += BLOCK) {
    const at = (start & ~0xfffn) + BigInt(offset);
    if (memory.readWhatIsThere(at, block) === 0) continue;
    for (let i = indexOfBytes(block, DIGITS); i >= 0; i = indexOfBytes(block, DIGITS, i + 1)) {
      const found = attempt(() => tablesAt(memory, at + BigInt(i)));
      if (found) return found;
    }
  }
  return undefined;
}

/** @param digits where the token '0' stands @throws AnalysisError when that is no token */
function tablesAt(memory: AddressSpace, digits: Addr): FoundKallsyms | undefined {
  const bytes = new Uint8Array(MAX_TABLE);
  memory.readWhatIsThere(digits, bytes);
  let end = 0;
  for (let token = FIRST_DIGIT; token < TOKENS; token++) end = bytes.indexOf(0, end) + 1;
  for (const alignment of [4n, 8n]) {
    const tokenIndex = (digits + BigInt(end) + alignment - 1n) & -alignment;
    const tokenTable = digits - BigInt(memory.u16(tokenIndex + BigInt(FIRST_DIGIT * 2)));
    const tokens = attempt(() => readTokens(memory, tokenTable, tokenIndex));
    const names = tokens && namesBefore(memory, tokenTable);
    if (!tokens || !names) continue;
    const found = withAddresses(memory, { ...names, tokenTable, tokenIndex }, tokens, alignment);
    if (found) return found;
  }
  return undefined;
}

interface Names {
  readonly count: number;
  readonly names: Addr;
  readonly namesLimit: number;
}

/** The names whose markers end, but for padding, at `end`. */
function namesBefore(memory: AddressSpace, end: Addr): Names | undefined {
  for (const pad of [0n, 4n]) {
    const markers = markersBefore(memory, end - pad);
    if (!markers) continue;
    const { at, entries, second, last } = markers;
    // Nothing tells how long the names behind the last marker are; the count stands before the first.
    for (let tail = 4; tail < MAX_TAIL; tail += 4) {
      const names = at - BigInt(Math.ceil(last / 4) * 4 + tail);
      for (const before of [4n, 8n]) {
        const count = attempt(() => memory.u32(names - before)) ?? 0;
        if (Math.ceil(count / 256) !== entries) continue;
        const namesLimit = Number(at - names);
        const stream = new LazyTable(memory, names, namesLimit);
        if (attempt(() => skipNames(stream, 0, 256)) === second) return { count, names, namesLimit };
      }
    }
  }
  return undefined;
}

/** The ascending offsets that end at `end`, back to the first, which is 0. */
function markersBefore(memory: AddressSpace, end: Addr) {
  let last = attempt(() => memory.u32(end - 4n)) ?? 0;
  const greatest = last;
  let second = last;
  for (let entries = 1; entries < MAX_MARKERS && last > 0; entries++) {
    const before = attempt(() => memory.u32(end - BigInt((entries + 1) * 4)));
    if (before === undefined || last - before < LEAST_STEP || last - before > MOST_STEP) return undefined;
    second = last;
    last = before;
    if (last === 0) {
      return { at: end - BigInt((entries + 1) * 4), entries: entries + 1, second, last: greatest };
    }
  }
  return undefined;
}

/** The addresses behind the tokens: relative to their own places since v7.0, to a base behind them before. */
function withAddresses(
  memory: AddressSpace,
  known: Names & { readonly tokenTable: Addr; readonly tokenIndex: Addr },
  tokens: KallsymsTokens,
  alignment: bigint,
): FoundKallsyms | undefined {
  const addresses = (known.tokenIndex + BigInt(TOKENS * 2) + alignment - 1n) & -alignment;
  const { count } = known;
  const samples = Array.from({ length: 16 }, (_, i) => Math.floor((i * (count - 1)) / 15));
  const values = samples.map((i) => memory.i32(addresses + BigInt(i * 4)));
  const ascends = (row: readonly number[]): boolean => row.every((v, i) => i === 0 || v >= (row[i - 1] as number));
  const complete = (encoding: KallsymsEncoding, relativeBase: Addr): FoundKallsyms =>
    findNeighbours(memory, { ...known, addresses, encoding, relativeBase }, tokens);
  const base = (addresses + BigInt(count * 4) + 7n) & ~7n;
  const relativeBase = attempt(() => memory.ulong(base)) ?? 0n;
  if (mayBeBase(memory, relativeBase) && (relativeBase & 0xfffn) === 0n) {
    if ((values.at(-1) as number) < 0) return complete('base-percpu', relativeBase);
    if (ascends(values)) return complete('base', relativeBase);
  }
  const wide = samples.map((i) => attempt(() => memory.u64(addresses + BigInt(i * 8))) ?? 0n);
  const isWide =
    wide.every((v, i) => i === 0 || v >= (wide[i - 1] as bigint)) && (wide.at(-1) as bigint) >> 48n === 0xffffn;
  if (isWide) return complete('absolute', 0n);
  return ascends(values.map((v, i) => v + (samples[i] as number) * 4)) ? complete('place', 0n) : undefined;
}
