import { FAULT_TEXT } from '../base/errors.ts';
import { hex } from '../base/hex.ts';
import { addrAdd } from '../base/u64.ts';
import type { Addr } from '../base/units.ts';
import type { Program } from '../program/program.ts';
import { KernelStruct } from './kernel-struct.ts';
import { listBothWays } from './list.ts';

/** The lowest bit of `n_klist`: the node is being removed (KNODE_DEAD, lib/klist.c). */
const DEAD = 1n;

/** An entry of a `struct klist`. */
export interface KlistEntry {
  /** `struct klist_node *` */
  readonly node: Addr;
  /** It is being removed; the kernel's own walks leave it out. */
  readonly dead: boolean;
}

/** What a klist holds, and where it is broken. */
export interface KlistWalk {
  readonly entries: readonly KlistEntry[];
  readonly damage: readonly string[];
}

/**
 * A `struct klist`, as drivers, devices and buses use it. A node that states another list as its own is damage.
 * @param list `struct klist *`
 * @throws NotFoundError when the types are unknown
 */
export function klistEntries(prog: Program, list: Addr, what: string): KlistWalk {
  const link = prog.offset('klist_node', 'n_node');
  const owner = prog.offset('klist_node', 'n_klist');
  const walk = listBothWays(prog, addrAdd(list, prog.offset('klist', 'k_list')), what);
  const damage = [...walk.damage];
  const raw = new KernelStruct(prog, prog.type('klist_node').size);
  const entries: KlistEntry[] = [];
  for (const at of walk.entries) {
    const node = addrAdd(at, -link);
    const fault = raw.load(node);
    if (fault) {
      damage.push(`${what}: a node is ${FAULT_TEXT[fault]}`);
      continue;
    }
    const klist = raw.pointer(owner);
    if ((klist & ~DEAD) !== list) damage.push(`${what}: a node that belongs to the list ${hex(klist & ~DEAD)}`);
    entries.push({ node, dead: (klist & DEAD) !== 0n });
  }
  return { entries, damage };
}
