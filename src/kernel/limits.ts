import { attempt } from '../base/attempt.ts';
import { addrAdd } from '../base/u64.ts';
import type { Addr, Bytes } from '../base/units.ts';
import type { Program } from '../program/program.ts';
import { descriptorFiles } from './descriptor-files.ts';
import { enumerators } from './enumerators.ts';
import { hlistEntries } from './hlist.ts';
import { isKernelPointer, KernelStruct } from './kernel-struct.ts';
import { cgroupPath } from './memory-cgroup.ts';
import { percpuCounters } from './memory-usage.ts';
import { type TaskRecord, taskTable } from './task.ts';
import { intVariable } from './variable.ts';

/** A limit of the whole machine or of a control group that lets nobody have more. */
export interface ReachedLimit {
  readonly kind: 'pids' | 'threads' | 'files' | 'group-pids';
  readonly used: number;
  readonly limit: number;
  /** The control group of `group-pids`. */
  readonly group?: string;
  /** Who has the most of it: tasks of one name, or a process with open files. */
  readonly most:
    | { readonly task: TaskRecord; readonly count: number; readonly parent?: TaskRecord; readonly alike?: Alike }
    | undefined;
}

/** Processes of one name, and what they have together. */
export interface Alike {
  readonly processes: number;
  readonly count: number;
}

/** Numbers below are given out once, before the first turn round (RESERVED_PIDS, kernel/pid.c). */
export const RESERVED_PIDS = 300;
/** A pid lives on in sessions and process groups of which no task is left. */
const SLACK = 8;
const MAX_GROUPS = 100_000;
const MAX_DEPTH = 64;
/** Of the hash table of sets of groups. */
const MAX_HEADS = 4096;

/** Limits that are reached now. Never throws: what cannot be read is not reached. */
export function reachedLimits(prog: Program): ReachedLimit[] {
  const ways = [() => pids(prog), () => threads(prog), () => files(prog)];
  return [...ways.flatMap((way) => attempt(way) ?? []), ...(attempt(() => groupPids(prog)) ?? [])];
}

function pids(prog: Program): ReachedLimit[] {
  // a member of the namespace since "pid: allow pid_max to be set per pid namespace" (v6.14)
  const own = prog.findMember('pid_namespace', 'pid_max');
  const first = prog.findSymbol('init_pid_ns');
  const limit = own && first ? prog.memory.i32(addrAdd(first.address, own.offset)) : intVariable(prog, 'pid_max');
  const numbers = new Set(
    taskTable(prog)
      .tasks.map((t) => t.pid)
      .filter((p) => p >= RESERVED_PIDS),
  );
  if (limit === undefined || limit <= RESERVED_PIDS || numbers.size < limit - RESERVED_PIDS - SLACK) return [];
  return [{ kind: 'pids', used: numbers.size, limit, most: mostAlike(taskTable(prog).tasks) }];
}

function threads(prog: Program): ReachedLimit[] {
  const [used, limit] = [intVariable(prog, 'nr_threads'), intVariable(prog, 'max_threads')];
  if (used === undefined || limit === undefined || limit <= 0 || used < limit) return [];
  return [{ kind: 'threads', used, limit, most: mostAlike(taskTable(prog).tasks) }];
}

function files(prog: Program): ReachedLimit[] {
  const stat = prog.findSymbol('files_stat');
  const counter = prog.findSymbol('nr_files');
  if (!stat || !counter) return [];
  const limit = Number(prog.at('files_stat_struct', stat.address).get('max_files').toBigInt());
  const reader = percpuCounters(prog);
  const copy = new KernelStruct(prog, reader.size);
  prog.memory.read(counter.address, copy.bytes);
  const used = reader.common(copy, 0) + (reader.parts(copy, [0])[0] ?? 0);
  return used < limit ? [] : [{ kind: 'files', used, limit, most: mostFiles(prog) }];
}

/** The process with the most open files. */
function mostFiles(prog: Program): ReachedLimit['most'] {
  const counts = new Map<TaskRecord, number>();
  const seen = new Set<Addr>();
  for (const { task, file } of descriptorFiles(prog)) {
    if (seen.has(file)) continue; // what processes share is one file
    seen.add(file);
    counts.set(task, (counts.get(task) ?? 0) + 1);
  }
  const [top] = [...counts].sort((a, b) => b[1] - a[1]);
  if (!top) return undefined;
  const same = [...counts].filter(([task]) => task.comm === top[0].comm);
  const alike = { processes: same.length, count: same.reduce((sum, [, count]) => sum + count, 0) };
  return { task: top[0], count: top[1], ...(alike.processes > 1 && { alike }) };
}

