import { AnalysisError, BadDataError } from '../../base/errors.ts';
import { asciiBytes } from '../../base/text.ts';
import type { Bytes } from '../../base/units.ts';
import { DebugNamesTable } from './debug-names-table.ts';
import type { DieCursor } from './die-cursor.ts';
import { DW_AT } from './dw-at.ts';
import type { Dwarf } from './dwarf.ts';

const MAX_SECTION = 0x10000000;
const MAX_TABLES = 0x10000;

/** The compiler's or linker's own index of names, .debug_names (DWARF 5, 6.1.1). */
export class DebugNames {
  readonly #dwarf: Dwarf;
  readonly #tables: readonly DebugNamesTable[];

  private constructor(dwarf: Dwarf, tables: readonly DebugNamesTable[]) {
    this.#dwarf = dwarf;
    this.#tables = tables;
  }

  /** That of a file; undefined when it has none, or one that is damaged or says nothing of some unit. */
  static of(dwarf: Dwarf): DebugNames | undefined {
    try {
      const tables = tablesOf(dwarf);
      return tables.length > 0 && coversAll(dwarf, tables) ? new DebugNames(dwarf, tables) : undefined;
    } catch (e) {
      if (e instanceof AnalysisError) return undefined;
      throw e;
    }
  }

  /**
   * Offset of a definition of one of `names` with one of `tags`, an earlier name before a later one and then an earlier
   * tag. Undefined when the index does not lead to one: what it lacks, and what it says wrong, may still be there.
   */
  find(tags: readonly number[], names: readonly string[]): Bytes | undefined {
    for (const name of names) {
      const found = this.#find(tags, name);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  #find(tags: readonly number[], name: string): Bytes | undefined {
    const wanted = asciiBytes(name);
    let best = tags.length;
    let found: Bytes | undefined;
    try {
      for (const table of this.#tables) {
        for (const { tag, offset } of table.find(wanted, name)) {
          const rank = tags.indexOf(tag);
          if (rank < 0 || rank > best || (rank === best && offset >= (found as Bytes))) continue;
          if (!this.#defines(offset, tag, name)) continue;
          best = rank;
          found = offset;
        }
      }
    } catch (e) {
      if (!(e instanceof AnalysisError)) throw e;
      return undefined;
    }
    return found;
  }

  #defines(offset: Bytes, tag: number, name: string): boolean {
    const die = this.#dwarf.die(offset);
    if (die.tag !== tag || die.flag(DW_AT.declaration)) return false;
    return nameOf(die) === name;
  }
}

function nameOf(die: DieCursor): string | undefined {
  if (die.has(DW_AT.name)) return die.string(DW_AT.name);
  return (die.follow(DW_AT.specification) ?? die.follow(DW_AT.abstract_origin))?.string(DW_AT.name);
}

function tablesOf(dwarf: Dwarf): readonly DebugNamesTable[] {
  const section = dwarf.find('.debug_names');
  if (!section || section.size > MAX_SECTION) return [];
  const bytes = section.bytes(0, section.size, 'names');
  const found: DebugNamesTable[] = [];
  for (let at = 0; at < bytes.length; ) {
    if (found.length >= MAX_TABLES) throw new BadDataError(section.source, at, `more than ${MAX_TABLES} name tables`);
    const table = new DebugNamesTable(dwarf, bytes, at, section.source);
    found.push(table);
    at = table.end;
  }
  return found;
}

/** Whether every unit of the file is in one of the tables: linkers drop or merge them, and assembly has none. */
function coversAll(dwarf: Dwarf, tables: readonly DebugNamesTable[]): boolean {
  const listed = new Set<Bytes>();
  for (const table of tables) for (const unit of table.units()) listed.add(unit);
  return dwarf.unitTable.starts.every((start) => listed.has(start));
}
