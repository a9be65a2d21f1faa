import type { FaultReason } from '../base/errors.ts';
import { hi32, lo32 } from '../base/u64.ts';
import type { Addr, PhysAddr } from '../base/units.ts';
import type { Translate, Translation } from './address-space.ts';
import type { Chunk, PhysicalMemory } from './physical.ts';

/** One level of a page table: it is indexed by `bits` bits of the address from bit `shift` up. */
export interface PagingLevel {
  readonly shift: number;
  readonly bits: number;
}

/** The page tables of a CPU as data and two questions about an entry, which comes as two unsigned 32-bit halves. */
export interface PagingFormat {
  /** Root first. Entries are 8 bytes. */
  readonly levels: readonly PagingLevel[];
  /** Entries are big-endian. */
  readonly bigEndian?: true;
  /** Physical address in the entry: of the next table or of the mapped memory; -1 when it is not present. */
  next(lo: number, hi: number, level: number): PhysAddr;
  /** Whether an entry above the last level maps memory itself (a huge page). */
  isLeaf(lo: number, hi: number, level: number): boolean;
  /**
   * Bytes that the entry maps together with its neighbours, which then say the same, where that is more than the level's
   * own. Absent: entries stand for themselves.
   */
  span?(lo: number, hi: number, level: number): number | undefined;
}

const CACHED = 64;
const GRANULE = 4096;

/**
 * A walker over the tables below `root`. It looks at the bits that the levels name and at nothing above them: whether an
 * address is canonical is the caller's question. A walk reads one entry a level, so no table can make it run on.
 */
export function pageWalker(memory: PhysicalMemory, format: PagingFormat, root: PhysAddr): Translate {
  const { levels } = format;
  const last = levels.length - 1;
  const little = !format.bigEndian;
  const tags = new Float64Array(CACHED).fill(-1);
  const chunks: (Chunk | undefined)[] = new Array(CACHED);

  /** The chunk of memory that holds the entry at `at`, kept by its 4 KiB granule. */
  function chunkAt(at: PhysAddr): Chunk | FaultReason {
    const granule = Math.floor(at / GRANULE);
    const slot = granule % CACHED;
    if (tags[slot] === granule) return chunks[slot] as Chunk;
    const chunk = memory.chunk(granule * GRANULE);
    if (typeof chunk === 'string') return chunk;
    tags[slot] = granule;
    chunks[slot] = chunk;
    return chunk;
  }

  return function walk(at: Addr): Translation | FaultReason {
    const lo = lo32(at);
    const hi = hi32(at);
    let table = root;
    for (let level = 0; level <= last; level++) {
      const { shift, bits } = levels[level] as PagingLevel;
      const entry = table + bitsOf(lo, hi, shift, bits) * 8;
      const chunk = chunkAt(entry);
      if (typeof chunk === 'string') return chunk;
      const off = entry - chunk.start;
      if (off + 8 > chunk.bytes.length) return 'truncated';
      const entryLo = chunk.view.getUint32(little ? off : off + 4, little);
      const entryHi = chunk.view.getUint32(little ? off + 4 : off, little);
      const next = format.next(entryLo, entryHi, level);
      if (next < 0) return 'unmapped';
      if (level === last || format.isLeaf(entryLo, entryHi, level)) {
        const size = format.span?.(entryLo, entryHi, level) ?? 2 ** shift;
        const inside = lowBits(lo, hi, Math.log2(size));
        return { phys: next - (next % size) + inside, size: size - inside };
      }
      table = next;
    }
    return 'unmapped';
  };
}

/** `bits` (at most 16) bits of the 64-bit value from bit `shift` up. */
function bitsOf(lo: number, hi: number, shift: number, bits: number): number {
  const mask = (1 << bits) - 1;
  if (shift >= 32) return (hi >>> (shift - 32)) & mask;
  if (shift + bits <= 32) return (lo >>> shift) & mask;
  return ((hi << (32 - shift)) | (lo >>> shift)) & mask;
}

/** The value of the low `n` (at most 52) bits. */
function lowBits(lo: number, hi: number, n: number): number {
  if (n <= 31) return lo & ((1 << n) - 1);
  return (hi & (n >= 63 ? 0x7fffffff : 2 ** (n - 32) - 1)) * 0x100000000 + lo;
}

/** Whether a walk ended at a table that the dump does not hold: then it says nothing of the mapping. */
export function isMissing(where: Translation | FaultReason): boolean {
  return typeof where === 'string' && where !== 'unmapped';
}

/** One entry that a walk read. */
export interface WalkStep {
  /** Of the entry, from the root's 0. */
  readonly level: number;
  readonly at: PhysAddr;
  readonly entry: bigint;
}

