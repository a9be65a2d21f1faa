import { chunkOf, type PhysicalMemory, readByChunks } from '../../src/memory/physical.ts';
import type { DumpImage } from '../../src/program/ports.ts';
import { patchedMemory } from '../build/patched-memory.ts';
import type { Damage, Random } from './file-damage.ts';
import { hostileStrings } from './hostile-strings.ts';
import type { Targets } from './targets.ts';

const PAGE = 4096;

/** Damages a few words of a page: bits, rubbish, and other words of it, which make circles of pointers. */
function damagePage(page: Uint8Array, random: Random): void {
  const view = new DataView(page.buffer, page.byteOffset);
  const kind = random(12);
  if (kind === 0) page.fill(0);
  else if (kind === 1) page.fill(0xff);
  else if (kind === 2) for (let i = 0; i < PAGE; i++) page[i] = random(256);
  else for (let n = 1 + random(24); n > 0; n--) damageWord(view, random(PAGE / 8) * 8, random);
}

function damageWord(view: DataView, at: number, random: Random): void {
  const word = view.getBigUint64(at, true);
  const values = [
    word ^ (1n << BigInt(random(64))),
    view.getBigUint64(random(PAGE / 8) * 8, true),
    word + BigInt(random(4096)) - 2048n,
    word & ~0xfffn,
    BigInt(random(65536)),
    (1n << 64n) - 1n,
    0x7fffffffn,
    0n,
  ];
  view.setBigUint64(at, BigInt.asUintN(64, values[random(values.length)] as bigint), true);
}

export type DamagedImage = Damage & { readonly image: DumpImage };

/** Pages and words that are damaged at once. */
const PAGES = [1, 4, 16, 64] as const;
const WORDS = [1, 4, 16, 64] as const;

/** An image with damaged memory, and what was done to it. @param kind one of MEMORY_KINDS */
export function damageMemory(image: DumpImage, targets: Targets, kind: string, random: Random): DamagedImage {
  if (kind === 'excluded' || kind === 'holes') return withoutPages(image, targets, kind === 'holes', random);
  if (kind === 'vmcoreinfo') return otherInfo(image, random);
  const pages = new DamagedPages(image);
  const words = targets.words.get(kind) ?? [];
  const done: string[] = [];
  let amount: string;
  if (kind === 'strings') {
    const count = targets.texts.length === 0 ? 0 : 1 + random(12);
    for (let n = 0; n < count; n++) done.push(damageText(pages, targets, random));
    amount = count > 4 ? '5 to 12 texts' : '1 to 4 texts';
  } else if (words.length > 0 && random(3) > 0) {
    const count = WORDS[random(WORDS.length)] as number;
    for (let n = 0; n < count; n++) {
      const at = words[random(words.length)] as number;
      const page = pages.at(Math.floor(at / PAGE));
      if (page) damageWord(new DataView(page.buffer), (at % PAGE) & ~7, random);
      done.push(`word at ${at}`);
    }
    amount = `${count} pointers`;
  } else {
    const pfns = targets.pages.get(kind) ?? [...targets.pages.values()].flat();
    const count = PAGES[random(PAGES.length)] as number;
    for (let n = 0; n < count; n++) {
      const pfn = pfns[random(pfns.length)] as number;
      const page = pages.at(pfn);
      if (page) damagePage(page, random);
      done.push(`page ${pfn}`);
    }
    amount = `${count} pages`;
  }
  const what = done.length > 12 ? `${done.slice(0, 12).join(', ')} ...` : done.join(', ');
  return { image: { ...image, memory: patchedMemory(image.memory, pages.all) }, what, amount };
}

/** Copies of the pages that are damaged. */
class DamagedPages {
  readonly #image: DumpImage;
  readonly all = new Map<number, Uint8Array>();

  constructor(image: DumpImage) {
    this.#image = image;
  }

