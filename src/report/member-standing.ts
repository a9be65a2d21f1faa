import type { CType } from '../types/c-type.ts';

/** How a member path stands in its structure: as the last one, inside how many anonymous ones. */
export function standing(type: CType, path: string): { last: boolean; inside: number } {
  const dot = path.lastIndexOf('.');
  const outer = dot < 0 ? type : type.resolve().findMember(path.slice(0, dot))?.type;
  const name = path.slice(dot + 1);
  let holder = outer?.resolve();
  for (let inside = 0; inside < 32 && holder; inside++) {
    const { members } = holder;
    if (members.some((m) => m.name === name)) {
      return { last: members.at(-1)?.name === name, inside: dot < 0 ? inside : 0 };
    }
    holder = members.find((m) => m.name === '' && m.type.resolve().findMember(name))?.type.resolve();
  }
  return { last: true, inside: 0 };
}
