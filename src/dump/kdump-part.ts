import { type ByteSource, bytesSource } from '../base/byte-source.ts';
import { joinExact } from '../base/u64.ts';
import type { Bytes, Pfn } from '../base/units.ts';
import { type BitmapDoubt, doubtBitmaps } from './bitmap-doubt.ts';
import type { MendedBitmap } from './bitmap-repair.ts';
import type { KdumpHeader } from './kdump-header.ts';
import type { CutPart, PageData } from './lost-descriptors.ts';
import { PageBitmap } from './page-bitmap.ts';

/** `struct page_desc`: offset 8, size 4, flags 4, page_flags 8 bytes. */
const DESCRIPTOR = 24;
const GROUP = 128;
const SLOTS = 64;
const WINDOW = 0x10000;
/** Page frames that are counted when a file is opened; that count is needed for its pages, too. */
const MOST_COUNTED = 2 ** 23;

/** One file of a kdump-compressed dump: finds the descriptor and the compressed bytes of a page frame. */
export class KdumpPart {
  readonly src: ByteSource;
  readonly header: KdumpHeader;
  /** Page frames of this file. */
  readonly start: Pfn;
  readonly end: Pfn;
  /** Of the last descriptor found. */
  offset: Bytes = 0;
  size: Bytes = 0;
  flags = 0;
  #dumped: PageBitmap;
  #doubt: BitmapDoubt | undefined;
  #counted = false;
  #doubtful: MendedBitmap['doubtful'] = [];
  readonly #groups: (DataView | undefined)[] = new Array(SLOTS);
  readonly #numbers = new Float64Array(SLOTS).fill(-1);
  #firstRank = -1;
  readonly #window = new Uint8Array(WINDOW);
  #windowStart: Bytes = 0;
  #windowSize: Bytes = 0;

  constructor(src: ByteSource, header: KdumpHeader) {
    this.src = src;
    this.header = header;
    this.start = header.split?.start ?? 0;
    this.end = Math.min(header.split?.end ?? header.maxPfn, header.maxPfn);
    const half = header.bitmapSize / 2;
    this.#dumped = new PageBitmap(src, header.bitmapOffset + half, Math.min(header.maxPfn, half * 8));
  }

  /** What speaks against the bitmaps; undefined when nothing does, or when it would take long to count. */
  findDoubt(): BitmapDoubt | undefined {
    if (this.#counted) return this.#doubt;
    this.#counted = true;
    const { start, end } = this;
    this.#doubt = doubtBitmaps(this.src, this.header, {
      ...{ start, end, descriptors: this.#countDescriptors() },
      counted: this.#dumped.bits <= MOST_COUNTED ? this.#dumped.rank(end) - this.#rankOfFirst() : 0,
    });
    return this.#doubt;
  }

  /** What `findDoubt` found. */
  get doubt(): BitmapDoubt | undefined {
    return this.#doubt;
  }

  /** @param mended what takes the place of the second bitmap */
  mend({ second, doubtful }: MendedBitmap): void {
    this.#dumped = new PageBitmap(bytesSource(this.src.name, second), 0, second.length * 8);
    this.#doubtful = doubtful;
    this.#firstRank = -1;
  }

  /** Page frames that the bitmap really covers; beyond it the file is cut off. */
  get bitmapBits(): number {
    return this.#dumped.bits;
  }

  /** Whether the second bitmap says that the page was written. */
  isDumped(pfn: Pfn): boolean {
    return this.#dumped.has(pfn);
  }

  /** Whether there are any descriptors. */
  get hasDescriptors(): boolean {
    return this.#isFilledIn(0);
  }

  /** As `find`, by the number of the descriptor. */
  at(index: number): boolean {
    return this.#isFilledIn(index);
  }

  /** Whether a damaged bitmap leaves open which page frames around this one were written. */
  isDoubtful(pfn: Pfn): boolean {
    return this.#doubtful.some(({ start, end }) => pfn >= start && pfn < end);
  }

  /** Sets `offset`, `size` and `flags` for a page that was written; false when there is no descriptor. */
  find(pfn: Pfn): boolean {
    return this.#isFilledIn(this.#indexOf(pfn));
  }

