import { chunkOf, type PhysicalMemory, readByChunks } from '../../src/memory/physical.ts';

const PAGE = 4096;

/** Memory in which some pages are others, by page frame number. */
export function patchedMemory(memory: PhysicalMemory, pages: ReadonlyMap<number, Uint8Array>): PhysicalMemory {
  const chunk: PhysicalMemory['chunk'] = (at) => {
    const pfn = Math.floor(at / PAGE);
    const page = pages.get(pfn);
    return page ? chunkOf(pfn * PAGE, page) : memory.chunk(at);
  };
  return { chunk, read: (at, into) => readByChunks({ chunk }, at, into), ranges: () => memory.ranges() };
}

/** Memory that tells which page frames are read. */
export function watchedMemory(memory: PhysicalMemory, onRead: (pfn: number) => void): PhysicalMemory {
  const tell = (at: number, size: number): void => {
    for (let pfn = Math.floor(at / PAGE); pfn * PAGE < at + size; pfn++) onRead(pfn);
  };
  return {
    chunk(at) {
      tell(at, 1);
      return memory.chunk(at);
    },
    read(at, into) {
      tell(at, into.length);
      return memory.read(at, into);
    },
    ranges: () => memory.ranges(),
    unplaced: () => memory.unplaced?.() ?? [],
  };
}