/** Tasks of the same name under the same parent are of one kind. */
function mostAlike(tasks: readonly TaskRecord[]): ReachedLimit['most'] {
  const kinds = new Map<string, { task: TaskRecord; count: number }>();
  for (const task of tasks) {
    if (task.idle || task.kernelThread) continue;
    const key = `${task.ppid} ${task.comm}`;
    const known = kinds.get(key);
    kinds.set(key, { task: known?.task ?? task, count: (known?.count ?? 0) + 1 });
  }
  const [top] = [...kinds.values()].sort((a, b) => b.count - a.count);
  const parent = top && tasks.find((t) => t.pid === top.task.ppid);
  return top && { ...top, ...(parent && { parent }) };
}

/** pids.max of the groups of all tasks (kernel/cgroup/pids.c). */
function groupPids(prog: Program): ReachedLimit[] {
  const index = enumerators(prog, 'cgroup_subsys_id').get('pids_cgrp_id');
  if (index === undefined || !prog.findType('pids_cgroup')) return [];
  const css = prog.offset('pids_cgroup', 'css');
  const groups = new GroupStates(prog, index);
  const reached: ReachedLimit[] = [];
  for (const at of groups.all()) {
    const group = prog.at('pids_cgroup', addrAdd(at, -css));
    const used = Number(group.get('counter.counter').toBigInt());
    const limit = Number(
      BigInt.asIntN(64, group.get('limit').find('counter')?.toBigInt() ?? group.get('limit').toBigInt()),
    );
    // PIDS_MAX, one more than there can be pids, stands for none
    if (limit < 0 || limit > 2 ** 22 || used < limit) continue;
    const path = cgroupPath(prog, prog.at('cgroup_subsys_state', at).get('cgroup').toBigInt());
    reached.push({ kind: 'group-pids', used, limit, group: path, most: mostAlike(groups.members(at)) });
  }
  return reached;
}

/** The states that one controller keeps of control groups, `struct cgroup_subsys_state *`. */
class GroupStates {
  readonly #prog: Program;
  /** Of the controller in `css_set.subsys`. */
  readonly #state: Bytes;
  readonly #parent: Bytes;

  constructor(prog: Program, index: number) {
    this.#prog = prog;
    this.#state = prog.offset('css_set', 'subsys') + index * prog.arch.pointerSize;
    this.#parent = prog.offset('cgroup_subsys_state', 'parent');
  }

  /** Of all groups that have tasks, and of those around them. */
  all(): ReadonlySet<Addr> {
    const found = new Set<Addr>();
    for (const set of this.#sets()) {
      for (const at of this.#around(set)) {
        if (found.has(at) || found.size >= MAX_GROUPS) break;
        found.add(at);
      }
    }
    return found;
  }

  members(state: Addr): TaskRecord[] {
    const known = new Map<Addr, boolean>();
    return taskTable(this.#prog).tasks.filter((task) => {
      const set = task.idle ? 0n : this.#setOf(task);
      if (!known.has(set)) known.set(set, [...this.#around(set)].includes(state));
      return known.get(set);
    });
  }

  /** `struct css_set *`: from their hash table, which takes less than to ask all tasks. */
  #sets(): Iterable<Addr> {
    const prog = this.#prog;
    const table = prog.findSymbol('css_set_table');
    if (!table || table.size === 0) return new Set(taskTable(prog).tasks.map((task) => this.#setOf(task)));
    const link = prog.offset('css_set', 'hlist');
    const heads = Array.from({ length: Math.min(table.size / prog.arch.pointerSize, MAX_HEADS) }, (_, i) =>
      addrAdd(table.address, i * prog.arch.pointerSize),
    );
    return heads.flatMap((head) =>
      (attempt(() => [...hlistEntries(prog, head, 'sets of control groups', MAX_GROUPS)]) ?? []).map((node) =>
        addrAdd(node, -link),
      ),
    );
  }

  #setOf(task: TaskRecord): Addr {
    const at = addrAdd(task.address, this.#prog.offset('task_struct', 'cgroups'));
    return attempt(() => this.#prog.memory.ulong(at)) ?? 0n;
  }

  /** The state in a set, and those of the groups around it. */
  *#around(set: Addr): Iterable<Addr> {
    const prog = this.#prog;
    if (!isKernelPointer(prog, set)) return;
    let at = attempt(() => prog.memory.ulong(addrAdd(set, this.#state))) ?? 0n;
    for (let depth = 0; isKernelPointer(prog, at) && depth < MAX_DEPTH; depth++) {
      yield at;
      at = attempt(() => prog.memory.ulong(addrAdd(at, this.#parent))) ?? 0n;
    }
  }
}
