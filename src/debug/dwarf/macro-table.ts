import { AnalysisError } from '../../base/errors.ts';
import { asciiBytes, indexOfBytes } from '../../base/text.ts';
import type { Bytes } from '../../base/units.ts';
import type { MacroDefinition } from '../../program/ports.ts';
import { DW_AT } from './dw-at.ts';
import type { Dwarf } from './dwarf.ts';
import { MacroUnit } from './macro-unit.ts';
import { readOldMacros } from './old-macros.ts';
import type { Unit } from './unit.ts';

const MAX_STRINGS = 0x20000000;
const MAX_PLACES = 0x10000;

/** What a search looks for: a name, as it stands at the beginning of a definition's text. */
export interface MacroSearch {
  /** Whether the text at an offset of .debug_str, or of that of the dwz file, begins with the name. */
  isString(at: Bytes, ofAlt: boolean): boolean;
  /** Whether the text in memory begins with the name. */
  isText(bytes: Uint8Array, at: number): boolean;
  /** Parts of .debug_macro that were gone through without finding it. */
  readonly done: Set<string>;
  /** Text of the definition found last, and what it is when it was undefined behind that. */
  found: string | undefined;
  undefined: string | undefined;
}

/** Macros of a file by name, from .debug_macro or .debug_macinfo. Each question goes through as many units as it takes. */
export class MacroTable {
  readonly #dwarf: Dwarf;
  readonly #known = new Map<string, MacroDefinition | undefined>();

  constructor(dwarf: Dwarf) {
    this.#dwarf = dwarf;
  }

  /** Whether the file has macros at all. */
  get any(): boolean {
    return this.#dwarf.find('.debug_macro') !== undefined || this.#dwarf.find('.debug_macinfo') !== undefined;
  }

  /** The definition that is in force at the end of the first unit that has one. */
  find(name: string): MacroDefinition | undefined {
    if (!/^\w+$/.test(name)) return undefined;
    if (!this.#known.has(name)) this.#known.set(name, this.#find(name));
    return this.#known.get(name);
  }

  #find(name: string): MacroDefinition | undefined {
    const found = this.any ? findIn(this.#dwarf, name) : undefined;
    if (found) return found;
    for (const split of this.#dwarf.splitFiles?.all() ?? []) {
      const inside = split.find('.debug_macro') || split.find('.debug_macinfo') ? findIn(split, name) : undefined;
      if (inside) return inside;
    }
    return undefined;
  }
}

function findIn(dwarf: Dwarf, name: string): MacroDefinition | undefined {
  const search = searchFor(dwarf, name);
  let problem: AnalysisError | undefined;
  for (const start of dwarf.unitTable.starts) {
    try {
      const unit = rootOf(dwarf, start);
      if (unit) searchUnit(unit, search);
    } catch (e) {
      if (!(e instanceof AnalysisError)) throw e;
      problem ??= e;
    }
    if (search.found !== undefined) return parsed(search.found);
  }
  if (search.undefined !== undefined) return parsed(search.undefined);
  if (problem) throw problem;
  return undefined;
}

/** A unit whose first entry at least is in memory. */
function rootOf(dwarf: Dwarf, start: Bytes): Unit | undefined {
  const unit = dwarf.unitStart(start);
  if (unit.header.kind === 'type') return undefined;
  try {
    macrosOf(unit);
    return unit;
  } catch (e) {
    if (!(e instanceof AnalysisError) || unit.bytes.length === unit.header.size) throw e;
    return dwarf.unit(start);
  }
}

function macrosOf(unit: Unit): { readonly at: Bytes; readonly old: boolean } | undefined {
  const root = unit.root();
  const at = root.number(DW_AT.macros) ?? root.number(DW_AT.GNU_macros);
  if (at !== undefined) return { at: at + unit.sectionBase('macro'), old: false };
  const old = root.number(DW_AT.macro_info);
  return old === undefined ? undefined : { at: old + unit.sectionBase('macinfo'), old: true };
}

function searchUnit(unit: Unit, search: MacroSearch): void {
  const place = macrosOf(unit);
  if (!place) return;
  if (place.old) readOldMacros(unit.dwarf, place.at, search);
  else new MacroUnit(unit, unit.dwarf, place.at, search).read(0);
}

/** Finds all places in the string sections at which a definition of `name` may begin, so that offsets can be compared. */
function searchFor(dwarf: Dwarf, name: string): MacroSearch {
  const wanted = asciiBytes(name);
  const own = placesOf(dwarf, wanted);
  let alt: Set<Bytes> | undefined;
  return {
    isString(at, ofAlt) {
      if (!ofAlt) return own.has(at);
      alt ??= dwarf.alt ? placesOf(dwarf.alt, wanted) : new Set();
      return alt.has(at);
    },
    isText: (bytes, at) => beginsWith(bytes, at, wanted),
    done: new Set(),
    found: undefined,
    undefined: undefined,
  };
}

function placesOf(dwarf: Dwarf, wanted: Uint8Array): Set<Bytes> {
  const found = new Set<Bytes>();
  const section = dwarf.find('.debug_str');
  if (!section) return found;
  const bytes = section.upTo(0, MAX_STRINGS, 'strings');
  for (
    let at = indexOfBytes(bytes, wanted);
    at >= 0 && found.size < MAX_PLACES;
    at = indexOfBytes(bytes, wanted, at + 1)
  ) {
    if (beginsWith(bytes, at, wanted)) found.add(at);
  }
  return found;
}

/** The name, and then what may follow it: a space, a parameter list, or nothing. */
function beginsWith(bytes: Uint8Array, at: number, wanted: Uint8Array): boolean {
  for (let i = 0; i < wanted.length; i++) if (bytes[at + i] !== wanted[i]) return false;
  const next = bytes[at + wanted.length];
  return next === 0x20 || next === 0x28 || next === 0 || next === undefined;
}

/** `NAME body` or `NAME(a,b) body` (DWARF 5, 6.3.2.1). */
function parsed(text: string): MacroDefinition {
  const parts = /^(\w+)(?:\(([^)]*)\))?(?: (.*))?$/s.exec(text);
  if (!parts) return { name: text, body: '' };
  const [, name = '', list, body = ''] = parts;
  if (list === undefined) return { name, body };
  const parameters = list
    .split(',')
    .map((p) => p.trim())
    .filter((p) => p !== '');
  return { name, parameters, body };
}
