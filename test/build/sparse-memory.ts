import type { FaultReason } from '../../src/base/errors.ts';
import { type Chunk, chunkOf, type PhysicalMemory, readByChunks } from '../../src/memory/physical.ts';

/** Physical memory of a test: 4 KiB pages that come into being when they are written. */
export class SparseMemory implements PhysicalMemory {
  readonly #pages = new Map<number, Chunk>();

  /** The page at `at`, made when it is not there. */
  #page(at: number): Chunk {
    const start = Math.floor(at / 4096) * 4096;
    let page = this.#pages.get(start);
    if (!page) {
      page = chunkOf(start, new Uint8Array(4096));
      this.#pages.set(start, page);
    }
    return page;
  }

  /** Makes `size` bytes of zeros. */
  fill(at: number, size: number): void {
    for (let done = 0; done < size; done += 4096) this.#page(at + done);
  }

  write(at: number, bytes: Uint8Array): void {
    for (let i = 0; i < bytes.length; i++) {
      const page = this.#page(at + i);
      page.bytes[at + i - page.start] = bytes[i] as number;
    }
  }

  writeU64(at: number, value: bigint): void {
    const page = this.#page(at);
    page.view.setBigUint64(at - page.start, BigInt.asUintN(64, value), true);
  }

  u64(at: number): bigint {
    const page = this.#page(at);
    return page.view.getBigUint64(at - page.start, true);
  }

  /** Takes a page away, as a filter does. */
  drop(at: number): void {
    this.#pages.delete(Math.floor(at / 4096) * 4096);
  }

  chunk(at: number): Chunk | FaultReason {
    return this.#pages.get(Math.floor(at / 4096) * 4096) ?? 'excluded';
  }

  read(at: number, into: Uint8Array): FaultReason | undefined {
    return readByChunks(this, at, into);
  }

  ranges(): readonly { start: number; end: number }[] {
    const starts = [...this.#pages.keys()].sort((a, b) => a - b);
    return starts.length === 0 ? [] : [{ start: starts[0] as number, end: (starts.at(-1) as number) + 4096 }];
  }
}
