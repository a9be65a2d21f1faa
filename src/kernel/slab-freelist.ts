import { hex } from '../base/hex.ts';
import { hi32, lo32 } from '../base/u64.ts';
import type { Addr } from '../base/units.ts';
import type { Program } from '../program/program.ts';
import { KernelStruct } from './kernel-struct.ts';
import type { SlabCache } from './slab-cache.ts';

/** What an object of a slab is, one byte an object in `SlabObjects.states`. */
export const OBJECT_ALLOCATED = 0;
/** On the free list of its slab. */
export const OBJECT_FREE = 1;
/** On the free list of the CPU that owns the slab. */
export const OBJECT_CPU_FREE = 2;
/** In a sheaf of a CPU or a node: free, while the slab counts it as allocated. */
export const OBJECT_SHEAF = 3;

const MAX_SLAB = 1 << 27;

/** One free list of a slab, followed. */
export interface FreeChain {
  /** Objects by index, in their order. */
  readonly indices: readonly number[];
  /** Why it ends other than with NULL. */
  readonly why?: string;
  /** The object that the list comes back to. */
  readonly cycle?: number;
  /** A pointer that leads to no object, decoded, and the object that holds it; absent there for the head itself. */
  readonly bad?: { readonly value: Addr; readonly index?: number };
}

/**
 * The objects of one slab at a time: its memory is copied once, and the lists through its free objects are followed in
 * the copy. Reused from slab to slab.
 */
export class SlabObjects {
  readonly cache: SlabCache;
  readonly #prog: Program;
  readonly #little: boolean;
  #memory: KernelStruct;
  #hardening: 'plain' | 'xor' | 'swabbed' | undefined;
  #base = 0n;
  #baseLo = 0;
  #baseHi = 0;
  #count = 0;
  #unread: string | undefined;
  #states = new Uint8Array(64);

  constructor(prog: Program, cache: SlabCache) {
    this.#prog = prog;
    this.cache = cache;
    this.#little = prog.arch.littleEndian;
    this.#memory = new KernelStruct(prog, 0);
    if (cache.random === 0n) this.#hardening = 'plain';
  }

  get count(): number {
    return this.#count;
  }

  /** A state an object; valid until the next `open`. */
  get states(): Uint8Array {
    return this.#states.subarray(0, this.#count);
  }

  /** Address of object `index`, as its users have it. */
  address(index: number): Addr {
    return this.#base + BigInt(this.cache.leftPad + index * this.cache.size);
  }

