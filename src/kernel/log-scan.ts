import type { PhysAddr } from '../base/units.ts';
import type { PhysicalMemory } from '../memory/physical.ts';

/** Where the members of `struct printk_info` are that a scan needs. */
export interface InfoShape {
  readonly size: number;
  readonly sequence: number;
  readonly time: number;
  readonly length: number;
}

/**
 * A block of the text ring: the id of its descriptor, then text. The first id is minus the number of descriptors in 62 bits,
 * in older kernels in 32 (DESC0_ID, kernel/printk/printk_ringbuffer.h).
 */
export interface TextBlock {
  readonly id: bigint;
  /** Of the text, behind the id. */
  readonly at: PhysAddr;
  /** Of the text with its padding. */
  readonly room: number;
}

/** Blocks that follow each other. */
export interface TextChain {
  readonly blocks: readonly TextBlock[];
  /** Their ids are those of a ring; small numbers may be anything. */
  readonly sure: boolean;
}

/** A header of a record. */
export interface InfoPlace {
  readonly sequence: bigint;
  readonly at: PhysAddr;
}

export interface LogPieces {
  readonly chains: readonly TextChain[];
  readonly infos: readonly InfoPlace[];
}

const PAGE = 4096;
const BLOCK = 1 << 18;
const OVERLAP = 8192;
/** 16 GiB in blocks. */
const MOST_BLOCKS = 1 << 16;
/** Text of one record: LOG_LINE_MAX and PRINTKRB_RECORD_MAX are 1024 (kernel/printk/printk.c), dumps of old records more. */
const MOST_TEXT = 2048;
/** So many pieces in a row are no accident. */
const CHAIN = 4;
/** The same of small numbers, which are everywhere. */
const LONG_CHAIN = 12;
const MOST_PIECES = 1 << 20;
const ID_MASK = (1n << 62n) - 1n;
/** Records since boot: numbers beyond this are not looked for. */
const MOST_SEQUENCE = 1 << 28;

/**
 * Pieces of a lockless log ring, found by what they look like in physical memory: blocks of text whose ids count up, and
 * headers whose sequence numbers do. Reads all of memory.
 */
export function findLogPieces(memory: PhysicalMemory, little: boolean, info: InfoShape | undefined): LogPieces {
  const scan = new Scan(memory, little, info);
  let left = MOST_BLOCKS;
  for (const range of [...memory.ranges(), ...(memory.unplaced?.() ?? [])]) {
    for (let at = range.start; at < range.end && left > 0; at += BLOCK, left--) {
      scan.block(at, Math.min(BLOCK, range.end - at), Math.min(BLOCK + OVERLAP, range.end - at));
    }
  }
  return scan;
}

class Scan implements LogPieces {
  readonly chains: TextChain[] = [];
  readonly infos: InfoPlace[] = [];
  readonly #memory: PhysicalMemory;
  readonly #little: boolean;
  readonly #info: InfoShape | undefined;
  readonly #bytes = new Uint8Array(BLOCK + OVERLAP);
  readonly #view = new DataView(this.#bytes.buffer);
  /** Physical addresses up to which pieces were taken already. */
  #doneText = 0;
  #doneMaybe = 0;
  #doneInfo = 0;
  #pieces = 0;

  constructor(memory: PhysicalMemory, little: boolean, info: InfoShape | undefined) {
    this.#memory = memory;
    this.#little = little;
    this.#info = info;
  }

