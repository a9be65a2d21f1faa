import { AnalysisError } from '../../src/base/errors.ts';
import { modules } from '../../src/kernel/module.ts';
import { mounts } from '../../src/kernel/mount.ts';
import { perCpuOffset, possibleCpus } from '../../src/kernel/percpu.ts';
import { taskTable } from '../../src/kernel/task.ts';
import { taskSlabObjects } from '../../src/kernel/task-slab-scan.ts';
import { walkSteps } from '../../src/memory/page-walk.ts';
import { openProgram } from '../../src/open.ts';
import type { DumpImage } from '../../src/program/ports.ts';
import type { Program } from '../../src/program/program.ts';
import { FullSession } from '../../src/session/full-session.ts';
import { watchedMemory } from '../build/patched-memory.ts';

const PAGE = 4096;

/** Places in the memory of a sound dump that are worth damaging. */
export interface Targets {
  /** Page frames by what they are read for. */
  readonly pages: ReadonlyMap<string, readonly number[]>;
  /** Physical addresses of single words: pointers of lists, free pointers, heads of rings. */
  readonly words: ReadonlyMap<string, readonly number[]>;
  /** Physical addresses of texts, with their room. */
  readonly texts: readonly { readonly at: number; readonly size: number }[];
}

/** Finds them by looking at what answers read, and at structures by their types. */
export function findTargets(image: DumpImage): Targets {
  const pages = pagesByUse(image);
  const prog = openProgram(image);
  const words = new Map<string, number[]>();
  const texts: { at: number; size: number }[] = [];
  const phys = (at: bigint): number | undefined => {
    const where = prog.map.translate(at);
    return typeof where === 'string' ? undefined : where.phys;
  };
  const put = (kind: string, at: bigint): void => {
    const place = phys(at);
    if (place !== undefined) words.set(kind, [...(words.get(kind) ?? []), place]);
  };
  const safely = (find: () => void): void => {
    try {
      find();
    } catch (e) {
      if (!(e instanceof AnalysisError)) throw e;
    }
  };
  safely(() => putLists(prog, put));
  safely(() => putSlab(prog, put));
  safely(() => putLog(prog, put));
  safely(() => {
    for (const at of textAddresses(prog)) {
      const place = phys(at);
      if (place !== undefined) texts.push({ at: place, size: 16 });
    }
  });
  pages.set('page-tables', [...(pages.get('page-tables') ?? []), ...tablePages(prog)]);
  return { pages, words, texts };
}

function pagesByUse(image: DumpImage): Map<string, number[]> {
  const uses = new Map<string, number[]>();
  const seen = new Set<number>();
  let use: number[] = [];
  const memory = watchedMemory(image.memory, (pfn) => {
    if (!seen.has(pfn)) use.push(pfn);
    seen.add(pfn);
  });
  const stage = (name: string, run: () => void): void => {
    use = uses.get(name) ?? [];
    uses.set(name, use);
    try {
      run();
    } catch (e) {
      if (!(e instanceof AnalysisError)) throw e;
    }
  };
  let prog: Program | undefined;
  stage('page-tables', () => {
    prog = openProgram({ ...image, memory });
  });
  if (!prog) return uses;
  const { findSymbol, findType } = prog;
  stage('kallsyms', () => {
    for (const name of ['panic', 'init_task', 'do_exit']) {
      const found = findSymbol.call(prog, name);
      if (found) prog?.symbolAt(found.address);
    }
  });
  stage('btf', () => {
    for (const name of ['task_struct', 'module', 'kmem_cache']) findType.call(prog, name);
  });
  const session = new FullSession(prog);
  for (const [name, lines] of [
    ['log', ['log']],
    ['lists', ['ps', 'mod', 'mount', 'runq']],
    ['orc', ['foreach bt']],
    ['slab', ['kmem -s', 'kmem -i']],
    ['structures', ['files 1', 'vm 1', 'net', 'irq', 'timer', 'dev', 'sys', 'waits', 'memory']],
  ] as const) {
    for (const line of lines) stage(name, () => session.run(line));
  }
  for (const [name, pfns] of uses) if (pfns.length === 0) uses.delete(name);
  return uses;
}

