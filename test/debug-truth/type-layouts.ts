import type { BtfTypes } from '../../src/debug/btf-types.ts';
import { DW_AT } from '../../src/debug/dwarf/dw-at.ts';
import { DW_TAG } from '../../src/debug/dwarf/dw-tag.ts';
import type { Dwarf } from '../../src/debug/dwarf/dwarf.ts';
import { DwarfTypes } from '../../src/debug/dwarf/dwarf-types.ts';
import type { Unit } from '../../src/debug/dwarf/unit.ts';
import type { CType } from '../../src/types/c-type.ts';
import { type Layout, layoutText, memberText } from './pahole-text.ts';

const MAX_DEPTH = 32;

/** The layout of a struct or union; members of unnamed ones inside of it between `{` and `}`. */
function layoutOf(type: CType): Layout {
  return layoutText(`${type.kind} ${type.name}`.trim(), type.size, membersOf(type, 0, 0));
}

function membersOf(type: CType, base: number, depth: number): string[] {
  const out: string[] = [];
  for (const m of type.members) {
    const at = base + m.bitOffset;
    const inner = unnamed(m.type);
    if (inner && depth < MAX_DEPTH) out.push('{', ...membersOf(inner, at, depth + 1), '}');
    out.push(memberText(m.name, at, m.type.size, m.bitSize));
  }
  return out;
}

/** The unnamed struct or union that a member is, or is an array of. */
function unnamed(type: CType): CType | undefined {
  let at: CType | undefined = type;
  while (at && (at.kind === 'array' || at.kind === 'const' || at.kind === 'volatile')) at = at.target;
  return at && (at.kind === 'struct' || at.kind === 'union') && at.name === '' ? at : undefined;
}

/** Every struct and union of a BTF section. */
export function btfLayouts(types: BtfTypes, found: (layout: Layout) => void): void {
  const { firstId, endId } = types.section;
  for (let id = firstId; id < endId; id++) {
    const type = types.type(id);
    if (type.kind === 'struct' || type.kind === 'union') found(layoutOf(type));
  }
}

/** Every struct and union that a DWARF file defines, in each unit that defines it; `local` inside of a function. */
export function dwarfLayouts(dwarf: Dwarf, found: (layout: Layout, local: boolean) => void): void {
  const { starts } = dwarf.unitTable;
  const visit = (unit: Unit): void => unitLayouts(dwarf, unit, found);
  for (let n = 0; n < starts.length; ) n = dwarf.visitUnits(n, visit);
}

function unitLayouts(dwarf: Dwarf, unit: Unit, found: (layout: Layout, local: boolean) => void): void {
  const types = new DwarfTypes(dwarf, unit.header.addressSize, () => undefined);
  // Entries are read from the file's own copy of the unit: the visited bytes do not last.
  const die = dwarf.unit(unit.offset).root();
  const parents = [die.tag];
  while (die.next()) {
    const { tag } = die;
    if (tag === 0) parents.pop();
    else if ((tag === DW_TAG.structure_type || tag === DW_TAG.union_type) && !die.flag(DW_AT.declaration)) {
      found(
        layoutOf(types.type(die.clone())),
        parents.some((p) => p === DW_TAG.subprogram),
      );
    }
    if (tag !== 0 && die.hasChildren) parents.push(tag);
  }
}
