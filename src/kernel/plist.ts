import { FAULT_TEXT } from '../base/errors.ts';
import { addrAdd } from '../base/u64.ts';
import type { Addr } from '../base/units.ts';
import type { Program } from '../program/program.ts';
import { listBothWays } from './list.ts';

/** An entry of a list that is sorted by priority. */
export interface PlistEntry {
  /** `struct plist_node *` */
  readonly node: Addr;
  readonly priority: number;
}

/** What a priority list holds, and where it is broken. */
export interface PlistWalk {
  readonly entries: readonly PlistEntry[];
  readonly damage: readonly string[];
}

/**
 * A `struct plist_head` list in its order. An entry whose priority is below that of the one before it is damage.
 * @param head address of the head, `struct plist_head *`
 * @throws NotFoundError when the types are unknown
 */
export function plistEntries(prog: Program, head: Addr, what: string): PlistWalk {
  const link = prog.offset('plist_node', 'node_list');
  const priority = prog.offset('plist_node', 'prio');
  const walk = listBothWays(prog, addrAdd(head, prog.offset('plist_head', 'node_list')), what);
  const entries: PlistEntry[] = [];
  const damage = [...walk.damage];
  for (const at of walk.entries) {
    const node = addrAdd(at, -link);
    const word = new Uint8Array(4);
    const fault = prog.memory.tryRead(addrAdd(node, priority), word);
    if (fault) {
      damage.push(`${what}: a node is ${FAULT_TEXT[fault]}`);
      continue;
    }
    const entry = { node, priority: new DataView(word.buffer).getInt32(0, prog.arch.littleEndian) };
    const before = entries.at(-1);
    if (before && before.priority > entry.priority) {
      damage.push(`${what}: priority ${entry.priority} stands behind ${before.priority}`);
    }
    entries.push(entry);
  }
  return { entries, damage };
}
