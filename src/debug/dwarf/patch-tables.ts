import { AnalysisError } from '../../base/errors.ts';
import type { Addr, Bytes } from '../../base/units.ts';
import type { PatchKind, PatchSite } from '../../program/ports.ts';
import type { Program } from '../../program/program.ts';
import { fileSymbol } from './file-symbol.ts';
import { ftraceSites } from './ftrace-sites.ts';
import type { Placement } from './placement.ts';

/**
 * A table of places to patch. `relative`: each entry begins with the distance from itself to the code, 4 bytes wide;
 * else with the address.
 */
interface Table {
  readonly kind: PatchKind;
  readonly section: string;
  /** The kernel's own symbols around it, where vmlinux has no section of the name. */
  readonly bounds?: readonly [first: string, end: string];
  readonly relative: boolean;
  readonly stride: (prog: Program) => Bytes;
  /** Bytes of code that an entry stands for, when they do not stand in it. */
  readonly size: Bytes;
  /** Of them those that lie before the place. */
  readonly before?: Bytes;
  /** Where an entry has the number of bytes, in one byte. */
  readonly sizeAt?: (prog: Program) => Bytes;
}

/**
 * Named by their sections, the surest first where places overlap. Source: include/linux/jump_label.h,
 * include/linux/static_call_types.h, include/asm-generic/vmlinux.lds.h, arch/{x86,arm64}/include/asm/alternative.h,
 * arch/x86/include/asm/paravirt_types.h (`struct paravirt_patch_site`, up to v6.7), arch/x86/kernel/vmlinux.lds.S.
 */
const TABLES: readonly Table[] = [
  {
    kind: 'static key',
    section: '__jump_table',
    bounds: ['__start___jump_table', '__stop___jump_table'],
    relative: true,
    stride: (prog) => prog.type('struct jump_entry').size,
    size: 1,
  },
  {
    kind: 'static call',
    section: '.static_call_sites',
    bounds: ['__start_static_call_sites', '__stop_static_call_sites'],
    relative: true,
    stride: () => 8,
    size: 5,
  },
  { kind: 'paravirt', section: '.parainstructions', relative: false, stride: () => 16, size: 1, sizeAt: () => 9 },
  {
    kind: 'alternative',
    section: '.altinstructions',
    relative: true,
    stride: (prog) => prog.type('struct alt_instr').size,
    size: 1,
    sizeAt: (prog) => prog.offset('alt_instr', 'instrlen', 'orig_len'),
  },
  { kind: 'retpoline', section: '.retpoline_sites', relative: true, stride: () => 4, size: 6 },
  { kind: 'return thunk', section: '.return_sites', relative: true, stride: () => 4, size: 5 },
  { kind: 'lock prefix', section: '.smp_locks', relative: true, stride: () => 4, size: 1 },
  { kind: 'sealed', section: '.ibt_endbr_seal', relative: true, stride: () => 4, size: 4 },
  // arm64 saves the link register before the place (Linux commit 3b23e4991fb6, v5.5); nothing else precedes it.
  {
    kind: 'ftrace',
    section: '__patchable_function_entries', // modules of arm64: from the function's first instruction on
    relative: false,
    stride: (prog) => prog.pointerSize,
    size: 9,
  },
  { kind: 'ftrace', section: '__mcount_loc', relative: false, stride: (prog) => prog.pointerSize, size: 9, before: 4 },
];

/** A table as it lies in the file. */
interface Entries {
  readonly table: Table;
  readonly bytes: Uint8Array;
  /** Link-time address of the first. */
  readonly link: Addr;
  readonly stride: Bytes;
  readonly sizeAt: Bytes | undefined;
}

/** The tables in which a kernel or module lists what of its code it may rewrite. */
export class PatchTables {
  readonly #prog: Program;
  readonly #placement: Placement;
  #entries: readonly Entries[] | undefined;

  constructor(prog: Program, placement: Placement) {
    this.#prog = prog;
    this.#placement = placement;
  }

  /** The sites in `size` bytes at a link-time address. What of the tables cannot be read is left out. */
  sites(start: Addr, size: Bytes): readonly PatchSite[] {
    this.#entries ??= TABLES.flatMap((table) => this.#read(table));
    const found = this.#listed(start, size, this.#entries);
    const run = this.#placement.toRun(start);
    const pages = this.#placement.file.elf.relocatable ? undefined : this.#address('ftrace_pages_start');
    if (run !== undefined && pages !== undefined) found.push(...ftraceSites(this.#prog, pages, run, size));
    return found;
  }

  #listed(start: Addr, size: Bytes, entries: readonly Entries[]): PatchSite[] {
    const found: PatchSite[] = [];
    const low = Number(start & 0xffffffffn) | 0;
    const le = this.#prog.arch.littleEndian;
    for (const { table, bytes, link, stride, sizeAt } of entries) {
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      // The code of one file lies within 2 GiB: the low words tell.
      const base = (Number(link & 0xffffffffn) - low) | 0;
      const word = !table.relative && !le && this.#prog.pointerSize === 8 ? 4 : 0;
      for (let at = 0; at + stride <= bytes.length; at += stride) {
        const value = view.getInt32(at + word, le);
        const place = table.relative ? (base + at + value) | 0 : (value - low) | 0;
        const offset = place - (table.before ?? 0);
        if (offset >= size || offset < -64) continue;
        const length = sizeAt === undefined ? table.size : (bytes[at + sizeAt] as number);
        if (offset + length > 0) found.push({ offset, size: length, kind: table.kind });
      }
    }
    return found;
  }

  /** Run-time address of a symbol that the kernel's own table may lack. */
  #address(name: string): Addr | undefined {
    const known = this.#prog.findSymbol(name);
    if (known) return known.address;
    const link = fileSymbol(this.#placement.file.elf, name);
    return link === undefined ? undefined : this.#placement.toRun(link);
  }

  #read(table: Table): readonly Entries[] {
    try {
      const found = this.#content(table);
      if (!found) return [];
      const stride = table.stride(this.#prog);
      const sizeAt = table.sizeAt?.(this.#prog);
      return stride >= 4 && (sizeAt ?? 0) < stride ? [{ table, ...found, stride, sizeAt }] : [];
    } catch (e) {
      if (e instanceof AnalysisError) return [];
      throw e;
    }
  }

  #content({ section, bounds }: Table): Pick<Entries, 'bytes' | 'link'> | undefined {
    const { elf } = this.#placement.file;
    const index = elf.sectionIndex(section);
    if (index >= 0) {
      const data = elf.sectionData(index);
      // Relative relocations of object files count from the section's beginning.
      const link = elf.relocatable ? 0n : elf.sectionAddress(index);
      return data && { bytes: data.bytes(0, data.size, section), link };
    }
    if (elf.relocatable || !bounds) return undefined;
    const [first, end] = bounds.map((name) => {
      const at = this.#address(name);
      return at === undefined ? undefined : this.#placement.toLink(at);
    });
    const around = elf.sections.findIndex(
      (s, i) => first !== undefined && elf.isLoaded(i) && first >= s.address && first < s.address + BigInt(s.size),
    );
    const data = around < 0 ? undefined : elf.sectionData(around);
    if (!data || first === undefined || end === undefined || end <= first) return undefined;
    const offset = Number(first - (elf.sections[around]?.address ?? 0n));
    return { bytes: data.bytes(offset, Number(end - first), section), link: first };
  }
}
