import { seededRandom } from './byte-writer.ts';

/** Memory that a test dump is made of: pages by page frame number. */
export interface TestMemory {
  readonly pages: ReadonlyMap<number, Uint8Array | 'excluded'>;
  readonly maxPfn: number;
  readonly pageSize: number;
}

/** Some runs of pages: zero, repetitive and random ones, excluded ones, and holes between. */
export function testMemory(seed: number, pageSize = 4096, maxPfn = 1200): TestMemory {
  const random = seededRandom(seed);
  const pages = new Map<number, Uint8Array | 'excluded'>();
  for (let pfn = 1 + random(8); pfn < maxPfn - 1; pfn += 1 + random(Math.floor(maxPfn / 6))) {
    const end = Math.min(pfn + 1 + random(12), maxPfn - 1);
    for (; pfn < end; pfn++) pages.set(pfn, random(5) === 0 ? 'excluded' : testPage(random, pageSize));
  }
  return { pages, maxPfn, pageSize };
}

function testPage(random: (n: number) => number, size: number): Uint8Array {
  const page = new Uint8Array(size);
  const kind = random(4);
  if (kind === 0) return page;
  for (let i = 0; i < size; i++) {
    if (kind === 1) page[i] = random(256);
    else if (kind === 2) page[i] = (i >> 3) ^ random(random(20) === 0 ? 256 : 1);
    else page[i] = i > 600 && random(400) !== 0 ? (page[i - 555] as number) : random(256);
  }
  return page;
}
