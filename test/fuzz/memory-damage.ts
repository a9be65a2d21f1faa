import { AnalysisError } from '../../src/base/errors.ts';
import { modules } from '../../src/kernel/module.ts';
import { taskTable } from '../../src/kernel/task.ts';
import { taskSlabObjects } from '../../src/kernel/task-slab-scan.ts';
import { walkSteps } from '../../src/memory/page-walk.ts';
import { chunkOf, type PhysicalMemory, readByChunks } from '../../src/memory/physical.ts';
import { openProgram } from '../../src/open.ts';
import type { DumpImage } from '../../src/program/ports.ts';
import type { Program } from '../../src/program/program.ts';
import { FullSession } from '../../src/session/full-session.ts';
import { patchedMemory, watchedMemory } from '../build/patched-memory.ts';
import type { Random } from './file-damage.ts';
import { hostileStrings } from './hostile-strings.ts';

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
}

function putLog(prog: Program, put: Put): void {
  const prb = prog.vmcoreinfo.symbol('prb');
  if (prb === undefined) return;
  put('log', prb);
  const ring = prog.memory.ulong(prb);
  for (let i = 0; i < 12; i++) put('log', ring + BigInt(i * 8));
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

/** Damages a few words of a page: bits, rubbish, and other words of it, which make circles of pointers. */
function damagePage(page: Uint8Array, random: Random): void {
  const view = new DataView(page.buffer, page.byteOffset);
  const kind = random(12);
  if (kind === 0) page.fill(0);
  else if (kind === 1) page.fill(0xff);
  else if (kind === 2) for (let i = 0; i < PAGE; i++) page[i] = random(256);
  else for (let n = 1 + random(24); n > 0; n--) damageWord(view, random(PAGE / 8) * 8, random);
}

function damageWord(view: DataView, at: number, random: Random): void {
  const word = view.getBigUint64(at, true);
  const values = [
    word ^ (1n << BigInt(random(64))),
    view.getBigUint64(random(PAGE / 8) * 8, true),
    word + BigInt(random(4096)) - 2048n,
    word & ~0xfffn,
    BigInt(random(65536)),
    (1n << 64n) - 1n,
    0x7fffffffn,
    0n,
  ];
  view.setBigUint64(at, BigInt.asUintN(64, values[random(values.length)] as bigint), true);
}

/** An image with damaged memory, and what was done to it. @param kind one of MEMORY_KINDS */
export function damageMemory(
  image: DumpImage,
  targets: Targets,
  kind: string,
  random: Random,
): { image: DumpImage; what: string } {
  if (kind === 'excluded' || kind === 'holes') return withoutPages(image, targets, kind === 'holes', random);
  if (kind === 'vmcoreinfo') return otherInfo(image, random);
  const pages = new Map<number, Uint8Array>();
  const pageAt = (pfn: number): Uint8Array | undefined => {
    const known = pages.get(pfn);
    if (known) return known;
    const page = new Uint8Array(PAGE);
    if (image.memory.read(pfn * PAGE, page)) return undefined;
    pages.set(pfn, page);
    return page;
  };
  const done: string[] = [];
  if (kind === 'strings') {
    for (let n = 1 + random(12); n > 0 && targets.texts.length > 0; n--) {
      const { at, size } = targets.texts[random(targets.texts.length)] as { at: number; size: number };
      const text = hostileStrings[random(hostileStrings.length)] as Uint8Array;
      pageAt(Math.floor(at / PAGE))?.set(text.subarray(0, Math.min(size, PAGE - (at % PAGE))), at % PAGE);
      done.push(`text at ${at}`);
    }
  }
  const words = targets.words.get(kind) ?? [];
  if (words.length > 0 && random(3) > 0) {
    for (let n = 1 + random(6); n > 0; n--) {
      const at = words[random(words.length)] as number;
      const page = pageAt(Math.floor(at / PAGE));
      if (!page) continue;
      damageWord(new DataView(page.buffer), (at % PAGE) & ~7, random);
      done.push(`word at ${at}`);
    }
  } else {
    const pfns = targets.pages.get(kind) ?? [...targets.pages.values()].flat();
    for (let n = 1 + random(5); n > 0 && kind !== 'strings'; n--) {
      const pfn = pfns[random(pfns.length)] as number;
      const page = pageAt(pfn);
      if (page) damagePage(page, random);
      done.push(`page ${pfn}`);
    }
  }
  return { image: { ...image, memory: patchedMemory(image.memory, pages) }, what: done.join(', ') };
}

/** Shares of the memory that are taken away. */
const SHARES = [0.001, 0.01, 0.05, 0.1, 0.3, 0.6, 0.9] as const;

/** Pages that are zero or missing: a share of all pages, each or in runs; or a share of those that answers read. */
function withoutPages(
  image: DumpImage,
  targets: Targets,
  zero: boolean,
  random: Random,
): { image: DumpImage; what: string } {
  const share = SHARES[random(SHARES.length)] as number;
  const run = 2 ** [0, 4, 9][random(3)]!;
  const salt = random(2 ** 30);
  const lost = new Set<number>();
  const used = random(3) === 0 ? [...targets.pages.values()].flat() : undefined;
  if (used) for (const pfn of used) if (random(10_000) < share * 10_000) lost.add(pfn);
  const isLost = (pfn: number): boolean =>
    used ? lost.has(pfn) : (Math.imul(Math.floor(pfn / run) ^ salt, 0x9e3779b1) >>> 8) / 2 ** 24 < share;
  const empty = new Uint8Array(PAGE);
  const chunk: PhysicalMemory['chunk'] = (at) => {
    const pfn = Math.floor(at / PAGE);
    if (isLost(pfn)) return zero ? chunkOf(pfn * PAGE, empty) : 'excluded';
    const whole = image.memory.chunk(at);
    if (typeof whole === 'string' || whole.bytes.length <= PAGE) return whole;
    const from = pfn * PAGE - whole.start;
    if (from < 0) return whole;
    return chunkOf(pfn * PAGE, whole.bytes.subarray(from, from + PAGE));
  };
  const memory: PhysicalMemory = {
    chunk,
    read: (at, into) => readByChunks({ chunk }, at, into),
    ranges: () => image.memory.ranges(),
  };
  const of = used ? 'of the pages that are read' : `of all pages in runs of ${run}`;
  return { image: { ...image, memory }, what: `${share * 100} % ${of}` };
}

/** VMCOREINFO that is missing, cut, or has wrong values. */
function otherInfo(image: DumpImage, random: Random): { image: DumpImage; what: string } {
  const text = image.vmcoreinfo ?? '';
  const kind = random(4);
  if (kind === 0) return { image: { ...image, vmcoreinfo: undefined } as unknown as DumpImage, what: 'none' };
  if (kind === 1) {
    const size = random(text.length);
    return { image: { ...image, vmcoreinfo: text.slice(0, size) }, what: `cut at ${size}` };
  }
  const lines = text.split('\n');
  const done: string[] = [];
  for (let n = 1 + random(6); n > 0; n--) {
    const i = random(lines.length);
    const [key = '', value = ''] = (lines[i] as string).split('=');
    const values = [
      '',
      '0',
      '-1',
      'ffffffffffffffff',
      '99999999999999999999',
      `${value}0`,
      value.slice(1),
      '\u001b[2J<b>',
    ];
    const other = kind === 2 ? undefined : values[random(values.length)];
    lines[i] = other === undefined ? '' : `${key}=${other}`;
    done.push(lines[i] || `no ${key}`);
  }
  return { image: { ...image, vmcoreinfo: lines.join('\n') }, what: done.join(', ') };
}