  at(pfn: number): Uint8Array | undefined {
    const known = this.all.get(pfn);
    if (known) return known;
    const page = new Uint8Array(PAGE);
    if (this.#image.memory.read(pfn * PAGE, page)) return undefined;
    this.all.set(pfn, page);
    return page;
  }
}

function damageText(pages: DamagedPages, targets: Targets, random: Random): string {
  const { at, size } = targets.texts[random(targets.texts.length)] as { at: number; size: number };
  const text = hostileStrings[random(hostileStrings.length)] as Uint8Array;
  pages.at(Math.floor(at / PAGE))?.set(text.subarray(0, Math.min(size, PAGE - (at % PAGE))), at % PAGE);
  return `text at ${at}`;
}

/** Shares of the memory that are taken away. */
const SHARES = [0.001, 0.01, 0.05, 0.1, 0.3, 0.6, 0.9] as const;

/** Pages that are zero or missing: a share of all pages, each or in runs; or a share of those that answers read. */
function withoutPages(image: DumpImage, targets: Targets, zero: boolean, random: Random): DamagedImage {
  const share = SHARES[random(SHARES.length)] as number;
  const run = 2 ** [0, 4, 9][random(3)]!;
  const salt = random(2 ** 30);
  const lost = new Set<number>();
  const used = random(3) === 0 ? [...targets.pages.values()].flat() : undefined;
  if (used) for (const pfn of used) if (random(10_000) < share * 10_000) lost.add(pfn);
  const isLost = (pfn: number): boolean =>
    used ? lost.has(pfn) : (Math.imul(Math.floor(pfn / run) ^ salt, 0x9e3779b1) >>> 8) / 2 ** 24 < share;
  const empty = new Uint8Array(PAGE);
  const chunk: PhysicalMemory['chunk'] = (at) => {
    const pfn = Math.floor(at / PAGE);
    if (isLost(pfn)) return zero ? chunkOf(pfn * PAGE, empty) : 'excluded';
    const whole = image.memory.chunk(at);
    if (typeof whole === 'string' || whole.bytes.length <= PAGE) return whole;
    const from = pfn * PAGE - whole.start;
    if (from < 0) return whole;
    return chunkOf(pfn * PAGE, whole.bytes.subarray(from, from + PAGE));
  };
  const memory: PhysicalMemory = {
    chunk,
    read: (at, into) => readByChunks({ chunk }, at, into),
    ranges: () => image.memory.ranges(),
  };
  const of = used ? 'of the pages that are read' : `of all pages in runs of ${run}`;
  const amount = `${share * 100} % of pages${used ? ' read' : ''}`;
  return { image: { ...image, memory }, what: `${share * 100} % ${of}`, amount };
}

/** VMCOREINFO that is missing, cut, or has wrong values. */
function otherInfo(image: DumpImage, random: Random): DamagedImage {
  const text = image.vmcoreinfo ?? '';
  const kind = random(4);
  if (kind === 0)
    return { image: { ...image, vmcoreinfo: undefined } as unknown as DumpImage, what: 'none', amount: 'none' };
  if (kind === 1) {
    const size = random(text.length);
    return { image: { ...image, vmcoreinfo: text.slice(0, size) }, what: `cut at ${size}`, amount: 'cut' };
  }
  const lines = text.split('\n');
  const done: string[] = [];
  for (let n = 1 + random(6); n > 0; n--) {
    const i = random(lines.length);
    const [key = '', value = ''] = (lines[i] as string).split('=');
    const values = [
      '',
      '0',
      '-1',
      'ffffffffffffffff',
      '99999999999999999999',
      `${value}0`,
      value.slice(1),
      '\u001b[2J<b>',
    ];
    const other = kind === 2 ? undefined : values[random(values.length)];
    lines[i] = other === undefined ? '' : `${key}=${other}`;
    done.push(lines[i] || `no ${key}`);
  }
  const amount = kind === 2 ? 'lines lost' : 'wrong values';
  return { image: { ...image, vmcoreinfo: lines.join('\n') }, what: done.join(', '), amount };
}
