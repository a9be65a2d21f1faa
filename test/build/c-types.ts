import type { CType, Member, MemberPlace, TypeKind } from '../../src/types/c-type.ts';

function make(kind: TypeKind, name: string, size: number, rest: Partial<CType> = {}): CType {
  const type: CType = {
    kind,
    name,
    size,
    signed: false,
    target: undefined,
    length: 0,
    members: [],
    enumerators: [],
    parameters: [],
    resolve: () => type,
    findMember: (path) => place(type, path),
    ...rest,
  };
  return type;
}

/** A member by a path of names and indexes. */
function place(type: CType, path: string): MemberPlace | undefined {
  let found: MemberPlace = { type, offset: 0, bit: 0, bitSize: 0 };
  for (const part of path.split(/[.[]/)) {
    const index = /^(\d+)\]$/.exec(part)?.[1];
    if (index !== undefined) {
      const element = found.type.target;
      if (!element) return undefined;
      found = { type: element, offset: found.offset + Number(index) * element.size, bit: 0, bitSize: 0 };
      continue;
    }
    const member = found.type.members.find((m) => m.name === part);
    if (!member) return undefined;
    const bits = found.offset * 8 + member.bitOffset;
    found = { type: member.type, offset: Math.floor(bits / 8), bit: bits % 8, bitSize: member.bitSize };
  }
  return found;
}

export const u32Type = make('int', 'unsigned int', 4);
export const u64Type = make('int', 'unsigned long', 8);

export function arrayType(target: CType, length: number): CType {
  return make('array', '', target.size * length, { target, length });
}

/** A struct from byte offsets; a third number makes a bit-field of that many bits, counted from a bit offset. */
export function structType(
  name: string,
  size: number,
  members: Readonly<
    Record<string, readonly [offset: number, type: CType] | readonly [bit: number, type: CType, bits: number]>
  >,
): CType {
  const list: Member[] = Object.entries(members).map(([member, [offset, type, bits]]) => ({
    name: member,
    type,
    bitOffset: bits === undefined ? offset * 8 : offset,
    bitSize: bits ?? 0,
  }));
  return make('struct', name, size, { members: list });
}

export function pointerType(target: CType): CType {
  return make('pointer', '', 8, { target });
}
