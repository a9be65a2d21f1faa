import { AnalysisError } from '../../base/errors.ts';
import { Lazy } from '../../base/lazy.ts';
import type { Bytes } from '../../base/units.ts';
import type { ElfFile } from '../../elf/elf-file.ts';
import { DW_AT } from './dw-at.ts';
import type { Dwarf } from './dwarf.ts';
import { type Contributions, SplitIndex, type SplitSection } from './split-index.ts';
import type { Unit } from './unit.ts';

/** How the units of a split file (.dwo, .dwp) belong to the whole file, and where their parts of sections are. */
export class SplitPlaces {
  readonly whole: Dwarf;
  readonly #skeleton: (id: bigint) => Unit | undefined;
  readonly #units: Lazy<SplitIndex | undefined>;
  readonly #types: Lazy<SplitIndex | undefined>;

  /** @param skeleton finds the unit of the whole file by the id that it shares with one that was split off */
  constructor(whole: Dwarf, elf: ElfFile, skeleton: (id: bigint) => Unit | undefined) {
    this.whole = whole;
    this.#skeleton = skeleton;
    const index = (name: string) => {
      const section = elf.section(name);
      return section && new SplitIndex(section, elf.littleEndian);
    };
    this.#units = new Lazy(() => index('.debug_cu_index'));
    this.#types = new Lazy(() => index('.debug_tu_index'));
  }

  skeletonOf(unit: Unit): Unit | undefined {
    const id = unit.splitId;
    return id === undefined ? undefined : this.#skeleton(id);
  }

  /** Parts of the unit with an id. */
  byId(id: bigint): Contributions | undefined {
    return this.#units.get()?.byId(id);
  }

  /** Where the part of a section begins that belongs to the unit at `unit`. @throws AnalysisError */
  base(dwarf: Dwarf, unit: Bytes, section: SplitSection): Bytes {
    const units = this.#units.get();
    const types = this.#types.get();
    if (!units && !types) return 0;
    const info = dwarf.find('.debug_info')?.size ?? 0;
    const parts =
      unit >= info && dwarf.find('.debug_types')
        ? types?.byUnit(unit - info)
        : (units?.byUnit(unit) ?? types?.byUnit(unit));
    if (!parts) throw new AnalysisError('bad-data', `${dwarf.elf.source.name}: the package's index lacks unit ${unit}`);
    return parts.get(section) ?? 0;
  }

  /** See `Unit.base`; `otherwise` is where a list of offsets begins in a section that has one unit only. */
  baseOf(unit: Unit, attribute: number, otherwise: Bytes): Bytes {
    switch (attribute) {
      case DW_AT.addr_base:
      case DW_AT.GNU_addr_base:
      case DW_AT.GNU_ranges_base:
        return unit.skeleton?.base(attribute, otherwise) ?? otherwise;
      case DW_AT.str_offsets_base:
        return unit.sectionBase('str_offsets') + otherwise;
      case DW_AT.rnglists_base:
        return unit.sectionBase('rnglists') + otherwise;
      case DW_AT.loclists_base:
        return unit.sectionBase('loc') + otherwise;
      default:
        return otherwise;
    }
  }
}
