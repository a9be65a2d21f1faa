import { perOwner } from '../base/lazy.ts';
import { BTF_KIND } from './btf-kinds.ts';
import { kindOf } from './btf-records.ts';
import type { BtfSection } from './btf-section.ts';
import type { BtfTypes } from './btf-types.ts';

/** Word of a record that has the type that it is made of, and of a prototype the type of its first parameter. */
const TYPE = 2;
const FIRST_PARAMETER = 4;
/** Tags of tags. */
const MAX_TAGS = 8;

/**
 * Names of the functions of a section whose only parameter is a pointer to a struct of this name. Prototypes and structs of
 * a module's functions may be those of the kernel.
 */
export function functionsTaking(types: BtfTypes, struct: string): string[] {
  const { section } = types;
  const { words, starts, globals } = section;
  const prototypes = new Set(recordsOn(section, struct).prototypes);
  const names: string[] = [];
  if (prototypes.size === 0) return names;
  for (const index of globals) {
    const at = starts[index] as number;
    if (prototypes.has(words[at + TYPE] as number) && kindAt(section, index) === BTF_KIND.FUNC)
      names.push(section.text(words[at] as number));
  }
  return names;
}

/** Numbers of records that lead from a struct to functions with it, of a section and its base. */
interface Records {
  /** With its tags. */
  readonly structs: ReadonlySet<number>;
  readonly pointers: readonly number[];
  /** Whose only parameter is such a pointer. */
  readonly prototypes: readonly number[];
}

const NONE: Records = { structs: new Set(), pointers: [], prototypes: [] };
const knownRecords = perOwner((_: BtfSection) => new Map<string, Records>());

/** Each module asks for the same of the kernel. */
function recordsOn(section: BtfSection, struct: string): Records {
  const known = knownRecords(section);
  let records = known.get(struct);
  if (!records) {
    records = findRecords(section, struct, section.base ? recordsOn(section.base, struct) : NONE);
    known.set(struct, records);
  }
  return records;
}

function findRecords(section: BtfSection, struct: string, base: Records): Records {
  const own = section.named(struct).filter((id) => kindAt(section, id - section.firstId) === BTF_KIND.STRUCT);
  const structs = new Set([...base.structs, ...own]);
  let targets = [...structs];
  for (let i = 0; i < MAX_TAGS && targets.length > 0; i++) {
    targets = holdersOf(section, targets, TYPE, BTF_KIND.TYPE_TAG).filter((id) => !structs.has(id));
    for (const id of targets) structs.add(id);
  }
  const pointers = [...base.pointers, ...holdersOf(section, structs, TYPE, BTF_KIND.PTR)];
  const prototypes = [...base.prototypes, ...holdersOf(section, pointers, FIRST_PARAMETER, BTF_KIND.FUNC_PROTO, 1)];
  return { structs, pointers, prototypes };
}

/**
 * Numbers of the records of a kind that hold one of these numbers in a certain word, which is searched for as such: that takes
 * less than to go through all records.
 * @param elements parameters that a prototype must have; absent: any number
 */
function holdersOf(
  section: BtfSection,
  ids: Iterable<number>,
  word: number,
  kind: number,
  elements?: number,
): number[] {
  const found: number[] = [];
  const { words, starts, firstId, damage } = section;
  for (const id of ids) {
    for (let i = words.indexOf(id); i >= 0; i = words.indexOf(id, i + 1)) {
      // records that are lost stand out of order
      const index = damage === undefined ? indexOfSorted(starts, i - word) : starts.indexOf(i - word);
      if (index < 0 || kindAt(section, index) !== kind) continue;
      const count = (words[i - word + 1] as number) & 0xffffff;
      if (elements === undefined || count === elements) found.push(index + firstId);
    }
  }
  return found;
}

function kindAt({ words, starts }: BtfSection, index: number): number {
  return kindOf(words[(starts[index] as number) + 1] as number);
}

/** Where an ascending list has a number; -1 where it does not. */
function indexOfSorted(list: Uint32Array, wanted: number): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((list[middle] as number) < wanted) low = middle + 1;
    else high = middle;
  }
  return list[low] === wanted ? low : -1;
}
