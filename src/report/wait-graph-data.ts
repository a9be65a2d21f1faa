import { hex64 } from '../base/hex.ts';
import { type LockName, lockName } from '../kernel/lock-name.ts';
import { findTask, type TaskRecord } from '../kernel/task.ts';
import type { WaitKind, WaitMode } from '../kernel/wait-function.ts';
import type { GraphResource, TaskWait, WaitGraph, WaitRoot } from '../kernel/wait-graph.ts';
import type { FoundHow, HolderHow } from '../kernel/wait-resource.ts';
import type { Program } from '../program/program.ts';
import { type ProblemData, problemsOf } from './problems.ts';
import type { TaskName } from './task-data.ts';

/** Who has what others wait for. */
export interface HolderData extends TaskName {
  readonly how: HolderHow;
  readonly sure: boolean;
  readonly mode?: WaitMode;
}

/** What tasks wait for. */
export interface WaitResourceData {
  readonly kind: WaitKind;
  readonly type: string;
  readonly address: string;
  /** Symbol or member of an object; null when neither is known. */
  readonly name: string | null;
  readonly module: string | null;
  readonly object?: { readonly cache: string; readonly address: string; readonly type?: string };
  readonly inode?: string;
  /** A path of that inode. */
  readonly path?: string;
  /** The block device that it is on. */
  readonly device?: string;
  /** Of a buffer: its block of the device. */
  readonly block?: string;
  /** Of an address space, a process that uses it; of a stack, whose it is. */
  readonly owner?: TaskName;
  readonly state: string;
  readonly holders: readonly HolderData[];
  /** How many tasks of the graph wait for it. */
  readonly waiting: number;
}

/** What one task waits for. */
export interface WaitData extends TaskName {
  readonly state: string;
  readonly kind: WaitKind;
  readonly mode?: WaitMode;
  readonly function: string;
  readonly purpose?: string;
  /** The function that waits, beyond those of the lock: `takes_both [module]`. */
  readonly caller?: string;
  readonly seconds: number | null;
  readonly found?: FoundHow;
  /** Index in `resources`; null when what it waits for was not found. */
  readonly resource: number | null;
}

export interface WaitCycleData {
  readonly sure: boolean;
  /** Each waits for the next, the last for the first. */
  readonly tasks: readonly TaskName[];
  /** Index in `resources` of what each waits for. */
  readonly resources: readonly number[];
  /** How many more tasks wait for it. */
  readonly behind: number;
}

export interface WaitRootData extends TaskName {
  readonly state: string;
  /** It is what its CPU runs. */
  readonly running: boolean;
  /** In which function it sleeps, where that is known. */
  readonly function: string | null;
  readonly sure: boolean;
  /** Indices in `resources`. */
  readonly resources: readonly number[];
  readonly waiting: number;
  /** The nearest first. */
  readonly pids: readonly number[];
  readonly longestSeconds: number | null;
}

/** Who waits for whom. */
export interface WaitGraphData {
  readonly waits: readonly WaitData[];
  /** How many tasks wait; more than are listed in a report. */
  readonly total: number;
  readonly resources: readonly WaitResourceData[];
  readonly cycles: readonly WaitCycleData[];
  readonly roots: readonly WaitRootData[];
  readonly problems?: readonly ProblemData[];
}

/** Pids that are told of the tasks behind a root. */
const MAX_PIDS = 32;

