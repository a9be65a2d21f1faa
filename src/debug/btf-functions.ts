import { BTF_KIND } from './btf-kinds.ts';
import type { BtfTypes } from './btf-types.ts';

/** Names of the functions of a section whose only parameter is a pointer to a struct of this name. */
export function functionsTaking(types: BtfTypes, struct: string): string[] {
  const { words, starts } = types.section;
  const kindAt = (at: number): number => ((words[at + 1] as number) >>> 24) & 0x7f;
  const pointers = pointersTo(types, struct);
  const prototypes = new Map<number, boolean>();
  const found: string[] = [];
  const takes = (id: number): boolean => {
    let known = prototypes.get(id);
    if (known === undefined) {
      known = pointers.has(onlyParameter(types, id));
      prototypes.set(id, known);
    }
    return known;
  };
  for (let i = 0; i < starts.length; i++) {
    const at = starts[i] as number;
    if (kindAt(at) === BTF_KIND.FUNC && takes(words[at + 2] as number))
      found.push(types.section.text(words[at] as number));
  }
  return found;
}

/** Numbers of the types that are pointers to a struct of this name. */
function pointersTo(types: BtfTypes, struct: string): Set<number> {
  const { words, starts, firstId } = types.section;
  const wanted = types.find(`struct ${struct}`);
  const found = new Set<number>();
  if (!wanted) return found;
  for (let i = 0; i < starts.length; i++) {
    const at = starts[i] as number;
    if ((((words[at + 1] as number) >>> 24) & 0x7f) !== BTF_KIND.PTR) continue;
    if (types.type(words[at + 2] as number) === wanted) found.add(i + firstId);
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
