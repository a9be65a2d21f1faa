import { NotFoundError } from '../base/errors.ts';
import { addrAdd } from '../base/u64.ts';
import type { Addr } from '../base/units.ts';
import type { Problem } from '../program/ports.ts';
import type { Program } from '../program/program.ts';
import type { Value } from '../program/value.ts';
import { enumerators } from './enumerators.ts';
import { isKernelPointer } from './kernel-struct.ts';
import { listEntries } from './list.ts';
import { attempt, noteProblem } from './note-problem.ts';
import { taskTable } from './task.ts';

/** A memory control group, `struct mem_cgroup`. Sizes in pages. */
export interface MemoryCgroup {
  readonly address: Addr;
  /** From the root of its hierarchy: `/system.slice/ssh.service`. */
  readonly path: string;
  readonly usage: number;
  /** memory.max; undefined for no limit. */
  readonly max: number | undefined;
  /** memory.high; undefined for no limit. */
  readonly high: number | undefined;
  /** memory.swap.max, or memory and swap together (cgroup v1); undefined for no limit or where swap is not counted. */
  readonly swapMax: number | undefined;
  readonly swapUsage: number | undefined;
  /** The most it ever had. */
  readonly peak: number;
  /** How often it met its limit. */
  readonly failures: number;
  /** Events of memory.events: the group ran out of memory; a process of it was killed. */
  readonly oom: number | undefined;
  readonly oomKills: number | undefined;
  /** It is out of memory now. */
  readonly underOom: boolean;
  /** Removed, but something still holds its memory. */
  readonly dying: boolean;
}

export interface MemoryCgroups {
  /** Parents before their children; the root, which has no limit, first. */
  readonly groups: readonly MemoryCgroup[];
  readonly problems: readonly Problem[];
}

const MAX_GROUPS = 20_000;
const MAX_DEPTH = 64;
/** enum memcg_memory_event (include/linux/memcontrol.h), where the types do not tell. */
const EVENTS = { MEMCG_OOM: 3, MEMCG_OOM_KILL: 4 } as const;
/** CSS_ONLINE, include/linux/cgroup-defs.h */
const CSS_ONLINE = 2;

/** Every memory control group; none in a kernel without them. Never throws for damage. */
export function memoryCgroups(prog: Program): MemoryCgroups {
  const problems: Problem[] = [];
  const groups: MemoryCgroup[] = [];
  if (!prog.findMember('mem_cgroup', 'css')) return { groups, problems };
  const root = attempt(problems, 'memory control groups', () => rootGroup(prog)) ?? 0n;
  if (!isKernelPointer(prog, root)) return { groups, problems }; // switched off with cgroup_disable=memory
  const seen = new Set<Addr>();
  const visit = (at: Addr, depth: number): void => {
    if (seen.has(at) || depth > MAX_DEPTH || groups.length >= MAX_GROUPS) return;
    seen.add(at);
    const group = attempt(problems, `memory control group ${at.toString(16)}`, () => readGroup(prog, at));
    if (!group) return;
    groups.push(group);
    try {
      for (const child of children(prog, at)) visit(child, depth + 1);
    } catch (e) {
      noteProblem(problems, `groups below ${group.path}`, e);
    }
  };
  visit(root, 0);
  if (groups.length >= MAX_GROUPS) problems.push({ what: 'memory control groups', why: `more than ${MAX_GROUPS}` });
  return { groups, problems };
}

