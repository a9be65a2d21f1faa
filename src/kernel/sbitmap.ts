import { CorruptError } from '../base/errors.ts';
import { addrAdd } from '../base/u64.ts';
import type { Addr, Bytes } from '../base/units.ts';
import type { Program } from '../program/program.ts';
import { KernelStruct } from './kernel-struct.ts';

/** More bits than any queue of a real kernel; BLK_MQ_MAX_DEPTH is 10240. */
const MAX_DEPTH = 1 << 24;

/** A `struct sbitmap`: a bitmap that is spread over cache lines. */
export interface Sbitmap {
  /** Bits. */
  readonly depth: number;
  /** log2 of the bits that one word holds. */
  readonly shift: number;
  /** Words. */
  readonly mapCount: number;
  /** `struct sbitmap_word *` */
  readonly map: Addr;
  readonly words: readonly SbitmapWord[];
}

export interface SbitmapWord {
  /** Bits of this word that count: all, fewer in the last one. */
  readonly depth: number;
  /** Bits that were set. */
  readonly word: bigint;
  /** Bits of them that were given back but not yet taken out of `word`. */
  readonly cleared: bigint;
}

/**
 * @param at `struct sbitmap *`
 * @throws NotFoundError MemoryFault CorruptError
 */
export function sbitmap(prog: Program, at: Addr): Sbitmap {
  const { memory } = prog;
  const u32 = (member: string): number => memory.u32(addrAdd(at, prog.offset('sbitmap', member)));
  const depth = u32('depth');
  const shift = u32('shift');
  const mapCount = u32('map_nr');
  if (depth > MAX_DEPTH) throw new CorruptError(at, `sbitmap: depth ${depth} exceeds ${MAX_DEPTH}`);
  if (shift > 6) throw new CorruptError(at, `sbitmap: shift ${shift} exceeds 6`);
  if (mapCount !== Math.ceil(depth / 2 ** shift)) {
    throw new CorruptError(at, `sbitmap: ${mapCount} words of ${2 ** shift} bits for ${depth} bits`);
  }
  const map = memory.ulong(addrAdd(at, prog.offset('sbitmap', 'map')));
  return { depth, shift, mapCount, map, words: words(prog, map, depth, shift, mapCount) };
}

function words(prog: Program, map: Addr, depth: number, shift: number, count: number): SbitmapWord[] {
  const size = prog.type('sbitmap_word').size;
  // commit 3301bc53358a ("lib/sbitmap: kill 'depth' from sbitmap_word", v5.18): the last word has what is left
  const own = prog.findMember('sbitmap_word', 'depth');
  const word = prog.offset('sbitmap_word', 'word');
  const cleared = prog.findMember('sbitmap_word', 'cleared'); // commit ea86ea2cdced ("sbitmap: ammortize cost of clearing bits", v5.0)
  const raw = new KernelStruct(prog, size);
  const out: SbitmapWord[] = [];
  const whole = 2 ** shift;
  for (let i = 0; i < count; i++) {
    const place = addrAdd(map, i * size);
    prog.memory.read(place, raw.bytes);
    const bits = own ? raw.long(own.offset) : Math.min(whole, depth - i * whole);
    if (bits < 0 || bits > whole) throw new CorruptError(place, `sbitmap word: depth ${bits} exceeds ${whole}`);
    out.push({ depth: bits, word: raw.pointer(word), cleared: cleared ? raw.pointer(cleared.offset) : 0n });
  }
  return out;
}

/** Numbers of the bits that are set and not given back, ascending. */
export function sbitmapSetBits(bitmap: Sbitmap): number[] {
  const bits: number[] = [];
  bitmap.words.forEach(({ depth, word, cleared }, i) => {
    const set = word & ~cleared;
    for (let bit = 0; bit < depth; bit++) if ((set >> BigInt(bit)) & 1n) bits.push(i * 2 ** bitmap.shift + bit);
  });
  return bits;
}

/** A place in which tasks wait for a free bit. */
export interface SbitmapWaiters {
  /** `wait_cnt`; absent since commit 4f8126bb2308 ("sbitmap: Use single per-bitmap counting ...", v6.2). */
  readonly count: number | undefined;
  readonly active: boolean;
}

/** A `struct sbitmap_queue`: an sbitmap whose users wait for free bits. What a kernel lacks is undefined. */
export interface SbitmapQueue {
  readonly bitmap: Sbitmap;
  /** Where each possible CPU looks first. */
  readonly allocHints: readonly number[];
  readonly wakeBatch: number;
  readonly wakeIndex: number;
  readonly waitersActive: number | undefined;
  readonly waiters: readonly SbitmapWaiters[];
  readonly roundRobin: boolean;
  readonly minShallowDepth: number | undefined;
}

const WAIT_QUEUES = 8; // SBQ_WAIT_QUEUES, include/linux/sbitmap.h

/**
 * @param at `struct sbitmap_queue *` @param cpuOffsets what is added to a per-CPU address, for each possible CPU
 * @throws NotFoundError MemoryFault CorruptError
 */
export function sbitmapQueue(prog: Program, at: Addr, cpuOffsets: readonly bigint[]): SbitmapQueue {
  const { memory } = prog;
  const place = (member: string): Addr | undefined => {
    const found = prog.findMember('sbitmap_queue', member);
    return found && addrAdd(at, found.offset);
  };
  const number = (member: string): number | undefined => {
    const found = place(member);
    return found === undefined ? undefined : memory.u32(found);
  };
  // Both moved to struct sbitmap: commits c548e62bcf6a ("scsi: sbitmap: Move allocation hint into sbitmap") and
  // efe1f3a1d583 ("scsi: sbitmap: Maintain allocation round_robin in sbitmap"), v5.13.
  const hint = place('sb.alloc_hint') ?? place('alloc_hint');
  const roundRobin = place('sb.round_robin') ?? place('round_robin');
  const hints = hint === undefined ? 0n : memory.ulong(hint);
  return {
    bitmap: sbitmap(prog, addrAdd(at, prog.offset('sbitmap_queue', 'sb'))),
    allocHints: hints === 0n ? [] : cpuOffsets.map((offset) => memory.u32(addrAdd(hints, offset))),
    wakeBatch: number('wake_batch') ?? 0,
    wakeIndex: number('wake_index') ?? 0,
    waitersActive: number('ws_active'),
    waiters: waiters(prog, memory.ulong(addrAdd(at, prog.offset('sbitmap_queue', 'ws')))),
    roundRobin: roundRobin !== undefined && memory.u8(roundRobin) !== 0,
    minShallowDepth: number('min_shallow_depth'),
  };
}

function waiters(prog: Program, table: Addr): SbitmapWaiters[] {
  const size: Bytes = prog.type('sbq_wait_state').size;
  const count = prog.findMember('sbq_wait_state', 'wait_cnt');
  const head = prog.offset('sbq_wait_state', 'wait') + prog.offset('wait_queue_head', 'head');
  const out: SbitmapWaiters[] = [];
  for (let i = 0; i < WAIT_QUEUES; i++) {
    const at = addrAdd(table, i * size);
    const list = addrAdd(at, head);
    out.push({
      count: count && prog.memory.i32(addrAdd(at, count.offset)),
      active: prog.memory.ulong(list) !== list,
    });
  }
  return out;
}
