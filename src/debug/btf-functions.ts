import { BTF_KIND } from './btf-kinds.ts';
import type { BtfTypes } from './btf-types.ts';

/** Names of the functions of a section whose only parameter is a pointer to a struct of this name. */
export function functionsTaking(types: BtfTypes, struct: string): string[] {
  const { words, starts, globals, firstId } = types.section;
  const pointers = pointersTo(types, struct);
  if (pointers.size === 0) return [];
  const found: number[] = [];
  /** By number of a prototype minus `firstId`: 1 takes such a pointer, 2 does not; 0 where that was not asked yet. */
  const prototypes = new Uint8Array(starts.length);
  for (let i = 0; i < globals.length; i++) {
    const at = starts[globals[i] as number] as number;
    if ((((words[at + 1] as number) >>> 24) & 0x7f) !== BTF_KIND.FUNC) continue;
    const id = words[at + 2] as number;
    let known = prototypes[id - firstId];
    if (known === 0) {
      known = pointers.has(onlyParameter(types, id)) ? 1 : 2;
      prototypes[id - firstId] = known;
    }
    if (known === 1) found.push(words[at] as number);
  }
  return found.map((name) => types.section.text(name));
}

/** Numbers of the types that are pointers to a struct of this name. */
function pointersTo(types: BtfTypes, struct: string): Set<number> {
  const { section } = types;
  const { words, starts, firstId } = section;
  const kindOf = (id: number): number => ((words[(starts[id - firstId] as number) + 1] as number) >>> 24) & 0x7f;
  const found = new Set<number>();
  const wanted = section.named(struct).find((id) => kindOf(id) === BTF_KIND.STRUCT);
  if (wanted === undefined) return found;
  for (let i = 0; i < starts.length; i++) {
    const at = starts[i] as number;
    if ((((words[at + 1] as number) >>> 24) & 0x7f) !== BTF_KIND.PTR) continue;
    const target = words[at + 2] as number;
    const tagged = target >= firstId && target < section.endId && kindOf(target) === BTF_KIND.TYPE_TAG;
    if (target === wanted || (tagged && types.type(target) === types.type(wanted))) found.add(i + firstId);
  }
  return found;
}

/** Number of the type of a prototype's parameter, when it has just one; 0 otherwise. */
function onlyParameter(types: BtfTypes, id: number): number {
  const { words, starts, firstId } = types.section;
  const at = starts[id - firstId];
  if (at === undefined || ((words[at + 1] as number) & 0xffffff) !== 1) return 0;
  return words[at + 4] as number;
}
