import { AnalysisError } from '../../base/errors.ts';
import type { Bytes } from '../../base/units.ts';
import type { SourceFrame } from '../../program/ports.ts';
import type { DieCursor } from './die-cursor.ts';
import { DW_AT } from './dw-at.ts';
import type { Dwarf } from './dwarf.ts';
import { functionChain, functionName } from './function-chain.ts';
import { LineTable } from './line-table.ts';
import { symbolName } from './symbol-name.ts';
import type { Unit } from './unit.ts';

/** Line tables that are kept; those of a kernel have some thousand rows each. */
const MAX_TABLES = 32;

/** Source lines of one file's code. */
export class SourceLines {
  readonly #dwarf: Dwarf;
  readonly #tables = new Map<Bytes, LineTable | undefined>();

  constructor(dwarf: Dwarf) {
    this.#dwarf = dwarf;
  }

  /**
   * Innermost first, as `DebugInfo.sourceAt`. A function that the unit does not describe has an empty name.
   * @throws AnalysisError when the unit is damaged
   */
  at(place: number): readonly SourceFrame[] | undefined {
    const covering = this.#dwarf.unitAt(place);
    const unit = covering ?? this.#dwarf.unitBefore(place);
    if (!unit) return undefined;
    const chain = functionChain(unit, place);
    const table = this.#tableOf(unit);
    const row = table?.find(place);
    if (!row && chain.length === 0) return undefined;
    const frames: SourceFrame[] = [];
    let file = row && table ? fileName(table, row.file, unit) : '';
    let line = row?.line ?? 0;
    let column = row?.column ?? 0;
    for (let i = chain.length - 1; i >= 0; i--) {
      const die = chain[i] as DieCursor;
      frames.push({ name: nameOf(die), file, line, column, inlined: i > 0 });
      const call = die.number(DW_AT.call_file);
      file = call !== undefined && table ? fileName(table, call, unit) : '';
      line = die.number(DW_AT.call_line) ?? 0;
      column = die.number(DW_AT.call_column) ?? 0;
    }
    if (frames.length === 0) {
      const name = symbolName(this.#dwarf, place);
      frames.push({ name, file, line, column, inlined: false, uncovered: true });
    }
    return frames;
  }

  /** The unit's line table; undefined when it has none or its header is damaged. */
  #tableOf(unit: Unit): LineTable | undefined {
    const offset = unit.stmtList;
    if (offset === undefined) return undefined;
    if (!this.#tables.has(offset)) {
      if (this.#tables.size >= MAX_TABLES) this.#tables.clear();
      this.#tables.set(
        offset,
        attempt(() => new LineTable(this.#dwarf, offset, unit.header.addressSize)),
      );
    }
    return this.#tables.get(offset);
  }
}

function fileName(table: LineTable, index: number, unit: Unit): string {
  return attempt(() => table.file(index, unit.directory)) ?? '';
}

function nameOf(die: DieCursor): string {
  return attempt(() => functionName(die)) ?? '';
}

/** What can be had of damaged information: undefined where it cannot be read. */
function attempt<T>(make: () => T): T | undefined {
  try {
    return make();
  } catch (e) {
    if (e instanceof AnalysisError) return undefined;
    throw e;
  }
}
