import { attempt } from '../base/attempt.ts';
import { hex } from '../base/hex.ts';
import { perOwner } from '../base/lazy.ts';
import type { Addr } from '../base/units.ts';
import type { Problem } from '../program/ports.ts';
import type { Program } from '../program/program.ts';
import { futexLockWaiters } from './futex-wait.ts';
import { notedFor } from './lockdep.ts';
import { STARTERS, startedFunction } from './started-function.ts';
import { findTask, type TaskRecord, taskTable } from './task.ts';
import { WaitFinder } from './wait-find.ts';
import { plainName, type WaitSite, waitCaller } from './wait-function.ts';
import { inferHolders } from './wait-holders.ts';
import { interruptibleWaiters } from './wait-interruptible.ts';
import { WaitLinks } from './wait-links.ts';
import type { FoundHow, Holder, WaitResource } from './wait-resource.ts';
import { WaitStack } from './wait-stack.ts';
import { blockedFor } from './wait-times.ts';

/** Stacks that are followed: more tasks than this wait only where something is wrong with all of them. */
const MAX_STACKS = 40_000;

const LOCKS: readonly string[] = ['mutex', 'rwsem', 'percpu-rwsem', 'rt-mutex', 'semaphore', 'futex'];

/** What one task waits for. */
export interface TaskWait {
  readonly task: TaskRecord;
  readonly site: WaitSite;
  /**
   * The function that waits, beyond those of the lock; absent in unknown code. `started`: it has left the stack by a jump; the
   * word says that it is what the thread executes.
   */
  readonly caller?: { readonly function: string; readonly module?: string; readonly started?: Addr };
  /** Undefined when it could not be found: the site is all that is known. */
  readonly resource?: GraphResource;
  readonly found?: FoundHow;
  /** Since it last ran. */
  readonly seconds?: number;
}

/** A resource of the graph; tasks that wait for the same one share the object. */
export interface GraphResource extends WaitResource {
  readonly holders: readonly Holder[];
  /** Tasks of the graph that wait for it. */
  readonly waiting: readonly TaskRecord[];
}

/** Tasks that wait for each other in a circle. */
export interface WaitCycle {
  /** Each waits for something that the next one has; the last for something that the first has. */
  readonly waits: readonly TaskWait[];
  /** Every link of it is told by the memory, none inferred. */
  readonly sure: boolean;
  /** Tasks outside the circle that wait for it, directly or through others. */
  readonly behind: readonly TaskRecord[];
}

/** A task that others wait for and that waits for nobody, as far as is known. */
export interface WaitRoot {
  readonly task: TaskRecord;
  /** What it waits for itself: something that nobody known holds. Absent when it runs, or sleeps for another reason. */
  readonly own?: TaskWait;
  /** What it has that others wait for. */
  readonly resources: readonly GraphResource[];
  /** Tasks that wait for it, directly or through others, the nearest first. */
  readonly waiting: readonly TaskRecord[];
  /** Of the one that has waited longest. */
  readonly longestSeconds?: number;
  readonly sure: boolean;
}

/** Who waits for whom. */
export interface WaitGraph {
  /** Tasks in uninterruptible sleep, tasks that wait for a lock, and tasks that spin; by pid. */
  readonly waits: readonly TaskWait[];
  readonly resources: readonly GraphResource[];
  readonly cycles: readonly WaitCycle[];
  /** The one that most wait for first. */
  readonly roots: readonly WaitRoot[];
  readonly problems: readonly Problem[];
}

/** The graph of a dump. Never throws for damage: what could not be found is left out, with the reason where there is one. */
export const waitGraph = perOwner((prog: Program): WaitGraph => new Builder(prog).graph());

interface Found {
  readonly stack: WaitStack;
  readonly key: string | undefined;
  readonly found: FoundHow | undefined;
}

class Builder {
  readonly #prog: Program;
  readonly #finder: WaitFinder;
  readonly #problems: Problem[] = [];
  readonly #found = new Map<Addr, Found>();
  readonly #resources = new Map<string, WaitResource>();
  readonly #holders = new Set<Addr>();
  #byAddress = new Map<Addr, TaskWait>();

  constructor(prog: Program) {
    this.#prog = prog;
    this.#finder = new WaitFinder(prog);
  }