  /** As `find`, for a page that was found by its data. @param flag of the compression */
  findLost(pfn: Pfn, lost: { find(index: number): PageData | undefined }, flag: number): boolean {
    return this.use(lost.find(this.#indexOf(pfn)), flag);
  }

  /** Sets what `find` does. @param flag of the compression */
  use(page: PageData | undefined, flag: number): boolean {
    if (!page) return false;
    this.offset = page.offset;
    this.size = page.size;
    this.flags = page.compressed ? flag : 0;
    return true;
  }

  /** What is there when the last descriptors are not; `undefined` when they are, or when no data is behind them. */
  cut(): CutPart | undefined {
    const { src, header, end } = this;
    const firstRank = this.#rankOfFirst();
    const count = this.#dumped.rank(end) - firstRank;
    if (count <= 0 || this.#isFilledIn(count - 1)) return undefined;
    // Writers fill them in one after the other.
    let known = 0;
    for (let high = count - 1; known < high; ) {
      const middle = (known + high) >>> 1;
      if (this.#isFilledIn(middle)) known = middle + 1;
      else high = middle;
    }
    const tablesEnd = header.descriptorsOffset + count * DESCRIPTOR;
    const zeros = this.#isZeros(tablesEnd) ? { zeros: tablesEnd } : {};
    const dataStart = Math.max(tablesEnd + (zeros.zeros ? header.blockSize : 0), this.#dataEnd(known));
    return dataStart < src.size
      ? { src, header, bitmap: this.#dumped, firstRank, end, known, dataStart, ...zeros }
      : undefined;
  }

  /**
   * Descriptors of this file, as where its data begins tells; undefined when it does not. Writers put the data right behind the
   * descriptors, first of it a page of zeros, which pages share; the first descriptors need not be of such.
   */
  #countDescriptors(): number | undefined {
    const { header, src } = this;
    let data = src.size;
    for (let i = 0; i < GROUP && this.#isFilledIn(i); i++)
      if (this.offset > header.descriptorsOffset) data = Math.min(data, this.offset);
    let tables = data - header.descriptorsOffset;
    if (tables % DESCRIPTOR !== 0) tables -= header.blockSize;
    const count = tables / DESCRIPTOR;
    if (!Number.isInteger(count) || count <= 0 || !this.#isFilledIn(count - 1)) return undefined;
    const fits = this.size <= 2 * header.blockSize && this.offset >= data && this.offset + this.size <= src.size;
    return fits ? count : undefined;
  }

  #indexOf(pfn: Pfn): number {
    return this.#dumped.rank(pfn) - this.#rankOfFirst();
  }

  #rankOfFirst(): number {
    if (this.#firstRank < 0) this.#firstRank = this.start === 0 ? 0 : this.#dumped.rank(this.start);
    return this.#firstRank;
  }

  /** A descriptor without data was never filled in: the writer stopped before it. */
  #isFilledIn(index: number): boolean {
    return this.#descriptor(index) && !(this.size === 0 && this.offset === 0);
  }

  /** Where the data of the first `known` descriptors ends; of many pages of zeros before it nothing can be told. */
  #dataEnd(known: number): Bytes {
    let end = 0;
    for (let i = known - 1; i >= 0 && known - i <= 64 * GROUP; i--) {
      if (this.#descriptor(i) && this.size <= 2 * this.header.blockSize) end = Math.max(end, this.offset + this.size);
    }
    return end;
  }

  #isZeros(offset: Bytes): boolean {
    const bytes = new Uint8Array(this.header.blockSize);
    return offset < this.src.size && this.src.read(offset, bytes) === bytes.length && bytes.every((b) => b === 0);
  }

  /**
   * Bytes that the file must have, as far as a few of its last descriptors tell. Writers put the data right behind the
   * descriptors, so the first page's offset tells how many there are without counting the bitmap.
   */
  neededSize(): Bytes {
    const { header, src } = this;
    let needed = header.bitmapOffset + header.bitmapSize;
    if (needed > src.size || !this.#descriptor(0) || this.offset <= header.descriptorsOffset) return needed;
    needed = Math.max(needed, this.offset);
    let tables = this.offset - header.descriptorsOffset;
    // makedumpfile and QEMU store a page of zeros before all others; where the first page is none, its offset lies a block
    // farther. The remainder tells, since no block size is a multiple of a descriptor's.
    if (tables % DESCRIPTOR !== 0 && tables > header.blockSize) tables -= header.blockSize;
    const count = Math.floor(tables / DESCRIPTOR);
    for (let i = Math.max(0, count - GROUP); i < count && this.#descriptor(i); i++) {
      // A damaged descriptor may state anything; believe what a page can have and a file can hold.
      if (this.size <= 2 * header.blockSize && this.offset <= needed + count * header.blockSize) {
        needed = Math.max(needed, this.offset + this.size);
      }
    }
    return needed;
  }

  #descriptor(index: number): boolean {
    const group = Math.floor(index / GROUP);
    const slot = group % SLOTS;
    if (this.#numbers[slot] !== group) {
      const bytes = new Uint8Array(GROUP * DESCRIPTOR);
      const from = this.header.descriptorsOffset + group * bytes.length;
      const got = from < this.src.size ? this.src.read(from, bytes) : 0;
      this.#groups[slot] = new DataView(bytes.buffer, 0, got);
      this.#numbers[slot] = group;
    }
    const view = this.#groups[slot] as DataView;
    const at = (index % GROUP) * DESCRIPTOR;
    if (at + DESCRIPTOR > view.byteLength) return false;
    const little = this.header.littleEndian;
    const low = view.getUint32(at + (little ? 0 : 4), little);
    const high = view.getUint32(at + (little ? 4 : 0), little);
    this.offset = joinExact(low, high) ?? -1;
    this.size = view.getUint32(at + 8, little);
    this.flags = view.getUint32(at + 12, little);
    return true;
  }

  /**
   * The `size` bytes at `offset`, valid until the next call; shorter only where the file ends.
   * @param ahead bytes that are likely wanted next, read along with them
   */
  data(offset: Bytes, size: Bytes, ahead: Bytes): Uint8Array {
    const from = offset - this.#windowStart;
    if (from >= 0 && from + size <= this.#windowSize) return this.#window.subarray(from, from + size);
    // Going on where the window ended is sequential reading even when the caller does not say so.
    const sequential = from > 0 && from <= this.#windowSize + 64;
    const want = Math.min(WINDOW, size + Math.max(ahead, sequential ? 4 * size : 0));
    const got = offset < this.src.size ? this.src.read(offset, this.#window.subarray(0, want)) : 0;
    this.#windowStart = offset;
    this.#windowSize = got;
    return this.#window.subarray(0, Math.min(size, got));
  }
}
