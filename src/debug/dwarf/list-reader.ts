import { BadDataError } from '../../base/errors.ts';
import type { Bytes } from '../../base/units.ts';
import type { SectionData } from '../../elf/section-data.ts';
import { Leb128 } from './leb128.ts';

const WINDOW = 0x1000;
/** Longest thing that is read in one piece. */
const MARGIN = 64;
const MAX_PIECE = 0x10000;
const MAX_STRING = 0x100000;

/** Reads small records of a section from any position, through a window that stays for the next reader. */
export class ListReader {
  readonly section: SectionData;
  readonly littleEndian: boolean;
  #start: Bytes = 0;
  #bytes: Uint8Array = new Uint8Array(0);
  #view: DataView = new DataView(new ArrayBuffer(0));
  readonly #leb = new Leb128();
  /** Position in the section. */
  at: Bytes = 0;

  constructor(section: SectionData, littleEndian: boolean) {
    this.section = section;
    this.littleEndian = littleEndian;
  }

  seek(offset: Bytes): this {
    this.at = offset;
    return this;
  }

  #fill(size = WINDOW): void {
    this.#bytes = this.section.upTo(this.at, Math.max(size, WINDOW), 'list');
    this.#view = new DataView(this.#bytes.buffer, this.#bytes.byteOffset, this.#bytes.byteLength);
    this.#start = this.at;
  }

  /** Position in the window of the next `size` bytes. */
  #need(size: Bytes): number {
    if (!(size <= MAX_PIECE)) throw this.bad(`${size} bytes in one piece, at most ${MAX_PIECE} are read`);
    if (this.at < this.#start || this.at + size > this.#start + this.#bytes.length) {
      this.#fill(size);
    }
    const from = this.at - this.#start;
    if (from + size > this.#bytes.length) throw this.bad('ends in the middle');
    this.at += size;
    return from;
  }

  bad(what: string): BadDataError {
    return new BadDataError(this.section.source, this.at, `list: ${what}`);
  }

  u8(): number {
    const at = this.#need(1); // before the window is looked at: it may move
    return this.#bytes[at] as number;
  }

  u16(): number {
    const at = this.#need(2);
    return this.#view.getUint16(at, this.littleEndian);
  }

  u32(): number {
    const at = this.#need(4);
    return this.#view.getUint32(at, this.littleEndian);
  }

  /** An offset of 4 or 8 bytes, exact up to 2^53. */
  offset(size: number): number {
    if (size === 4) return this.u32();
    const at = this.#need(8);
    const a = this.#view.getUint32(at, this.littleEndian);
    const b = this.#view.getUint32(at + 4, this.littleEndian);
    return this.littleEndian ? b * 0x100000000 + a : a * 0x100000000 + b;
  }

  unsigned(): number {
    if (this.at < this.#start || this.at + MARGIN > this.#start + this.#bytes.length) this.#fill();
    const value = this.#leb.unsigned(this.#bytes, this.at - this.#start);
    if (this.#leb.at > this.#bytes.length) throw this.bad('number without an end');
    this.at = this.#start + this.#leb.at;
    return value;
  }

  /** The bytes up to the next NUL, which is passed; they are valid until the window moves. */
  string(): Uint8Array {
    let nul = this.#inWindow() ? this.#bytes.indexOf(0, this.at - this.#start) : -1;
    for (let size = WINDOW; nul < 0; size *= 16) {
      this.#fill(size);
      nul = this.#bytes.indexOf(0);
      if (nul < 0 && this.#bytes.length < size) throw this.bad('string without an end');
      if (size > MAX_STRING) throw this.bad(`string of more than ${MAX_STRING} bytes`);
    }
    const from = this.at - this.#start;
    this.at = this.#start + nul + 1;
    return this.#bytes.subarray(from, nul);
  }

  #inWindow(): boolean {
    return this.at >= this.#start && this.at < this.#start + this.#bytes.length;
  }

  /** View and position of `size` bytes, which are passed. */
  take(size: Bytes): { readonly view: DataView; readonly at: number } {
    const at = this.#need(size);
    return { view: this.#view, at };
  }
}