/** `root_mem_cgroup`; on a kernel that lists no variables the root above the group of a task. */
function rootGroup(prog: Program): Addr {
  const symbol = prog.findSymbol('root_mem_cgroup');
  if (symbol) return prog.memory.ulong(symbol.address);
  const id = enumerators(prog, 'cgroup_subsys_id').get('memory_cgrp_id');
  const task = taskTable(prog).tasks[0];
  if (id === undefined || !task) throw new NotFoundError('symbol', 'root_mem_cgroup');
  const set = prog.memory.ulong(addrAdd(task.address, prog.offset('task_struct', 'cgroups')));
  const parent = prog.offset('cgroup_subsys_state', 'parent');
  let css = prog.memory.ulong(addrAdd(set, prog.offset('css_set', 'subsys') + id * prog.arch.pointerSize));
  for (let depth = 0; depth < MAX_DEPTH; depth++) {
    const up = css === 0n ? 0n : prog.memory.ulong(addrAdd(css, parent));
    if (up === 0n) break;
    css = up;
  }
  return css === 0n ? 0n : addrAdd(css, -prog.offset('mem_cgroup', 'css'));
}

function* children(prog: Program, group: Addr): Generator<Addr> {
  const css = prog.offset('mem_cgroup', 'css');
  const sibling = prog.offset('cgroup_subsys_state', 'sibling');
  const head = addrAdd(group, css + prog.offset('cgroup_subsys_state', 'children'));
  for (const node of listEntries(prog, head, 'memory control groups', MAX_GROUPS)) yield addrAdd(node, -sibling - css);
}

function readGroup(prog: Program, address: Addr): MemoryCgroup {
  const group = prog.at('mem_cgroup', address);
  const memory = group.get('memory');
  // memory.high moved into the counter in commit 8a931f801340 ("mm: memcontrol: recursive memory.low protection" and its series, v5.7)
  const high = memory.find('high') ?? group.find('high');
  const swap = group.find('swap');
  const events = group.find('memory_events');
  const names = enumerators(prog, 'memcg_memory_event');
  const event = (name: keyof typeof EVENTS): number | undefined =>
    events && counted(events.index(names.get(name) ?? EVENTS[name]));
  const flags = group.get('css.flags').toNumber();
  return {
    address,
    path: cgroupPath(prog, group.get('css.cgroup').toBigInt()),
    usage: counted(memory.get('usage')),
    max: limit(prog, memory.first('max', 'limit')),
    high: high && limit(prog, high),
    swapMax: swap && limit(prog, swap.first('max', 'limit')),
    swapUsage: swap && counted(swap.get('usage')),
    peak: counted(memory.get('watermark')),
    failures: counted(memory.get('failcnt')),
    oom: event('MEMCG_OOM'),
    oomKills: event('MEMCG_OOM_KILL'),
    underOom: (group.find('under_oom')?.toNumber() ?? 0) !== 0, // cgroup v1
    dying: (flags & CSS_ONLINE) === 0,
  };
}

function counted(value: Value): number {
  return Math.max(0, Number(BigInt.asIntN(64, value.program.memory.ulong(value.address))));
}

/** PAGE_COUNTER_MAX and what is near it stand for none. */
function limit(prog: Program, value: Value): number | undefined {
  const pages = Number(BigInt.asIntN(64, prog.memory.ulong(value.address)));
  return pages < 0 || pages >= 2 ** 50 / prog.pageSize ? undefined : pages;
}

/** The names of the directories of a group (`struct cgroup`, `struct kernfs_node`). */
export function cgroupPath(prog: Program, cgroup: Addr): string {
  let node = prog.memory.ulong(addrAdd(cgroup, prog.offset('cgroup', 'kn')));
  const name = prog.offset('kernfs_node', 'name');
  // __parent since "kernfs: Use RCU to access kernfs_node::parent" (v6.15)
  const parent = prog.offset('kernfs_node', '__parent', 'parent');
  const names: string[] = [];
  for (let depth = 0; isKernelPointer(prog, node) && depth < MAX_DEPTH; depth++) {
    const up = prog.memory.ulong(addrAdd(node, parent));
    if (!isKernelPointer(prog, up)) break;
    names.unshift(prog.memory.cString(prog.memory.ulong(addrAdd(node, name)), 255));
    node = up;
  }
  return `/${names.join('/')}`;
}