  /** Index of the object that `at` lies in; undefined when it lies in none. */
  indexOf(at: Addr): number | undefined {
    const inside = Number(at - this.#base) - this.cache.leftPad;
    const index = Math.floor(inside / this.cache.size);
    return inside >= 0 && index < this.#count ? index : undefined;
  }

  /** Takes the slab at `base`. @param count its objects @returns why it cannot be that */
  open(base: Addr, count: number): string | undefined {
    const { size } = this.cache;
    const bytes = count * size;
    this.#count = 0;
    if (size === 0 || bytes > MAX_SLAB) return `${count} objects of ${size} bytes cannot be`;
    const { leftPad, freePointer } = this.cache;
    if (leftPad + freePointer + 8 > size) return `free pointers at ${freePointer} of ${size} bytes cannot be`;
    if (this.#memory.bytes.length < bytes) this.#memory = new KernelStruct(this.#prog, bytes);
    if (this.#states.length < count) this.#states = new Uint8Array(count);
    this.#states.fill(OBJECT_ALLOCATED, 0, count);
    this.#base = base;
    this.#baseLo = lo32(base);
    this.#baseHi = hi32(base);
    this.#count = count;
    this.#unread = 'not read';
    return undefined;
  }

  /** Reads the slab's memory when a list first asks for it: a slab without free objects is never read. */
  #read(): string | undefined {
    if (this.#unread !== 'not read') return this.#unread;
    const bytes = this.#memory.bytes.subarray(0, this.#count * this.cache.size);
    this.#unread = undefined;
    if (this.#prog.memory.tryRead(this.#base, bytes) === undefined) return undefined;
    if (this.#prog.memory.readWhatIsThere(this.#base, bytes) === 0)
      this.#unread = 'the memory of the slab is not there';
    return this.#unread;
  }

  /**
   * Marks the objects of the free list that begins at `first`.
   * @returns how many it holds, and why it ends other than with NULL
   */
  mark(first: Addr, state: number): { readonly count: number; readonly why?: string } {
    let index = this.#indexAt(lo32(first), hi32(first));
    if (first === 0n) return { count: 0 };
    if (index < 0) return { count: 0, why: `invalid freepointer: ${hex(first)}` };
    const unread = this.#read();
    if (unread) return { count: 0, why: unread };
    const states = this.#states;
    for (let count = 0; ; ) {
      if (states[index] !== OBJECT_ALLOCATED) {
        return { count, why: `the free list runs into itself at ${hex(this.address(index))}` };
      }
      states[index] = state;
      count++;
      const next = this.#next(index);
      if (next === -1) return { count };
      if (next < 0)
        return { count, why: `invalid freepointer: ${hex(this.#rawNext(index))} in ${hex(this.address(index))}` };
      index = next;
    }
  }

  /** The free list that begins at `first`, without marking anything: it ends at NULL, at what was there before, or where it is broken. */
  follow(first: Addr): FreeChain {
    const indices: number[] = [];
    const seen = new Set<number>();
    let index = this.#indexAt(lo32(first), hi32(first));
    if (first === 0n) return { indices };
    if (index < 0) return { indices, why: `invalid freepointer: ${hex(first)}`, bad: { value: first } };
    const unread = this.#read();
    if (unread) return { indices, why: unread };
    for (;;) {
      if (seen.has(index)) {
        return { indices, why: `the free list runs into itself at ${hex(this.address(index))}`, cycle: index };
      }
      seen.add(index);
      indices.push(index);
      const next = this.#next(index);
      if (next === -1) return { indices };
      if (next < 0) {
        const value = this.nextPointer(index);
        const why = `invalid freepointer: ${hex(value)} in ${hex(this.address(index))}`;
        return { indices, why, bad: { value, index } };
      }
      index = next;
    }
  }

  /** Where object `index` keeps its free pointer. */
  pointerPlace(index: number): Addr {
    return this.address(index) + BigInt(this.cache.freePointer);
  }

  /** The free pointer in object `index`, decoded; of an allocated object that is whatever lies there. */
  nextPointer(index: number): Addr {
    if (this.#read()) return 0n;
    const raw = this.#rawNext(index);
    const place = this.pointerPlace(index);
    if (this.#hardening === 'plain') return raw;
    return raw ^ this.cache.random ^ (this.#hardening === 'xor' ? place : swab64(place));
  }

  /** Marks one object that is free by other evidence; false when `at` is none of this slab. */
  markObject(at: Addr, state: number): boolean {
    const index = this.#indexAt(lo32(at), hi32(at));
    if (index < 0) return false;
    this.#states[index] = state;
    return true;
  }

  /** Index of the object that a pointer is to; -1 for NULL, -2 for what is no object of this slab. */
  #indexAt(lo: number, hi: number): number {
    if (lo === 0 && hi === 0) return -1;
    let high = hi - this.#baseHi;
    // memory tags lie in the top byte of a pointer
    if (high !== 0 && high !== 1) high = ((hi | 0xff000000) >>> 0) - this.#baseHi;
    if (high !== 0 && high !== 1) return -2;
    const inside = high * 0x100000000 + lo - this.#baseLo - this.cache.leftPad;
    const index = inside / this.cache.size;
    return index >= 0 && index < this.#count && Number.isInteger(index) ? index : -2;
  }

  #next(index: number): number {
    if (this.#hardening === undefined) this.#findHardening(index);
    return this.#decode(index, this.#hardening ?? 'swabbed');
  }

  /**
   * CONFIG_SLAB_FREELIST_HARDENED mixes a pointer with a random number and with its own place: commit 2482ddec670f (v4.14);
   * with the bytes of the place reversed since commit 1ad53d9fa3f6 ("slub: improve bit diffusion for freelist ptr
   * obfuscation", v5.7).
   */
  #decode(index: number, how: 'plain' | 'xor' | 'swabbed'): number {
    const at = this.cache.leftPad + index * this.cache.size + this.cache.freePointer;
    const { view } = this.#memory;
    if (at + 8 > this.#count * this.cache.size) return -2;
    let lo = view.getUint32(this.#little ? at : at + 4, this.#little);
    let hi = view.getUint32(this.#little ? at + 4 : at, this.#little);
    if (how !== 'plain') {
      const sum = this.#baseLo + at;
      const placeLo = sum >>> 0;
      const placeHi = sum > 0xffffffff ? (this.#baseHi + 1) >>> 0 : this.#baseHi;
      const swap = how === 'swabbed';
      lo = (lo ^ lo32(this.cache.random) ^ (swap ? swab32(placeHi) : placeLo)) >>> 0;
      hi = (hi ^ hi32(this.cache.random) ^ (swap ? swab32(placeLo) : placeHi)) >>> 0;
    }
    return this.#indexAt(lo, hi);
  }

  /** The first pointer of a cache that only one way of reading makes sense of tells the way. */
  #findHardening(index: number): void {
    if (this.#decode(index, 'swabbed') !== -2) this.#hardening = 'swabbed';
    else if (this.#decode(index, 'xor') !== -2) this.#hardening = 'xor';
  }

  #rawNext(index: number): bigint {
    return this.#memory.u64(this.cache.leftPad + index * this.cache.size + this.cache.freePointer);
  }
}

function swab64(n: bigint): bigint {
  return (BigInt(swab32(lo32(n))) << 32n) | BigInt(swab32(hi32(n)));
}

function swab32(n: number): number {
  return ((n >>> 24) | ((n >>> 8) & 0xff00) | ((n << 8) & 0xff0000) | (n << 24)) >>> 0;
}