/** @param limit waits and roots that are listed @param only keeps the waits of these tasks, and what they are about */
export function waitGraphData(
  prog: Program,
  graph: WaitGraph,
  { limit = Number.POSITIVE_INFINITY, only }: { limit?: number; only?: ReadonlySet<bigint> } = {},
): WaitGraphData {
  const table = new Resources(prog);
  const chosen = graph.waits.filter((w) => !only || only.has(w.task.address));
  const cycles = graph.cycles.filter((c) => !only || c.waits.some((w) => only.has(w.task.address)));
  const roots = graph.roots.filter((r) => !only || only.has(r.task.address));
  return {
    cycles: cycles.map((c) => ({
      sure: c.sure,
      tasks: c.waits.map((w) => nameOf(w.task)),
      resources: c.waits.flatMap((w) => (w.resource ? [table.index(w.resource)] : [])),
      behind: c.behind.length,
    })),
    roots: roots.slice(0, limit).map((r) => rootData(r, table)),
    waits: longestFirst(chosen, limit).map((w) => waitData(w, table)),
    total: chosen.length,
    resources: table.list,
    ...problemsOf(graph.problems),
  };
}

/** All of them in their order, or the ones that wait longest. */
function longestFirst(waits: readonly TaskWait[], limit: number): readonly TaskWait[] {
  if (waits.length <= limit) return waits;
  return [...waits].sort((a, b) => (b.seconds ?? 0) - (a.seconds ?? 0)).slice(0, limit);
}

/** The resources that are spoken of, each once. */
class Resources {
  readonly list: WaitResourceData[] = [];
  readonly #prog: Program;
  readonly #known = new Map<GraphResource, number>();

  constructor(prog: Program) {
    this.#prog = prog;
  }

  index(resource: GraphResource): number {
    const known = this.#known.get(resource);
    if (known !== undefined) return known;
    const index = this.list.length;
    this.#known.set(resource, index);
    this.list.push(resourceData(this.#prog, resource));
    return index;
  }
}

export function resourceData(prog: Program, resource: GraphResource): WaitResourceData {
  const { kind, type, address, state, waiting } = resource;
  const name = lockName(prog, address, type);
  const holders = resource.holders.flatMap(({ task, how, sure, mode }) => {
    const record = findTask(prog, task);
    return record ? [{ ...nameOf(record), how, sure, ...(mode && { mode }) }] : [];
  });
  return {
    ...{ kind, type, address: hex64(address), ...named(name), state, holders, waiting: waiting.length },
  };
}

type Named = Pick<WaitResourceData, 'name' | 'module' | 'object' | 'inode' | 'path' | 'device' | 'block' | 'owner'>;

function named(name: LockName | undefined): Named {
  const object = name?.object;
  return {
    name: name?.text ?? null,
    module: name?.module ?? null,
    ...(object && { object: { ...object, address: hex64(object.address) } }),
    ...(name?.inode !== undefined && { inode: String(name.inode) }),
    ...(name?.path !== undefined && { path: name.path }),
    ...(name?.device !== undefined && { device: name.device }),
    ...(name?.block !== undefined && { block: String(name.block) }),
    ...(name?.task && { owner: nameOf(name.task) }),
  };
}

function waitData({ task, site, caller, seconds, found, resource }: TaskWait, table: Resources): WaitData {
  return {
    ...nameOf(task),
    state: task.state,
    kind: site.kind,
    ...(site.mode && { mode: site.mode }),
    function: site.function,
    ...(site.purpose !== undefined && { purpose: site.purpose }),
    ...(caller && { caller: caller.module === undefined ? caller.function : `${caller.function} [${caller.module}]` }),
    seconds: seconds ?? null,
    ...(found && { found }),
    resource: resource ? table.index(resource) : null,
  };
}

function rootData(root: WaitRoot, table: Resources): WaitRootData {
  const { task, own, sure, resources, waiting, longestSeconds } = root;
  return {
    ...nameOf(task),
    state: task.state,
    running: task.active,
    function: own?.site.function ?? null,
    sure,
    resources: resources.map((r) => table.index(r)),
    waiting: waiting.length,
    pids: waiting.slice(0, MAX_PIDS).map((t) => t.pid),
    longestSeconds: longestSeconds ?? null,
  };
}

function nameOf({ pid, address, cpu, comm }: TaskRecord): TaskName {
  return { pid, task: hex64(address), cpu, comm };
}
