import { attempt } from '../base/attempt.ts';
import type { Addr, Bytes, PhysAddr } from '../base/units.ts';
import type { StackRange } from '../program/ports.ts';
import type { Program } from '../program/program.ts';

const MAX_PAGES = 256;

/**
 * Where the pages of a task's stack are in physical memory, by the list of them that the kernel keeps for freeing them
 * (`task_struct.stack_vm_area`, CONFIG_VMAP_STACK, Linux commit ba14a194a434, v4.9): for a dump that lacks the page tables of
 * the stack. `undefined` for an entry that cannot be read; empty when there is no such list.
 */
export function stackPages(prog: Program, task: Addr, stack: StackRange): readonly (PhysAddr | undefined)[] {
  return attempt(() => pagesOf(prog, task, stack)) ?? [];
}

function pagesOf(prog: Program, task: Addr, stack: StackRange): (PhysAddr | undefined)[] {
  const { memory, pageSize } = prog;
  const member = (type: string, name: string): bigint => BigInt(prog.offset(type, name));
  const area = memory.ulong(task + member('task_struct', 'stack_vm_area'));
  const vmemmap = prog.map.vmemmap ?? prog.arch.addressLayout?.(prog).vmemmap;
  const size: Bytes = prog.type('page').size;
  if (area === 0n || vmemmap === undefined || size === 0) return [];
  if (memory.ulong(area + member('vm_struct', 'addr')) !== stack.low) return [];
  const list = memory.ulong(area + member('vm_struct', 'pages'));
  const count = Math.min(Number(stack.high - stack.low) / pageSize, MAX_PAGES);
  return Array.from({ length: count }, (_, i) => {
    const page = attempt(() => memory.ulong(list + BigInt(i * memory.pointerSize)));
    const distance = page === undefined ? -1 : Number(page - vmemmap);
    return distance >= 0 && distance % size === 0 ? (distance / size) * pageSize : undefined;
  });
}
