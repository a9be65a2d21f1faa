import { NotFoundError } from '../base/errors.ts';
import { Lazy } from '../base/lazy.ts';
import { addrDistance } from '../base/u64.ts';
import type { Addr } from '../base/units.ts';
import type { DebugInfo, DebugProvider, UnwindRow } from '../program/ports.ts';
import type { Program } from '../program/program.ts';
import { ORC_ROW_SIZE, type OrcLayout, type OrcTable, orcLayout, parseOrcRow } from './orc-layout.ts';
import { type ModuleOrc, moduleOrcTables } from './orc-modules.ts';

const MAX_ROWS = 1 << 24;
/** `orc_lookup` has one entry for so many bytes of text: LOOKUP_BLOCK_SIZE in arch/x86/include/asm/orc_lookup.h. */
const LOOKUP_BLOCK = 256;
/** Rows kept: the stacks of a dump share most of their return addresses. */
const MAX_KNOWN = 4096;
/** Rows looked at to tell the layout. */
const SAMPLE = 512;

/**
 * Unwind rows from the ORC tables in the kernel's memory, vmlinux's and each module's.
 * Source: Linux Documentation/arch/x86/orc-unwinder.rst, arch/x86/kernel/unwind_orc.c.
 */
export const orc: DebugProvider = {
  name: 'ORC',
  offers: ['unwind-rows'],
  open(prog: Program): DebugInfo {
    const kernel = kernelTable(prog);
    const sample = new Uint8Array(Math.min(SAMPLE, kernel.count) * ORC_ROW_SIZE);
    const middle = Math.floor(kernel.count / 2) - Math.floor(sample.length / ORC_ROW_SIZE / 2);
    prog.memory.read(kernel.rows + BigInt(middle * ORC_ROW_SIZE), sample);
    const layout = orcLayout(new DataView(sample.buffer), prog);
    if (!layout) throw new NotFoundError('ORC tables', 'in a form that this program knows');
    const modules = new Lazy(() => moduleOrcTables(prog));
    const known = new Map<Addr, UnwindRow | undefined>();
    return {
      unwindRow(pc) {
        let row = known.get(pc);
        if (row === undefined && !known.has(pc)) {
          row = kernelRow(prog, kernel, layout, pc) ?? moduleRow(prog, modules.get(), layout, pc);
          if (known.size >= MAX_KNOWN) known.clear();
          known.set(pc, row);
        }
        return row;
      },
    };
  },
};

/** vmlinux's tables: the linker script puts the rows right behind the addresses. */
function kernelTable(prog: Program): OrcTable {
  const ips = prog.symbol('__start_orc_unwind_ip');
  const rows = prog.symbol('__start_orc_unwind');
  const count = Number((rows - ips) / 4n);
  if (count < 1 || count > MAX_ROWS) {
    throw new NotFoundError('ORC tables', 'in this kernel', `${count} rows are outside 1 to ${MAX_ROWS}`);
  }
  return { ips, rows, count };
}

/** Distance of instruction address `i` from the start of the table. */
function ipAt(prog: Program, table: OrcTable, i: number): number {
  return i * 4 + prog.memory.i32(table.ips + BigInt(i * 4));
}

/** Last row in `[first, last]` that begins at or before `target`; -1 when none does. */
function search(prog: Program, table: OrcTable, target: number, first: number, last: number): number {
  let low = first;
  let high = last;
  let found = -1;
  while (low <= high) {
    const mid = (low + high) >>> 1;
    if (ipAt(prog, table, mid) <= target) {
      found = mid;
      low = mid + 1;
    } else {
      high = mid - 1;
    }
  }
  return found;
}

function rowAt(prog: Program, table: OrcTable, i: number, layout: OrcLayout): UnwindRow {
  const bytes = prog.memory.bytes(table.rows + BigInt(i * ORC_ROW_SIZE), ORC_ROW_SIZE);
  return parseOrcRow(new DataView(bytes.buffer), layout);
}

/** Text and init text lie on both sides of the tables, so it is the addresses themselves that bound what they cover. */
function kernelRow(prog: Program, table: OrcTable, layout: OrcLayout, pc: Addr): UnwindRow | undefined {
  const target = addrDistance(pc, table.ips);
  if (target === undefined || target < ipAt(prog, table, 0) || target > ipAt(prog, table, table.count - 1))
    return undefined;
  const near = lookUp(prog, table, pc, target);
  const i = near >= 0 ? near : search(prog, table, target, 0, table.count - 1);
  return i < 0 ? undefined : rowAt(prog, table, i, layout);
}

/**
 * By the kernel's own index, which spares pages: two of its entries, then a few addresses. -1 when it does not cover `pc`
 * or does not hold what it should, which a look at the neighbours shows.
 */
function lookUp(prog: Program, table: OrcTable, pc: Addr, target: number): number {
  const index = (table.rows + BigInt(table.count * ORC_ROW_SIZE) + 3n) & ~3n;
  const text = prog.findSymbol('_stext')?.address;
  if (text === undefined || pc < text) return -1;
  const at = index + BigInt(Math.floor(Number(pc - text) / LOOKUP_BLOCK) * 4);
  if (typeof prog.map.translate(at + 7n) === 'string') return -1;
  const first = prog.memory.u32(at);
  const last = prog.memory.u32(at + 4n);
  if (first > last || last >= table.count || last - first > LOOKUP_BLOCK) return -1;
  const i = search(prog, table, target, first, last);
  if (i < 0) return -1;
  return i + 1 >= table.count || ipAt(prog, table, i + 1) > target ? i : -1;
}

function moduleRow(prog: Program, modules: readonly ModuleOrc[], layout: OrcLayout, pc: Addr): UnwindRow | undefined {
  for (const module of modules) {
    if (!module.text.some((range) => pc >= range.start && pc < range.end)) continue;
    const i = search(prog, module, Number(pc - module.ips), 0, module.count - 1);
    return i < 0 ? undefined : rowAt(prog, module, i, layout);
  }
  return undefined;
}
