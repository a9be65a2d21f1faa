import { AnalysisError } from '../../base/errors.ts';
import type { Bytes } from '../../base/units.ts';
import type { Dwarf } from './dwarf.ts';
import { type PlaceRanges, rangesOf } from './ranges.ts';
import type { Unit } from './unit.ts';

const MAX_RANGES = 0x400000;
const MAX_BEHIND = 0x10000;

/** A first entry that holds long strings itself needs the whole unit. */
function rangesOfRoot(dwarf: Dwarf, unit: Unit): PlaceRanges {
  try {
    return rangesOf(unit.root());
  } catch (e) {
    if (!(e instanceof AnalysisError) || unit.bytes.length === unit.header.size) throw e;
    return rangesOf(dwarf.unit(unit.offset).root());
  }
}

/** Which unit covers an address, by the units' own first entries: where .debug_aranges is missing or incomplete. */
export class UnitRanges {
  readonly #lows: number[] = [];
  readonly #highs: number[] = [];
  readonly #units: number[] = [];

  constructor(dwarf: Dwarf) {
    for (const start of dwarf.unitTable.starts) {
      try {
        const unit = dwarf.unitStart(start);
        if (unit.header.kind !== 'compile' && unit.header.kind !== 'skeleton') continue;
        const ranges = rangesOfRoot(dwarf, unit);
        for (let i = 0; i < ranges.length; i += 2) {
          this.#lows.push(ranges[i] as number);
          this.#highs.push(ranges[i + 1] as number);
          this.#units.push(start);
        }
      } catch (e) {
        if (!(e instanceof AnalysisError)) throw e;
      }
      if (this.#lows.length > MAX_RANGES) break;
    }
  }

  /** Offset of the unit that covers `place`. */
  unitAt(place: number): Bytes | undefined {
    for (let i = 0; i < this.#lows.length; i++) {
      if ((this.#lows[i] as number) <= place && place < (this.#highs[i] as number)) return this.#units[i];
    }
    return undefined;
  }

  /** Offset of the unit whose code ends last before `place`, at most `MAX_BEHIND` bytes away. */
  unitBefore(place: number): Bytes | undefined {
    let best: Bytes | undefined;
    let distance = MAX_BEHIND;
    for (let i = 0; i < this.#highs.length; i++) {
      const behind = place - (this.#highs[i] as number);
      if (behind < 0 || behind >= distance) continue;
      distance = behind;
      best = this.#units[i];
    }
    return best;
  }
}
