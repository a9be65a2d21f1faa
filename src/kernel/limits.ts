import { attempt } from '../base/attempt.ts';
import { addrAdd } from '../base/u64.ts';
import type { Addr } from '../base/units.ts';
import type { Program } from '../program/program.ts';
import { descriptorFiles } from './descriptor-files.ts';
import { enumerators } from './enumerators.ts';
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
  const { memory } = prog;
  const [sets, states] = [prog.offset('task_struct', 'cgroups'), prog.offset('css_set', 'subsys')];
  const [css, parent] = [prog.offset('pids_cgroup', 'css'), prog.offset('cgroup_subsys_state', 'parent')];
  const members = new Map<Addr, TaskRecord[]>();
  for (const task of taskTable(prog).tasks) {
    if (task.idle) continue;
    const set = attempt(() => memory.ulong(addrAdd(task.address, sets))) ?? 0n;
    let at = isKernelPointer(prog, set) ? memory.ulong(addrAdd(set, states + index * prog.arch.pointerSize)) : 0n;
    for (let depth = 0; at !== 0n && depth < 64 && members.size < MAX_GROUPS; depth++) {
      const list = members.get(at);
      if (list) list.push(task);
      else members.set(at, [task]);
      at = memory.ulong(addrAdd(at, parent));
    }
  }
  return [...members].flatMap(([at, tasks]) => {
    const group = prog.at('pids_cgroup', addrAdd(at, -css));
    const used = Number(group.get('counter.counter').toBigInt());
    const limit = Number(
      BigInt.asIntN(64, group.get('limit').find('counter')?.toBigInt() ?? group.get('limit').toBigInt()),
    );
    // PIDS_MAX, one more than there can be pids, stands for none
    if (limit < 0 || limit > 2 ** 22 || used < limit) return [];
    const path = cgroupPath(prog, prog.at('cgroup_subsys_state', at).get('cgroup').toBigInt());
    return [{ kind: 'group-pids' as const, used, limit, group: path, most: mostAlike(tasks) }];
  });
}
