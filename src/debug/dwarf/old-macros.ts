import { decodeUtf8 } from '../../base/text.ts';
import type { Bytes } from '../../base/units.ts';
import type { Dwarf } from './dwarf.ts';
import { ListReader } from './list-reader.ts';
import type { MacroSearch } from './macro-table.ts';

const MAX_ENTRIES = 0x1000000;

/** `DW_MACINFO_*`. Source: DWARF 4, 7.22. */
const END = 0;
const DEFINE = 1;
const UNDEF = 2;
const START_FILE = 3;
const END_FILE = 4;
const VENDOR = 0xff;

/** Looks for a name among a unit's macros in .debug_macinfo (DWARF 2 to 4, 6.3.1). @throws AnalysisError */
export function readOldMacros(dwarf: Dwarf, at: Bytes, search: MacroSearch): void {
  const reader = new ListReader(dwarf.section('.debug_macinfo'), dwarf.littleEndian).seek(at);
  for (let n = 0; n < MAX_ENTRIES; n++) {
    const op = reader.u8();
    if (op === END) return;
    if (op === END_FILE) continue;
    reader.unsigned();
    if (op === START_FILE) reader.unsigned();
    else if (op === DEFINE || op === UNDEF || op === VENDOR) {
      const text = reader.string();
      if (op === VENDOR || !search.isText(text, 0)) continue;
      if (op === UNDEF) search.undefined ??= search.found;
      search.found = op === DEFINE ? decodeUtf8(text) : undefined;
    } else throw reader.bad(`unknown macro opcode ${op}`);
  }
  throw reader.bad(`more than ${MAX_ENTRIES} macros`);
}
