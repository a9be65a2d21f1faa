import type { Dwarf } from './dwarf.ts';

/** `st_info` types. Source: System V ABI, "Symbol Table". */
const STT_NOTYPE = 0;
const STT_FUNC = 2;
const STT_GNU_IFUNC = 10;
const SHN_ABS = 0xfff1;
/** `sh_flags`: the section occupies memory. */
const SHF_ALLOC = 2n;

/**
 * Name of the function of the symbol table that begins last at or before `place`, in the same section; empty when there
 * is none. A function's symbol goes before a label, as assembly has them.
 */
export function symbolName(dwarf: Dwarf, place: number): string {
  const table = dwarf.elf.symbols();
  if (!table) return '';
  const inside = sectionAt(dwarf, place);
  let best = -1;
  let bestPlace = Number.NEGATIVE_INFINITY;
  let bestFunction = false;
  const high = Number(dwarf.origin >> 32n);
  const low = Number(dwarf.origin & 0xffffffffn);
  for (let i = 1; i < table.count; i++) {
    const type = (table.infos[i] as number) & 15;
    if (type !== STT_FUNC && type !== STT_NOTYPE && type !== STT_GNU_IFUNC) continue;
    const section = table.sections[i] as number;
    if (section === 0 || section >= SHN_ABS || table.names[i] === 0) continue;
    if (inside !== undefined && section !== inside) continue;
    let at = ((table.valueHigh[i] as number) - high) * 0x100000000 + ((table.valueLow[i] as number) - low);
    if (dwarf.elf.relocatable) at += Number(dwarf.elf.sectionAddress(section));
    if (at > place || at < bestPlace) continue;
    const isFunction = type !== STT_NOTYPE;
    if (at === bestPlace && (bestFunction || !isFunction)) continue;
    if (!isFunction && isMapping(table.name(i))) continue;
    best = i;
    bestPlace = at;
    bestFunction = isFunction;
  }
  return best < 0 ? '' : table.name(best);
}

/** Index of the loaded section that holds `place`; undefined when none does, or the file has no sections. */
function sectionAt(dwarf: Dwarf, place: number): number | undefined {
  const { elf } = dwarf;
  const at = dwarf.address(place);
  const found = elf.sections.findIndex((s, i) => {
    if ((s.flags & SHF_ALLOC) === 0n) return false;
    const start = elf.relocatable ? elf.sectionAddress(i) : s.address;
    return at >= start && at < start + BigInt(s.size);
  });
  return found < 0 ? undefined : found;
}

/** `$x`, `$d`, `__kvm_nvhe_$x` ...: where code and data begin on arm64 and others (`is_mapping_symbol` of the kernel). */
function isMapping(name: string): boolean {
  return name.startsWith('.L') || /(?:^|_)\$[a-z]/.test(name);
}
