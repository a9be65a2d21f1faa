import type { Bytes } from '../../base/units.ts';

/** Entries that are kept. */
const MAX_ENTRIES = 0x400000;
const FIRST_ROOM = 0x4000;

/** What a saved table must be of to be taken: it says nothing about any other file. */
export interface SavedOf {
  /** Sizes of .debug_info and .debug_str. */
  readonly infoSize: Bytes;
  readonly stringsSize: Bytes;
}

/** A saved table begins with these words; the second tells the layout and the machine's byte order. */
const MAGIC = 0x4d414e49;
const LAYOUT = 0x01020302;
const HEADER = 8;

/** Entries by the hash of their names, as columns; entries of one hash are chained, the newest first. */
export class NameTable {
  #hashes: Uint32Array = new Uint32Array(FIRST_ROOM);
  #offsets: Float64Array | Uint32Array = new Float64Array(FIRST_ROOM);
  #tags: Uint8Array = new Uint8Array(FIRST_ROOM);
  #older = new Int32Array(FIRST_ROOM);
  /** By the low bits of the hash: number of the newest entry, counted from 1. */
  #newest = new Int32Array(FIRST_ROOM);
  #count = 0;
  /** A table that was loaded is in the order of the hashes and has no chains. */
  #loaded = false;

  get count(): number {
    return this.#count;
  }

  /** Whether nothing can be added any more. */
  get full(): boolean {
    return this.#loaded || this.#count >= MAX_ENTRIES;
  }

  /** @param hash 32 bits @param tag below 256 */
  add(hash: number, tag: number, offset: Bytes): void {
    if (this.full) return;
    if (this.#count === this.#hashes.length) this.#grow();
    const i = this.#count++;
    this.#hashes[i] = hash;
    this.#tags[i] = tag;
    this.#offsets[i] = offset;
    const slot = hash & (this.#newest.length - 1);
    this.#older[i] = this.#newest[slot] as number;
    this.#newest[slot] = i + 1;
  }

  /** First entry of a hash, or the next one behind entry `after`; -1 when there is none. */
  find(hash: number, after = -1): number {
    if (this.#loaded) return this.#sortedFind(hash, after);
    let i = after < 0 ? (this.#newest[hash & (this.#newest.length - 1)] as number) : (this.#older[after] as number);
    while (i > 0 && this.#hashes[i - 1] !== hash >>> 0) i = this.#older[i - 1] as number;
    return i - 1;
  }

  #sortedFind(hash: number, after: number): number {
    let i = after - 1;
    if (after < 0) {
      let low = 0;
      let high = this.#count;
      while (low < high) {
        const middle = (low + high) >>> 1;
        if ((this.#hashes[middle] as number) <= hash) low = middle + 1;
        else high = middle;
      }
      i = low - 1;
    }
    return i >= 0 && this.#hashes[i] === hash ? i : -1;
  }

  tag(i: number): number {
    return this.#tags[i] as number;
  }

  offset(i: number): Bytes {
    return this.#offsets[i] as number;
  }

  #grow(): void {
    const room = this.#hashes.length * 2;
    this.#hashes = widened(this.#hashes, new Uint32Array(room));
    this.#offsets = widened(this.#offsets, new Float64Array(room));
    this.#tags = widened(this.#tags, new Uint8Array(room));
    this.#chain(room);
  }

  /** Builds the chains anew, with room for as many entries. */
  #chain(room: number): void {
    const older = new Int32Array(room);
    const newest = new Int32Array(room);
    const hashes = this.#hashes;
    const mask = room - 1;
    for (let i = 0, n = this.#count; i < n; i++) {
      const slot = (hashes[i] as number) & mask;
      older[i] = newest[slot] as number;
      newest[slot] = i + 1;
    }
    this.#older = older;
    this.#newest = newest;
  }

  // ---- between runs

  /** The table as bytes that `load` takes. Undefined where offsets exceed 32 bits. */
  save(of: SavedOf): Uint8Array | undefined {
    if (of.infoSize > 0xffffffff) return undefined;
    const n = this.#count;
    const out = new Uint8Array(HEADER * 4 + n * 9);
    const head = new Uint32Array(out.buffer, 0, HEADER);
    head.set([MAGIC, LAYOUT, n, of.infoSize, of.stringsSize]);
    const order = Uint32Array.from({ length: n }, (_, i) => i);
    const hashes = this.#hashes;
    order.sort((a, b) => (hashes[a] as number) - (hashes[b] as number) || a - b);
    const offsets = new Uint32Array(out.buffer, HEADER * 4, n);
    const sorted = new Uint32Array(out.buffer, HEADER * 4 + n * 4, n);
    order.forEach((from, to) => {
      offsets[to] = this.#offsets[from] as number;
      sorted[to] = hashes[from] as number;
      out[HEADER * 4 + n * 8 + to] = this.#tags[from] as number;
    });
    return out;
  }

  /** Takes what `save` made of the same file; false when it is anything else. Whoever reads an entry checks it. */
  load(bytes: Uint8Array, of: SavedOf): boolean {
    if (this.#count > 0 || bytes.length < HEADER * 4) return false;
    const own = bytes.byteOffset % 4 === 0 ? bytes : Uint8Array.from(bytes);
    const [magic, layout, n = 0, info, strings] = new Uint32Array(own.buffer, own.byteOffset, HEADER);
    if (magic !== MAGIC || layout !== LAYOUT || info !== of.infoSize || strings !== of.stringsSize) return false;
    if (n > MAX_ENTRIES || own.length !== HEADER * 4 + n * 9) return false;
    this.#offsets = new Uint32Array(own.buffer, own.byteOffset + HEADER * 4, n);
    this.#hashes = new Uint32Array(own.buffer, own.byteOffset + HEADER * 4 + n * 4, n);
    this.#tags = own.subarray(HEADER * 4 + n * 8);
    this.#count = n;
    this.#loaded = true;
    return true;
  }
}

function widened<T extends { set(from: ArrayLike<number>): void }>(from: ArrayLike<number>, into: T): T {
  into.set(from);
  return into;
}