type Put = (kind: string, at: bigint) => void;

function putLists(prog: Program, put: Put): void {
  const at = ['tasks', 'thread_node', 'children', 'sibling'].map((m) => prog.offset('task_struct', m));
  for (const { address } of taskTable(prog).tasks.slice(0, 200)) {
    for (const offset of at) {
      put('lists', address + BigInt(offset));
      put('lists', address + BigInt(offset) + 8n);
    }
    for (const m of ['mm', 'signal', 'real_parent', 'files', 'stack', 'thread_pid', 'nsproxy', 'fs']) {
      const member = prog.findMember('task_struct', m);
      if (member) put('structures', address + BigInt(member.offset));
    }
  }
  for (const m of modules(prog).modules) put('lists', m.address + BigInt(prog.offset('module', 'list')));
  const links = ['mnt_list', 'mnt_child', 'mnt_parent', 'mnt_mountpoint'].map(
    (m) => prog.findMember('mount', m)?.offset,
  );
  for (const { address } of mounts(prog).mounts) {
    for (const offset of links) if (offset !== undefined) put('lists', address + BigInt(offset));
  }
}

function putSlab(prog: Program, put: Put): void {
  const cache = prog.memory.ulong(prog.symbol('task_struct_cachep'));
  const free = prog.memory.u32(cache + BigInt(prog.offset('kmem_cache', 'offset')));
  let n = 0;
  for (const object of taskSlabObjects(prog)) {
    put('slab', object + BigInt(free));
    if (n++ > 300) break;
  }
  for (let i = 0; i < 24; i++) put('slab', cache + BigInt(i * 8));
  // What each CPU allocates from: its free list, its page.
  const slabs = prog.memory.ulong(cache + BigInt(prog.offset('kmem_cache', 'cpu_slab')));
  for (const cpu of possibleCpus(prog)) {
    for (let i = 0; i < 4; i++) put('slab', slabs + perCpuOffset(prog, cpu) + BigInt(i * 8));
  }
}

function putLog(prog: Program, put: Put): void {
  const prb = prog.vmcoreinfo.symbol('prb');
  if (prb === undefined) return;
  put('log', prb);
  const ring = prog.memory.ulong(prb);
  for (let i = 0; i < 12; i++) put('log', ring + BigInt(i * 8));
  // The arrays that its header points to: descriptors, infos, text.
  for (let i = 0; i < 12; i++) {
    const array = prog.memory.ulong(ring + BigInt(i * 8));
    if (array >> 40n === 0xffffffn) for (let n = 0; n < 64; n++) put('log', array + BigInt(n * 88));
  }
}

function* textAddresses(prog: Program): Iterable<bigint> {
  const comm = BigInt(prog.offset('task_struct', 'comm'));
  for (const { address } of taskTable(prog).tasks) yield address + comm;
  for (const m of modules(prog).modules) yield m.address + BigInt(prog.offset('module', 'name'));
  const uts = prog.findSymbol('init_uts_ns');
  if (uts) for (let i = 0; i < 5; i++) yield uts.address + BigInt(prog.offset('uts_namespace', 'name') + i * 65);
}

/** Frames of the tables on the way to some addresses of every region. */
function tablePages(prog: Program): number[] {
  const tables = prog.map.tables;
  if (!tables) return [];
  const pages = new Set<number>();
  const at = [
    prog.vmcoreinfo.symbol('_stext') ?? 0n,
    ...taskTable(prog)
      .tasks.slice(0, 40)
      .map((t) => t.address),
  ];
  const stack = prog.findMember('task_struct', 'stack')?.offset;
  if (stack !== undefined) {
    for (const t of taskTable(prog).tasks.slice(0, 40)) at.push(prog.memory.ulong(t.address + BigInt(stack)));
  }
  for (const address of at) {
    for (const step of walkSteps(prog.physical, tables.format, prog.map.root, address).steps) {
      pages.add(Math.floor(step.at / PAGE));
    }
  }
  return [...pages];
}
