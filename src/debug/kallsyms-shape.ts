import { AnalysisError } from '../base/errors.ts';
import type { Addr } from '../base/units.ts';
import type { AddressSpace } from '../memory/address-space.ts';
import type { Vmcoreinfo } from '../program/vmcoreinfo.ts';
import { KallsymsNames } from './kallsyms-names.ts';
import { skipNames } from './kallsyms-stream.ts';
import type { FoundKallsyms, KallsymsEncoding, KallsymsTables } from './kallsyms-tables.ts';
import { readTokens, tokenTableSize } from './kallsyms-tokens.ts';
import { LazyTable } from './lazy-table.ts';

const PAGE = 4096;
/** No kernel image is larger; what lies behind a hole in the mapping is not looked at. */
const IMAGE_LIMIT = 64 << 20;
/** A column of n symbols is hit by a sample every 4n bytes: 32768, 8192, 2048 symbols. */
const STRIDES = [128 << 10, 32 << 10, 8 << 10];
/** Between two sections of an image may lie megabytes without a symbol; on the symbols of a page, less. */
const MAX_STEP = 64 << 20;
const MAX_SPAN = 16 << 20;
const MAX_SYMBOLS = 1 << 24;
const MAX_NAMES = 1 << 26;
/** Other columns of ascending numbers in an image: very few. */
const MAX_COLUMNS = 64;

/** How an ascending column of addresses looks in memory: s32 going down, s32 going up, or u64 going up. */
type Column = 'down' | 'up' | 'wide';

/**
 * The tables of a kernel whose VMCOREINFO does not name them (before v6.0), found in its image: the column of addresses
 * is the only long run of close, ascending numbers, and the order of what follows is fixed (relative base, count, names,
 * markers, [seqs,] tokens, index; scripts/kallsyms.c, `write_src`). Every table is checked against the others.
 */
export function shapedTables(memory: AddressSpace, info: Vmcoreinfo): FoundKallsyms | undefined {
  const start = info.symbol('_stext') ?? info.symbol('_text');
  if (start === undefined) return undefined;
  const tried: { readonly from: Addr; readonly end: Addr }[] = [];
  for (const stride of STRIDES) {
    for (let offset = 0; offset < IMAGE_LIMIT; offset += stride) {
      const at = (start & ~0xfffn) + BigInt(offset);
      if (tried.some((range) => at >= range.from && at < range.end)) continue;
      const column = sample(memory, at);
      if (column === undefined) continue;
      const end = columnEnd(memory, at, column);
      const found = tablesAfter(memory, end, column);
      if (found) return found;
      tried.push({ from: at, end });
      if (tried.length >= MAX_COLUMNS) return undefined;
    }
  }
  return undefined;
}

/** What kind of address column the page at `at` is part of, if any. */
function sample(memory: AddressSpace, at: Addr): Column | undefined {
  const page = new Uint8Array(PAGE);
  if (memory.tryRead(at, page)) return undefined;
  const view = new DataView(page.buffer);
  const kinds: readonly Column[] = ['down', 'up', 'wide'];
  return kinds.find((kind) => {
    const width = kind === 'wide' ? 8 : 4;
    const first = value(view, 0, kind, memory.littleEndian);
    const last = value(view, PAGE - width, kind, memory.littleEndian);
    // Distinct symbols are some bytes apart on average.
    const span = last - first;
    return span > PAGE / width && span < MAX_SPAN && runLength(view, 0, PAGE, kind, memory.littleEndian) === PAGE;
  });
}

/** Element of a column as a number that ascends; NaN for what cannot be one. */
function value(view: DataView, at: number, kind: Column, littleEndian: boolean): number {
  if (kind === 'down') return -view.getInt32(at, littleEndian);
  if (kind === 'up') return view.getInt32(at, littleEndian);
  const high = view.getUint32(at + (littleEndian ? 4 : 0), littleEndian);
  if (high < 0xffff0000) return Number.NaN;
  return (high - 0xffff0000) * 0x100000000 + view.getUint32(at + (littleEndian ? 0 : 4), littleEndian);
}

/** Position after the last element of the run of close, ascending elements that starts at `from`. */
function runLength(view: DataView, from: number, to: number, kind: Column, littleEndian: boolean): number {
  const width = kind === 'wide' ? 8 : 4;
  let previous = value(view, from, kind, littleEndian);
  let at = from + width;
  for (; at + width <= to; at += width) {
    const next = value(view, at, kind, littleEndian);
    if (!(next >= previous && next - previous < MAX_STEP)) break;
    previous = next;
  }
  return at;
}

