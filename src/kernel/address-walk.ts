import type { FaultReason } from '../base/errors.ts';
import { NotFoundError } from '../base/errors.ts';
import { addrAdd } from '../base/u64.ts';
import type { Addr, Bytes, PhysAddr } from '../base/units.ts';
import { type WalkStep, walkSteps } from '../memory/page-walk.ts';
import type { PageTables } from '../program/ports.ts';
import type { Program } from '../program/program.ts';

/** The page-table entries that lead to an address. */
export interface AddressWalk {
  readonly tables: PageTables;
  readonly root: PhysAddr;
  readonly steps: readonly WalkStep[];
  /** Where it is mapped to; undefined when it is not. */
  readonly physical: PhysAddr | undefined;
  readonly fault: FaultReason | undefined;
  /** Bytes of the page that maps it; 0 when none does. */
  readonly pageBytes: Bytes;
}

/**
 * Walks the page tables for `at`. @param pgd `mm->pgd` of the address space; absent: the kernel's own
 * @throws NotFoundError when this CPU's tables cannot be shown, or the root is not there
 */
export function addressWalk(prog: Program, at: Addr, pgd?: Addr): AddressWalk {
  const known = prog.map.tables;
  if (!known) throw new NotFoundError('page tables', 'of this CPU', 'their layout is not known');
  let root = prog.map.root;
  const direct = pgd === undefined ? known.withoutTables?.(at) : undefined;
  if (direct !== undefined) {
    return { tables: known, root, steps: [], physical: direct, fault: undefined, pageBytes: prog.pageSize };
  }
  if (pgd !== undefined) {
    const where = prog.memory.translate(pgd);
    if (typeof where === 'string') throw new NotFoundError('page tables', pgd.toString(16), where);
    root = where.phys;
  }
  const tables = { ...known, ...known.tablesAt?.(root) };
  const { steps, end } = walkSteps(prog.physical, tables.format, root, at);
  const mapped = typeof end !== 'string';
  const shift = tables.format.levels[steps.length - 1]?.shift ?? 0;
  return {
    tables,
    root,
    steps,
    physical: mapped ? end.phys : undefined,
    fault: mapped ? undefined : end,
    pageBytes: mapped ? 2 ** shift : 0,
  };
}

/** `mm->pgd` of a task; undefined of a kernel thread. @param task `struct task_struct *` @throws MemoryFault */
export function taskPageTables(prog: Program, task: Addr): { readonly mm: Addr; readonly pgd: Addr } | undefined {
  const mm = prog.memory.ulong(addrAdd(task, prog.offset('task_struct', 'mm')));
  if (mm === 0n) return undefined;
  return { mm, pgd: prog.memory.ulong(addrAdd(mm, prog.offset('mm_struct', 'pgd'))) };
}
