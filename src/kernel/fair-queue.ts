import { CorruptError } from '../base/errors.ts';
import { addrAdd } from '../base/u64.ts';
import type { Addr } from '../base/units.ts';
import type { Problem } from '../program/ports.ts';
import type { Program } from '../program/program.ts';
import { isKernelPointer } from './kernel-struct.ts';
import { noteProblem } from './note-problem.ts';
import { rbtreeEntries } from './rbtree.ts';

/** Task groups inside task groups; a cgroup hierarchy of the kernel is at most this deep in practice. */
const MAX_DEPTH = 64;
const MAX_NAME = 256;

/** Something that a fair run queue would run: a task, or a group with a queue of its own. */
export interface FairEntity {
  /** `struct task_struct *`; undefined for a group. */
  readonly task?: Addr;
  readonly group?: FairQueue;
  /** It runs, and is therefore not in the tree. */
  readonly current: boolean;
}

/** `struct cfs_rq`: the fair run queue of a task group on a CPU. */
export interface FairQueue {
  readonly address: Addr;
  /** `struct task_group *`; 0n without CONFIG_FAIR_GROUP_SCHED. */
  readonly taskGroup: Addr;
  /** Of its cgroup; undefined for the root and for groups without one. */
  readonly name?: string;
  readonly throttled: boolean;
  /** The running one first, then in the order of the tree. */
  readonly entities: readonly FairEntity[];
}

/**
 * The fair run queue at an address, with those of the groups in it.
 * @param queue `struct cfs_rq *` @throws NotFoundError when the types are unknown
 */
export function fairQueue(prog: Program, queue: Addr, problems: Problem[], depth = 0): FairQueue {
  const entities: FairEntity[] = [];
  const what = `fair run queue ${queue.toString(16)}`;
  try {
    if (depth > MAX_DEPTH) throw new CorruptError(queue, `${what}: groups are nested more than ${MAX_DEPTH} deep`);
    const add = (entity: Addr, current: boolean): void => {
      entities.push(entityAt(prog, entity, current, problems, depth));
    };
    const running = prog.memory.ulong(addrAdd(queue, prog.offset('cfs_rq', 'curr')));
    if (isKernelPointer(prog, running)) add(running, true);
    const node = prog.offset('sched_entity', 'run_node');
    const root = addrAdd(queue, prog.offset('cfs_rq', 'tasks_timeline'));
    for (const at of rbtreeEntries(prog, root, what)) add(addrAdd(at, -node), false);
  } catch (e) {
    noteProblem(problems, what, e);
  }
  const group = prog.findMember('cfs_rq', 'tg');
  const taskGroup = group ? prog.memory.ulong(addrAdd(queue, group.offset)) : 0n;
  const name = depth > 0 ? groupName(prog, taskGroup) : undefined;
  return { address: queue, taskGroup, ...(name && { name }), throttled: isThrottled(prog, queue), entities };
}

function entityAt(prog: Program, entity: Addr, current: boolean, problems: Problem[], depth: number): FairEntity {
  const own = prog.findMember('sched_entity', 'my_q'); // CONFIG_FAIR_GROUP_SCHED
  const queue = own ? prog.memory.ulong(addrAdd(entity, own.offset)) : 0n;
  if (queue !== 0n) return { group: fairQueue(prog, queue, problems, depth + 1), current };
  return { task: addrAdd(entity, -prog.offset('task_struct', 'se')), current };
}

/** Tasks of a queue and of the groups in it, those of the running group first; the running task itself is left out. */
export function waitingTasks(queue: FairQueue): Addr[] {
  return queue.entities.flatMap((entity) => {
    if (entity.group) return waitingTasks(entity.group);
    return entity.task !== undefined && !entity.current ? [entity.task] : [];
  });
}

/** Whether its bandwidth is used up (CONFIG_CFS_BANDWIDTH). */
function isThrottled(prog: Program, queue: Addr): boolean {
  const throttled = prog.findMember('cfs_rq', 'throttled');
  return throttled !== undefined && prog.at('cfs_rq', queue).get('throttled').toBigInt() !== 0n;
}

/** The name of the directory of a group's cgroup. */
function groupName(prog: Program, taskGroup: Addr): string | undefined {
  if (!isKernelPointer(prog, taskGroup) || !prog.findMember('task_group', 'css.cgroup')) return undefined;
  const cgroup = prog.at('task_group', taskGroup).get('css.cgroup').toBigInt();
  if (!isKernelPointer(prog, cgroup)) return undefined;
  const node = prog.at('cgroup', cgroup).get('kn').toBigInt();
  return isKernelPointer(prog, node) ? prog.at('kernfs_node', node).get('name').toText(MAX_NAME) : undefined;
}
