import type { Addr } from '../base/units.ts';
import type { Program } from '../program/program.ts';

/** A range of physical addresses and what it is, in the words of the kernel or its firmware. */
export interface MemoryRange {
  readonly start: bigint;
  /** Behind the last address. */
  readonly end: bigint;
  readonly type: string;
}

const MAX_RANGES = 4096;

/** `enum e820_type`, Linux arch/x86/include/asm/e820/types.h. */
const E820_TYPES: Readonly<Record<number, string>> = {
  1: 'E820_RAM',
  2: 'E820_RESERVED',
  3: 'E820_ACPI',
  4: 'E820_NVS',
  5: 'E820_UNUSABLE',
  7: 'E820_PMEM',
  12: 'E820_PRAM',
  4026531839: 'E820_SOFT_RESERVED',
};

/**
 * The physical address space: the firmware's table where the kernel keeps one (`e820_table`), else the kernel's own tree of
 * resources. Bounded by what can be a table; a broken link ends the list.
 */
export function memoryMap(prog: Program): readonly MemoryRange[] {
  const table = prog.findSymbol('e820_table');
  return table && prog.findType('struct e820_table') ? e820(prog, prog.memory.u64(table.address)) : resources(prog);
}

/** `struct e820_table { __u32 nr_entries; struct e820_entry entries[]; }` */
function e820(prog: Program, table: Addr): MemoryRange[] {
  const { memory } = prog;
  const at = (type: string, member: string): bigint => BigInt(prog.offset(type, member));
  const size = prog.type('struct e820_entry').size;
  const [addr, length, type] = ['addr', 'size', 'type'].map((m) => at('e820_entry', m)) as [bigint, bigint, bigint];
  const count = Math.min(memory.u32(table + at('e820_table', 'nr_entries')), MAX_RANGES);
  const first = table + at('e820_table', 'entries');
  return Array.from({ length: count }, (_, i) => {
    const entry = first + BigInt(i * size);
    const start = memory.u64(entry + addr);
    const kind = memory.u32(entry + type);
    const end = BigInt.asUintN(64, start + memory.u64(entry + length));
    return { start, end, type: E820_TYPES[kind] ?? `type ${kind}` };
  });
}

/** Children of `struct resource iomem_resource`; their ranges include the last address. */
function resources(prog: Program): MemoryRange[] {
  const { memory } = prog;
  const member = (name: string): bigint => BigInt(prog.offset('resource', name));
  const seen = new Set<Addr>();
  const found: MemoryRange[] = [];
  let at = memory.u64(prog.symbol('iomem_resource') + member('child'));
  while (at !== 0n && !seen.has(at) && found.length < MAX_RANGES) {
    seen.add(at);
    const name = memory.u64(at + member('name'));
    found.push({
      start: memory.u64(at + member('start')),
      end: BigInt.asUintN(64, memory.u64(at + member('end')) + 1n),
      type: name === 0n ? '' : memory.cString(name, 64),
    });
    at = memory.u64(at + member('sibling'));
  }
  return found;
}