/** The entries that lead from `root` to `at`, and where they end: what `vtop` shows. */
export function walkSteps(
  memory: PhysicalMemory,
  format: PagingFormat,
  root: PhysAddr,
  at: Addr,
): { readonly steps: readonly WalkStep[]; readonly end: Translation | FaultReason } {
  const steps: WalkStep[] = [];
  const word = new DataView(new ArrayBuffer(8));
  let table = root;
  for (let level = 0; level < format.levels.length; level++) {
    const { shift, bits } = format.levels[level] as PagingLevel;
    const place = table + bitsOf(lo32(at), hi32(at), shift, bits) * 8;
    const fault = memory.read(place, new Uint8Array(word.buffer));
    if (fault) return { steps, end: fault };
    const value = word.getBigUint64(0, !format.bigEndian);
    steps.push({ level, at: place, entry: value });
    const [lo, hi] = [lo32(value), hi32(value)];
    const next = format.next(lo, hi, level);
    if (next < 0) return { steps, end: 'unmapped' };
    if (level === format.levels.length - 1 || format.isLeaf(lo, hi, level)) {
      const size = format.span?.(lo, hi, level) ?? 2 ** shift;
      const inside = lowBits(lo32(at), hi32(at), Math.log2(size));
      return { steps, end: { phys: next - (next % size) + inside, size: size - inside } };
    }
    table = next;
  }
  return { steps, end: 'unmapped' };
}

/**
 * A walker over tables that lead from `root` to `at` no longer, because the dump lacks a page of them or has zeros there, as
 * files with holes do; to the second, nothing is unmapped. Undefined of tables that say something.
 */
export function lostWalker(
  memory: PhysicalMemory,
  format: PagingFormat,
  root: PhysAddr,
  at: Addr,
): Translate | undefined {
  const walk = pageWalker(memory, format, root);
  const where = walk(at);
  if (isMissing(where)) return walk;
  const last = where === 'unmapped' ? walkSteps(memory, format, root, at).steps.at(-1) : undefined;
  if (!last || !isHole(memory, last.at)) return undefined;
  return (any) => {
    const there = walk(any);
    return there === 'unmapped' ? 'corrupt' : there;
  };
}

/** Whether the page around `at` is zeros. */
function isHole(memory: PhysicalMemory, at: PhysAddr): boolean {
  const page = new Uint8Array(GRANULE);
  return memory.read(at - (at % GRANULE), page) === undefined && page.every((byte) => byte === 0);
}

const MOST_ENTRIES = 200_000;

/** Memory that one entry maps. */
export interface Mapped {
  readonly at: Addr;
  readonly phys: PhysAddr;
  readonly size: number;
}

/**
 * The lowest address in `[from, to)` that the tables below `root` map, by reading the tables in order. Tables that cannot
 * be read count as empty; after 200,000 entries the search ends without an answer, so that no table can make it run on.
 * @param accept whether a mapping is the one that is looked for; the first will do when absent
 */
export function firstMapped(
  memory: PhysicalMemory,
  format: PagingFormat,
  root: PhysAddr,
  from: Addr,
  to: Addr,
  accept: (mapped: Mapped) => boolean = () => true,
): Mapped | undefined {
  const { levels } = format;
  const little = !format.bigEndian;
  let left = MOST_ENTRIES;
  const search = (table: PhysAddr, level: number, base: Addr): Mapped | undefined => {
    const { shift, bits } = levels[level] as PagingLevel;
    const first = from > base ? Number((from - base) >> BigInt(shift)) : 0;
    let chunk: Chunk | FaultReason | undefined;
    for (let i = first; i < 2 ** bits && left > 0; i++) {
      left--;
      if (chunk === undefined || i % 512 === 0) chunk = memory.chunk(table + i * 8);
      const off = typeof chunk === 'string' ? 0 : table + i * 8 - chunk.start;
      if (typeof chunk === 'string' || off + 8 > chunk.bytes.length) {
        i = Math.floor(i / 512) * 512 + 511; // the rest of this page is not there either
        continue;
      }
      const lo = chunk.view.getUint32(little ? off : off + 4, little);
      const hi = chunk.view.getUint32(little ? off + 4 : off, little);
      const next = format.next(lo, hi, level);
      if (next < 0) continue;
      const at = base + (BigInt(i) << BigInt(shift));
      if (at >= to) return undefined;
      if (level === levels.length - 1 || format.isLeaf(lo, hi, level)) {
        const mapped = { at, phys: next - (next % 2 ** shift), size: 2 ** shift };
        if (accept(mapped)) return mapped;
        continue;
      }
      const found = search(next, level + 1, at);
      if (found) return found;
    }
    return undefined;
  };
  const top = levels[0] as PagingLevel;
  const covered = BigInt(top.shift + top.bits);
  return search(root, 0, (from >> covered) << covered);
}
