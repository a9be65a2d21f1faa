import type { Bytes } from '../base/units.ts';
import type { Program } from '../program/program.ts';
import type { CType } from '../types/c-type.ts';
import { membersAt } from './member-at.ts';

/** A struct that has another one inside. */
export interface Container {
  readonly type: CType;
  /** Of the inner one. */
  readonly path: string;
}

function pathTo(type: CType, inner: CType, offset: Bytes): string | undefined {
  return membersAt(type, offset, inner.size).find((m) => m.type.kind === inner.kind && m.type.name === inner.name)
    ?.path;
}

/** What is known of the object around a member. */
export interface ContainerHints {
  /** Structs that something else takes it for, the surest first. */
  readonly types: readonly CType[];
  /** Sizes that it may have, by the slab object that it fills. */
  readonly sizes?: { readonly least: Bytes; readonly most: Bytes } | undefined;
  /** Offset and size of a member that code reads of it. */
  readonly member?: { readonly offset: Bytes; readonly size: Bytes } | undefined;
}

/** `container_of`: the struct that has `inner` at `offset`, when what is known of it leaves one. */
export function containerOf(prog: Program, inner: CType, offset: Bytes, hints: ContainerHints): Container | undefined {
  const { types, sizes, member } = hints;
  for (const type of types) {
    const path = pathTo(type.resolve(), inner, offset);
    if (path !== undefined) return { type: type.resolve(), path };
  }
  if (!sizes) return undefined;
  const found: Container[] = [];
  for (const outer of prog.structsOfSize(Math.max(sizes.least, offset + inner.size), sizes.most)) {
    const path = pathTo(outer, inner, offset);
    if (path === undefined || found.some((f) => f.type.name === outer.name)) continue;
    if (!member || membersAt(outer, member.offset, member.size).length > 0) found.push({ type: outer, path });
  }
  return found.length === 1 ? found[0] : undefined;
}