/** Address after the last element of the column that the page at `at` is part of. */
function columnEnd(memory: AddressSpace, at: Addr, kind: Column): Addr {
  const width = kind === 'wide' ? 8 : 4;
  const block = new Uint8Array(16 * PAGE + width);
  const view = new DataView(block.buffer);
  let from = at;
  // In strides as long as the column goes on; its end then is near.
  const stride = BigInt(16 * PAGE);
  for (let done = 0; done < MAX_SYMBOLS * width && sample(memory, from + stride) === kind; done += 16 * PAGE)
    from += stride;
  for (let done = 0; done < MAX_SYMBOLS * width; done += 16 * PAGE) {
    let size = block.length;
    if (memory.tryRead(from, block)) {
      size = PAGE;
      if (memory.tryRead(from, block.subarray(0, PAGE))) break;
    }
    const run = runLength(view, 0, size, kind, memory.littleEndian);
    if (run < size) return from + BigInt(run);
    from += BigInt(size - width); // the last element again, as the first of the next block
  }
  return from;
}

/** The tables behind a column that ends about `end`, each checked; `undefined` when they are none. */
function tablesAfter(memory: AddressSpace, end: Addr, kind: Column): FoundKallsyms | undefined {
  const aligned = align(end);
  // The words behind the column may happen to look like one more element.
  for (const slack of [0n, 8n, 16n]) {
    try {
      const found = chain(memory, aligned - slack, kind);
      if (found) return found;
    } catch (e) {
      if (!(e instanceof AnalysisError)) throw e;
    }
  }
  return undefined;
}

/** The image begins in the last part of the address space, or (s390x) wherever it is mapped. */
export function mayBeBase(memory: AddressSpace, at: Addr): boolean {
  return at >> 48n === 0xffffn || typeof memory.translate(at) !== 'string';
}

/** The tables behind a column that ends before `behind` at most by padding. @throws AnalysisError when they are none */
function chain(memory: AddressSpace, behind: Addr, kind: Column): FoundKallsyms | undefined {
  const relative = kind !== 'wide';
  const num = relative ? behind + 8n : behind;
  const word = memory.ulong(num); // 4 bytes of it count, in older kernels all 8
  const upper = memory.littleEndian ? 0n : word >> 32n;
  const count = Number(upper || word & 0xffffffffn);
  const relativeBase = relative ? memory.u64(behind) : 0n;
  if (count < 256 || count > MAX_SYMBOLS || (relative && !mayBeBase(memory, relativeBase))) return undefined;
  const names = num + 8n;
  const stream = new LazyTable(memory, names, Math.min(count * 64, MAX_NAMES));
  const second = skipNames(stream, 0, 256);
  const namesLimit = skipNames(stream, second, count - 256);
  const markers = align(names + BigInt(namesLimit));
  const markerWidth = widthOfMarkers(memory, markers, second);
  if (markerWidth === undefined) return undefined;
  const encoding: KallsymsEncoding = kind === 'wide' ? 'absolute' : kind === 'down' ? 'base-percpu' : 'base';
  const addresses = behind - align(BigInt(count * (relative ? 4 : 8)));
  return tokensBehind(memory, { count, encoding, addresses, relativeBase, names, namesLimit, markers, markerWidth });
}

/** The first marker is 0 and the second is where the 256th name starts. */
function widthOfMarkers(memory: AddressSpace, markers: Addr, second: number): 4 | 8 | undefined {
  if (memory.u32(markers) !== 0) return undefined;
  if (memory.u32(markers + 4n) === second) return 4;
  return memory.u64(markers + 8n) === BigInt(second) ? 8 : undefined;
}

type WithoutTokens = Omit<KallsymsTables, 'tokenTable' | 'tokenIndex' | 'seqsOfNames'>;

/** The token tables, right behind the markers or behind the list sorted by name. */
function tokensBehind(memory: AddressSpace, known: WithoutTokens): FoundKallsyms | undefined {
  const { count, markers, markerWidth } = known;
  const end = align((markers as Addr) + BigInt(Math.ceil(count / 256) * markerWidth));
  for (const seqsOfNames of [undefined, end]) {
    const tokenTable = seqsOfNames === undefined ? end : align(end + BigInt(count * 3));
    const tokenIndex = indexBehind(memory, tokenTable);
    if (tokenIndex === undefined) continue;
    try {
      const tokens = readTokens(memory, tokenTable, tokenIndex);
      const tables: KallsymsTables = { ...known, tokenTable, tokenIndex, seqsOfNames };
      const names = new KallsymsNames(memory, tables, tokens);
      if (seqsOfNames === undefined || names.seqsLookSorted()) return { tables, names };
    } catch (e) {
      if (!(e instanceof AnalysisError)) throw e;
    }
  }
  return undefined;
}

/** Tables before v7.0 are aligned to 8 bytes. */
function align(at: bigint): bigint {
  return (at + 7n) & ~7n;
}

/** Where the token index must be when a token table starts at `at`. */
function indexBehind(memory: AddressSpace, at: Addr): Addr | undefined {
  const bytes = new Uint8Array(PAGE);
  memory.readWhatIsThere(at, bytes);
  const size = tokenTableSize(bytes);
  return size === undefined ? undefined : align(at + BigInt(size));
}
