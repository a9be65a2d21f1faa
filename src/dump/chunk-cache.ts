import type { Bytes } from '../base/units.ts';
import type { Chunk } from '../memory/physical.ts';

/** What a chunk costs beside its bytes: objects, views and its place in a map. */
const OVERHEAD = 256;

/**
 * Chunks by number, within a byte budget. Two generations stand in for exact least-recently-used order: when the young
 * one is full it becomes the old one, and what was old and not asked for again is dropped. A hit costs one look-up.
 */
export class ChunkCache {
  readonly #half: Bytes;
  #young = new Map<number, Chunk>();
  #old = new Map<number, Chunk>();
  #youngBytes: Bytes = 0;

  /** @param budget bytes that all cached chunks together may hold */
  constructor(budget: Bytes) {
    this.#half = budget / 2;
  }

  get(key: number): Chunk | undefined {
    const young = this.#young.get(key);
    if (young) return young;
    const old = this.#old.get(key);
    if (old) this.set(key, old);
    return old;
  }

  set(key: number, chunk: Chunk): void {
    const size = chunk.bytes.length + OVERHEAD;
    if (this.#youngBytes + size > this.#half) {
      this.#old = this.#young;
      this.#young = new Map();
      this.#youngBytes = 0;
    }
    this.#young.set(key, chunk);
    this.#youngBytes += size;
  }
}
