import { asciiBytes } from '../base/text.ts';
import { BTF_KIND } from './btf-kinds.ts';
import { kindOf } from './btf-records.ts';
import type { BtfSection } from './btf-section.ts';
import type { BtfTypes } from './btf-types.ts';

/** Tags of a type that are followed. */
const MAX_TAGS = 8;

/**
 * Names of the functions of a section whose only parameter is a pointer to a struct of this name. Prototypes and structs of
 * a module's functions may be those of the kernel.
 */
export function functionsTaking(types: BtfTypes, struct: string): string[] {
  const { section } = types;
  const { words, starts, globals } = section;
  const wanted = asciiBytes(struct);
  const found: number[] = [];
  /** By number of a prototype: 1 takes such a pointer, 2 does not; 0 where that was not asked yet. */
  const prototypes = new Uint8Array(section.endId);
  for (let i = 0; i < globals.length; i++) {
    const at = starts[globals[i] as number] as number;
    if ((((words[at + 1] as number) >>> 24) & 0x7f) !== BTF_KIND.FUNC) continue;
    const id = words[at + 2] as number;
    let known = prototypes[id];
    if (known === 0) {
      known = takesOnly(section, id, wanted) ? 1 : 2;
      prototypes[id] = known;
    }
    if (known === 1) found.push(words[at] as number);
  }
  return found.map((name) => section.text(name));
}

/** Whether a prototype has just one parameter, a pointer to a struct of that name. */
function takesOnly(section: BtfSection, prototype: number, struct: Uint8Array): boolean {
  const of = section.owner(prototype);
  const at = of?.starts[prototype - of.firstId];
  if (!of || at === undefined) return false;
  const info = of.words[at + 1] as number;
  if (kindOf(info) !== BTF_KIND.FUNC_PROTO || (info & 0xffffff) !== 1) return false;
  return isPointerTo(section, of.words[at + 4] as number, struct);
}

function isPointerTo(section: BtfSection, id: number, struct: Uint8Array): boolean {
  let at = id;
  for (let i = 0; i < MAX_TAGS; i++) {
    const of = section.owner(at);
    const start = of?.starts[at - of.firstId];
    if (!of || start === undefined) return false;
    const kind = kindOf(of.words[start + 1] as number);
    if (i > 0 && kind === BTF_KIND.STRUCT) return section.textIs(of.words[start] as number, struct);
    if (kind !== (i === 0 ? BTF_KIND.PTR : BTF_KIND.TYPE_TAG)) return false;
    at = of.words[start + 2] as number;
  }
  return false;
}
