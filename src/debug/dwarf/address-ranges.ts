import type { Bytes } from '../../base/units.ts';
import type { Dwarf } from './dwarf.ts';

const MAX_SECTION = 0x8000000;

/** Which unit covers an address, by .debug_aranges (DWARF 5, 6.1.2). What is damaged is left out. */
export class AddressRanges {
  #lows = new Float64Array(1024);
  #highs = new Float64Array(1024);
  #units = new Float64Array(1024);
  #count = 0;

  constructor(dwarf: Dwarf) {
    const section = dwarf.elf.section('.debug_aranges');
    if (!section) return;
    const bytes = section.upTo(0, MAX_SECTION, 'address ranges');
    const view = new DataView(bytes.buffer);
    const le = dwarf.littleEndian;
    for (let at = 0; at + 12 <= bytes.length; ) {
      const wide = view.getUint32(at, le) === 0xffffffff;
      const start = at + (wide ? 12 : 4);
      if (start + 12 > bytes.length) return;
      const high = wide ? view.getUint32(le ? at + 8 : at + 4, le) : 0;
      const length = wide ? view.getUint32(le ? at + 4 : at + 8, le) + high * 0x100000000 : view.getUint32(at, le);
      const end = start + length;
      if (length < 8 || end > bytes.length) return;
      const unit = view.getUint32(start + 2 + (wide && !le ? 4 : 0), le);
      const sizes = start + 2 + (wide ? 8 : 4);
      const addressSize = bytes[sizes] as number;
      if (addressSize === 4 || addressSize === 8) {
        const pair = 2 * addressSize;
        const first = at + Math.ceil((sizes + 2 - at) / pair) * pair;
        this.#readSet(dwarf, view, first, end, addressSize, unit);
      }
      at = end;
    }
  }

  #readSet(dwarf: Dwarf, view: DataView, first: number, end: number, addressSize: number, unit: Bytes): void {
    const le = dwarf.littleEndian;
    for (let at = first; at + 2 * addressSize <= end; at += 2 * addressSize) {
      const length = view.getUint32(at + addressSize + (addressSize === 8 && !le ? 4 : 0), le);
      if (length === 0) continue;
      const low = dwarf.readPlace(view, at, addressSize);
      if (low === dwarf.zero) continue;
      if (this.#count === this.#lows.length) this.#grow();
      this.#lows[this.#count] = low;
      this.#highs[this.#count] = low + length;
      this.#units[this.#count++] = unit;
    }
  }

  #grow(): void {
    const grow = (old: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> => {
      const more = new Float64Array(old.length * 2);
      more.set(old);
      return more;
    };
    this.#lows = grow(this.#lows);
    this.#highs = grow(this.#highs);
    this.#units = grow(this.#units);
  }

  /** Offset of the unit that covers `place`. */
  unitAt(place: number): Bytes | undefined {
    const lows = this.#lows;
    for (let i = 0; i < this.#count; i++) {
      if ((lows[i] as number) <= place && place < (this.#highs[i] as number)) return this.#units[i];
    }
    return undefined;
  }
}
