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

/** Memory that lacks some pages, by page frame number. */
export function memoryWithout(memory: PhysicalMemory, lost: ReadonlySet<number>): PhysicalMemory {
  const isLost = (at: number, size: number): boolean => {
    for (let pfn = Math.floor(at / PAGE); pfn * PAGE < at + size; pfn++) if (lost.has(pfn)) return true;
    return false;
  };
  return {
    chunk(at) {
      if (isLost(at, 1)) return 'excluded';
      const chunk = memory.chunk(at);
      if (typeof chunk === 'string' || !isLost(chunk.start, chunk.bytes.length)) return chunk;
      const start = at - (at % PAGE);
      return chunkOf(start, chunk.bytes.subarray(start - chunk.start, start - chunk.start + PAGE));
    },
    read: (at, into) => (isLost(at, into.length) ? 'excluded' : memory.read(at, into)),
    ranges: () => memory.ranges(),
  };
}

/** Memory that has some pages only, by page frame number. */
export function memoryOnly(memory: PhysicalMemory, kept: ReadonlySet<number>): PhysicalMemory {
  const chunk: PhysicalMemory['chunk'] = (at) => {
    const pfn = Math.floor(at / PAGE);
    if (!kept.has(pfn)) return 'excluded';
    const whole = memory.chunk(at);
    if (typeof whole === 'string') return whole;
    const from = Math.max(0, pfn * PAGE - whole.start);
    return chunkOf(whole.start + from, whole.bytes.subarray(from, pfn * PAGE - whole.start + PAGE));
  };
  return { chunk, read: (at, into) => readByChunks({ chunk }, at, into), ranges: () => memory.ranges() };
}
