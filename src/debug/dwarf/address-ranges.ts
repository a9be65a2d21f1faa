import type { Bytes } from '../../base/units.ts';
import type { Dwarf } from './dwarf.ts';

const MAX_SECTION = 0x8000000;

/** Questions that are answered by looking at all ranges: putting them in order takes longer than that. */
const UNSORTED = 32;

/** The ranges by where they begin: their numbers, and up to where each of them and those before it reach. */
interface Order {
  readonly numbers: Uint32Array;
  readonly lows: Float64Array;
  readonly reach: Float64Array;
}

/** Which unit covers an address, by .debug_aranges (DWARF 5, 6.1.2). What is damaged is left out. */
export class AddressRanges {
  #lows = new Float64Array(1024);
  #highs = new Float64Array(1024);
  #units = new Float64Array(1024);
  #count = 0;
  #questions = 0;
  #order: Order | undefined;

  constructor(dwarf: Dwarf) {
    const section = dwarf.find('.debug_aranges');
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

  /** Offset of the unit that covers `place`; of several the one that comes first in the section. */
  unitAt(place: number): Bytes | undefined {
    if (this.#questions++ >= UNSORTED) return this.#sortedUnitAt(place);
    const lows = this.#lows;
    for (let i = 0; i < this.#count; i++) {
      if ((lows[i] as number) <= place && place < (this.#highs[i] as number)) return this.#units[i];
    }
    return undefined;
  }

  #sortedUnitAt(place: number): Bytes | undefined {
    this.#order ??= this.#sort();
    const { numbers, lows, reach } = this.#order;
    let low = 0;
    let high = numbers.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((lows[middle] as number) <= place) low = middle + 1;
      else high = middle;
    }
    let first = -1;
    for (let i = low - 1; i >= 0 && (reach[i] as number) > place; i--) {
      const number = numbers[i] as number;
      if (place < (this.#highs[number] as number) && (first < 0 || number < first)) first = number;
    }
    return first < 0 ? undefined : this.#units[first];
  }

  #sort(): Order {
    const all = this.#lows;
    const numbers = Uint32Array.from({ length: this.#count }, (_, i) => i);
    numbers.sort((a, b) => (all[a] as number) - (all[b] as number) || a - b);
    const lows = Float64Array.from(numbers, (i) => all[i] as number);
    let end = Number.NEGATIVE_INFINITY;
    const reach = Float64Array.from(numbers, (i) => {
      end = Math.max(end, this.#highs[i] as number);
      return end;
    });
    return { numbers, lows, reach };
  }
}
