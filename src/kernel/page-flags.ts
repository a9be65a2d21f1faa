import { perOwner } from '../base/lazy.ts';
import { addrAdd } from '../base/u64.ts';
import type { Program } from '../program/program.ts';
import { enumerators } from './enumerators.ts';
import type { PageRecord } from './page.ts';

/** A flag of `page.flags` as `enum pageflags` numbers it; several names may share a bit. */
export interface PageFlag {
  readonly name: string;
  readonly bit: number;
}

/** Every name of `enum pageflags` in the order of its declaration; empty when the types are not known. */
export const pageFlags = perOwner((prog: Program): readonly PageFlag[] => {
  const values = enumerators(prog, 'pageflags');
  const count = values.get('__NR_PAGEFLAGS') ?? 64;
  const flags: PageFlag[] = [];
  for (const [name, bit] of values) if (name !== '__NR_PAGEFLAGS' && bit < count) flags.push({ name, bit });
  return flags;
});

const MAX_NAMES = 64;

/**
 * Names as the kernel prints them, by bit: `pageflag_names` (struct trace_print_flags, ends with a NULL name), else the
 * enumerators without PG_.
 */
const printedNames = perOwner((prog: Program): readonly { readonly mask: bigint; readonly name: string }[] => {
  const table = prog.findSymbol('pageflag_names');
  if (table && prog.findType('trace_print_flags')) {
    const size = prog.type('trace_print_flags').size;
    const mask = prog.offset('trace_print_flags', 'mask');
    const name = prog.offset('trace_print_flags', 'name');
    const names: { mask: bigint; name: string }[] = [];
    try {
      for (let i = 0; i < MAX_NAMES; i++) {
        const at = addrAdd(table.address, i * size);
        const text = prog.memory.ulong(addrAdd(at, name));
        if (text === 0n) return names;
        names.push({ mask: prog.memory.ulong(addrAdd(at, mask)), name: prog.memory.cString(text, 32) });
      }
    } catch (e) {
      prog.noteProblem('names of page flags', e);
    }
  }
  const seen = new Set<number>();
  return pageFlags(prog)
    .filter(({ bit }) => !seen.has(bit) && seen.add(bit))
    .map(({ name, bit }) => ({ mask: 1n << BigInt(bit), name: name.replace(/^PG_/, '') }));
});

/** The flags that are set, as the kernel names them; section, node and zone in the upper bits are no flags. */
export function pageFlagNames(prog: Program, flags: bigint): string[] {
  return printedNames(prog)
    .filter(({ mask }) => mask !== 0n && (flags & mask) === mask)
    .map(({ name }) => name);
}

/** Of the word of flags of the page behind the head: the order of a folio, since v6.6 (folio_order(), include/linux/mm.h). */
const ORDER_BITS = 0xffn;

/** Whether that word has the order: where neither folio nor page keeps it elsewhere. */
const keepsOrder = perOwner((prog: Program): boolean => {
  const elsewhere = ['_folio_order', '_order'].some((member) => prog.findMember('folio', member));
  return !elsewhere && !prog.findMember('page', 'compound_order') && prog.findMember('folio', '_flags_1') !== undefined;
});

/** The flags that are set of a page: those of a tail page that are its own, and not the order of what it is of. */
export function flagNamesOfPage(
  prog: Program,
  { address, head, flags }: Pick<PageRecord, 'address' | 'head' | 'flags'>,
): string[] {
  const second = head !== address && address - head === BigInt(prog.findType('page')?.size ?? 0);
  return pageFlagNames(prog, second && keepsOrder(prog) ? flags & ~ORDER_BITS : flags);
}