  graph(): WaitGraph {
    this.#follow(this.#first());
    const shared = this.#shareResources();
    const waits = [...this.#found.values()].flatMap((f) => this.#waitOf(f, shared));
    waits.sort((a, b) => a.task.pid - b.task.pid || a.task.cpu - b.task.cpu);
    this.#byAddress = new Map(waits.map((w) => [w.task.address, w]));
    const links = new WaitLinks(waits);
    const cycles = links.cycles().map((c) => this.#cycle(c, links));
    const resources = [...shared.values()].filter((r) => r.waiting.length > 0);
    for (const { type, address, damage } of resources) {
      if (damage !== undefined) this.#problems.push({ what: `waiters of ${type} ${hex(address)}`, why: damage });
    }
    return { waits, resources, cycles, roots: this.#roots(resources, cycles, links), problems: this.#problems };
  }

  /** Where to begin: who sleeps uninterruptibly, waits for a lock, or runs. */
  #first(): TaskRecord[] {
    const { tasks } = taskTable(this.#prog);
    const chosen = tasks.filter((t) => t.state === 'UN' || t.active);
    const { locks, futexes } = interruptibleWaiters(this.#prog, tasks, this.#problems);
    return [...chosen, ...locks, ...futexLockWaiters(this.#prog, futexes)];
  }

  /** Looks at tasks, and then at those that have what these wait for. */
  #follow(tasks: readonly TaskRecord[]): void {
    for (let next = [...tasks]; next.length > 0; ) {
      const holders: TaskRecord[] = [];
      for (const task of next) {
        if (this.#found.has(task.address)) continue;
        if (this.#found.size >= MAX_STACKS) {
          this.#problems.push({ what: 'waiting tasks', why: `the stacks of ${MAX_STACKS} were followed, and no more` });
          return;
        }
        holders.push(...this.#look(task));
      }
      next = holders;
    }
  }

  #look(task: TaskRecord): TaskRecord[] {
    const stack = new WaitStack(this.#prog, task);
    const wait = this.#isOfInterest(stack) ? this.#finder.find(stack) : undefined;
    const key = wait && keyOf(wait.resource);
    this.#found.set(task.address, { stack, key, found: wait?.found });
    if (!wait || key === undefined || this.#resources.has(key)) return [];
    this.#resources.set(key, wait.resource);
    const known = wait.resource.holders.map((h) => findTask(this.#prog, h.task));
    const waiters = wait.resource.waiters.map((t) => findTask(this.#prog, t));
    return [...known, ...waiters].filter((t) => t !== undefined);
  }

  /** Tens of thousands may sleep interruptibly: of them only those that wait for a lock, or that others wait for. */
  #isOfInterest({ task, site }: WaitStack): boolean {
    return task.state !== 'IN' || task.active || (site !== undefined && LOCKS.includes(site.kind));
  }

  /** Adds to each resource who waits for it, and who may have it where no field says. */
  #shareResources(): Map<string, GraphResource> {
    const waiting = new Map<string, TaskRecord[]>();
    for (const { key, stack } of this.#found.values()) {
      if (key === undefined) continue;
      const list = waiting.get(key);
      if (list) list.push(stack.task);
      else waiting.set(key, [stack.task]);
    }
    const stacks = [...this.#found.values()].map((f) => f.stack);
    const shared = new Map<string, GraphResource>();
    for (const [key, resource] of this.#resources) {
      const tasks = waiting.get(key) ?? [];
      const holders = inferHolders(resource, tasks, stacks, attempt(() => notedFor(this.#prog, resource)) ?? []);
      for (const { task } of holders) this.#holders.add(task);
      shared.set(key, { ...resource, holders, waiting: tasks });
    }
    return shared;
  }

  #waitOf({ stack, key, found }: Found, shared: ReadonlyMap<string, GraphResource>): TaskWait[] {
    const { task, site } = stack;
    const resource = key === undefined ? undefined : shared.get(key);
    if (!site || (!resource && (task.active || (task.state !== 'UN' && !this.#holders.has(task.address))))) return [];
    const seconds = blockedFor(this.#prog, task);
    const caller = callerOf(this.#prog, stack);
    return [
      {
        task,
        site,
        ...(caller && { caller }),
        ...(resource && { resource }),
        ...(found && { found }),
        ...(seconds !== undefined && { seconds }),
      },
    ];
  }

  #cycle(tasks: readonly Addr[], links: WaitLinks): WaitCycle {
    const waits = tasks.map((t) => this.#byAddress.get(t)).filter((w) => w !== undefined);
    const sure = waits.every((w, i) => {
      const next = waits[(i + 1) % waits.length]?.task.address;
      return w.resource?.holders.some((h) => h.task === next && h.sure);
    });
    return { waits, sure, behind: this.#records(links.behind(tasks)) };
  }

  #roots(resources: readonly GraphResource[], cycles: readonly WaitCycle[], links: WaitLinks): WaitRoot[] {
    const inCycle = new Set(cycles.flatMap((c) => c.waits.map((w) => w.task.address)));
    const held = new Map<Addr, GraphResource[]>();
    for (const resource of resources) {
      for (const { task } of resource.holders) {
        const list = held.get(task);
        if (list) list.push(resource);
        else held.set(task, [resource]);
      }
    }
    const roots: WaitRoot[] = [];
    for (const [address, has] of held) {
      const own = this.#byAddress.get(address);
      const isRoot = !inCycle.has(address) && (own?.resource?.holders.length ?? 0) === 0;
      const task = isRoot ? findTask(this.#prog, address) : undefined;
      if (task) roots.push(this.#root(task, has, links));
    }
    return roots.sort((a, b) => b.waiting.length - a.waiting.length || a.task.pid - b.task.pid);
  }

  #root(task: TaskRecord, resources: readonly GraphResource[], links: WaitLinks): WaitRoot {
    const own = this.#byAddress.get(task.address);
    const waiting = this.#records(links.behind([task.address]));
    const longest = waiting.reduce((most, t) => Math.max(most, this.#byAddress.get(t.address)?.seconds ?? 0), 0);
    const sure = resources.some((r) => r.holders.some((h) => h.task === task.address && h.sure));
    return { task, resources, waiting, sure, ...(own && { own }), ...(longest > 0 && { longestSeconds: longest }) };
  }

  #records(addresses: readonly Addr[]): TaskRecord[] {
    return addresses.map((a) => findTask(this.#prog, a)).filter((t) => t !== undefined);
  }
}

function callerOf(prog: Program, { task, frames, site }: WaitStack): TaskWait['caller'] {
  const symbol = site && waitCaller(frames, site)?.symbol;
  if (!symbol) return undefined;
  const name = plainName(symbol.name);
  const started = STARTERS.test(name) ? attempt(() => startedFunction(prog, task.address)) : undefined;
  return started ?? { function: name, ...(symbol.module !== undefined && { module: symbol.module }) };
}

/** Bits of one word are different things to wait for. */
function keyOf({ type, address, kind, state }: WaitResource): string {
  return `${kind} ${type} ${address}${kind === 'bit' || kind === 'page' || kind === 'futex' ? state : ''}`;
}
