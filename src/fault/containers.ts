import { perOwner } from '../base/lazy.ts';
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

const structs = perOwner((prog: Program): readonly CType[] => {
  const found: CType[] = [];
  for (const type of prog.namedTypes()) if (type.kind === 'struct' && type.size > 0) found.push(type);
  return found;
});

/** The structs that have `inner` at `offset`. */
function containersOf(prog: Program, inner: CType, offset: Bytes): Container[] {
  const found: Container[] = [];
  for (const type of structs(prog)) {
    if (type.size < offset + inner.size) continue;
    const path = pathTo(type, inner, offset);
    if (path !== undefined) found.push({ type, path });
  }
  return found;
}

function pathTo(type: CType, inner: CType, offset: Bytes): string | undefined {
  return membersAt(type, offset, inner.size).find((m) => m.type.kind === inner.kind && m.type.name === inner.name)?.path;
}

/** What is known of the object around a member. */
export interface ContainerHints {
  /** The struct that something else takes it for. */
  readonly type?: CType | undefined;
  /** Bytes of the slab object that it fills. */
  readonly size?: Bytes | undefined;
  /** Offset and size of a member that code reads of it. */
  readonly member?: { readonly offset: Bytes; readonly size: Bytes } | undefined;
}

/** `container_of`: the struct that has `inner` at `offset`, when what is known of it leaves one. */
export function containerOf(prog: Program, inner: CType, offset: Bytes, hints: ContainerHints): Container | undefined {
  const { type, size, member } = hints;
  const stated = type?.resolve();
  if (stated && stated.size > 0) {
    const path = pathTo(stated, inner, offset);
    if (path !== undefined) return { type: stated, path };
  }
  let found = containersOf(prog, inner, offset);
  if (size !== undefined) found = found.filter((c) => c.type.size <= size && c.type.size > size - 64);
  if (member) found = found.filter((c) => membersAt(c.type, member.offset, member.size).length > 0);
  return found.length === 1 ? found[0] : undefined;
}