  /** Looks at what begins in `size` bytes at `at`; `room` bytes are there to look at. */
  block(at: PhysAddr, size: number, room: number): void {
    if (!this.#load(at, room) || this.#pieces > MOST_PIECES) return;
    const view = this.#view;
    const hiAt = this.#little ? 4 : 0;
    const infoSize = this.#info?.size ?? OVERLAP;
    for (let i = 0; i + 16 <= size; i += 8) {
      const hi = view.getUint32(i + hiAt, this.#little);
      if (hi > 1 && hi !== 0x3fffffff) continue;
      const lo = view.getUint32(i + 4 - hiAt, this.#little);
      if (hi !== 1 && lo > 0xff000000) this.#takeBlocks(at, i, room, CHAIN);
      else if (lo === 0 && hi === 0) {
        if (infoSize < OVERLAP && view.getUint32(i + infoSize + 4 - hiAt, this.#little) === 1)
          this.#takeInfos(at, i, room);
      } else if (lo < MOST_SEQUENCE) {
        const taken = hi !== 0x3fffffff && this.#takeBlocks(at, i, room, hi === 1 ? CHAIN : LONG_CHAIN);
        if (!taken && hi === 0) this.#takeInfos(at, i, room);
      }
    }
  }

  /** Fills the window; what is missing is zero. Whether anything is there. */
  #load(at: PhysAddr, size: number): boolean {
    const part = this.#bytes.subarray(0, size);
    if (this.#memory.read(at, part) === undefined) return true;
    let any = false;
    for (let off = 0; off < size; off += PAGE) {
      const page = part.subarray(off, Math.min(off + PAGE, size));
      if (this.#memory.read(at + off, page) === undefined) any = true;
      else page.fill(0);
    }
    return any;
  }

  /** A chain of text blocks from `i` on, as far as the window goes; whether there is one. */
  #takeBlocks(base: PhysAddr, i: number, room: number, least: number): boolean {
    const done = least === CHAIN ? this.#doneText : Math.max(this.#doneText, this.#doneMaybe);
    if (base + i < done || !isText(this.#bytes[i + 8] as number)) return false;
    const found: TextBlock[] = [];
    let at = i;
    while (at >= 0 && at + 16 <= room) {
      const id = this.#view.getBigUint64(at, this.#little) & ID_MASK;
      const next = this.#nextBlock(at, id, room);
      if (next < 0) break;
      found.push({ id, at: base + at + 8, room: next - at - 8 });
      at = next;
    }
    if (found.length < least) return false;
    // the last one ends where its text does
    const id = this.#view.getBigUint64(at, this.#little) & ID_MASK;
    let end = at + 8;
    while (end < room && end < at + MOST_TEXT && isText(this.#bytes[end] as number)) end++;
    if (end > at + 8 && end < room) found.push({ id, at: base + at + 8, room: end - at - 8 });
    const fresh = found.filter((b) => b.at >= done);
    this.chains.push({ blocks: fresh, sure: least === CHAIN });
    this.#pieces += fresh.length;
    if (least === CHAIN) this.#doneText = base + at;
    else this.#doneMaybe = base + at;
    return true;
  }

  /** Where the block behind the one at `at` begins: the next id, up to a few later, behind text. */
  #nextBlock(at: number, id: bigint, room: number): number {
    const end = Math.min(at + 8 + MOST_TEXT, room - 16);
    for (let next = at + 16; next <= end; next += 8) {
      const other = this.#view.getBigUint64(next, this.#little) & ID_MASK;
      const step = (other - id) & ID_MASK;
      if (step > 0n && step <= 4n) return next;
      if (!isText(this.#bytes[next - 8] as number)) return -1;
    }
    return -1;
  }

  #takeInfos(base: PhysAddr, i: number, room: number): void {
    const shape = this.#info;
    if (!shape || base + i < this.#doneInfo) return;
    const found: InfoPlace[] = [];
    let time = 0n;
    let at = i - shape.sequence;
    if (at < 0) return;
    for (; at + shape.size <= room; at += shape.size) {
      const sequence = this.#view.getBigUint64(at + shape.sequence, this.#little);
      const when = this.#view.getBigUint64(at + shape.time, this.#little);
      const length = this.#view.getUint16(at + shape.length, this.#little);
      const last = found.at(-1);
      if ((last && sequence !== last.sequence + 1n) || when < time || when >> 62n !== 0n || length > MOST_TEXT) break;
      found.push({ sequence, at: base + at });
      time = when;
    }
    if (found.length < CHAIN || time === 0n) return;
    this.infos.push(...found);
    this.#pieces += found.length;
    this.#doneInfo = base + at;
  }
}

/** Printable, a tab or a newline, or part of a character beyond ASCII. */
function isText(byte: number): boolean {
  return (byte >= 0x20 && byte !== 0x7f) || byte === 9 || byte === 10;
}
