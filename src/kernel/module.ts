import { AnalysisError } from '../base/errors.ts';
import { hexPad } from '../base/hex.ts';
import { perOwner } from '../base/lazy.ts';
import { cString } from '../base/text.ts';
import { addrAdd } from '../base/u64.ts';
import type { Addr, Bytes } from '../base/units.ts';
import type { Problem } from '../program/ports.ts';
import type { Program } from '../program/program.ts';
import { enumerators } from './enumerators.ts';
import { KernelStruct } from './kernel-struct.ts';
import { listEntries } from './list.ts';
import { noteProblem } from './note-problem.ts';
import { taintLetters } from './taint.ts';

const MAX_MODULES = 10_000;
const MAX_USERS = 1_000;
/** MODULE_REF_BASE, kernel/module/internal.h: the reference that the module system itself holds. */
const REF_BASE = 1;
/** `enum module_state`, include/linux/module.h */
const STATES = ['Live', 'Loading', 'Unloading', 'Unformed'] as const;

export type ModuleState = (typeof STATES)[number];

/** A part of a module's memory. */
export interface ModuleMemory {
  readonly base: Addr;
  readonly size: Bytes;
  /** Given up when its init function has returned. */
  readonly init: boolean;
  /** What it is for, where the kernel tells its parts apart: `TEXT`, `DATA`, `RODATA`, `RO_AFTER_INIT`, `INIT_TEXT`, ... */
  readonly kind?: string;
}

/** A loadable module, as /proc/modules and /sys/module show it. */
export interface ModuleRecord {
  /** `struct module *` */
  readonly address: Addr;
  readonly name: string;
  /** Where its text begins. */
  readonly base: Addr;
  /** What /proc/modules prints: all its memory, its init part while that is there. */
  readonly size: Bytes;
  /** Without its init part, as crash prints it. */
  readonly coreSize: Bytes;
  readonly state: ModuleState;
  /** Without the reference of the module system; undefined when the kernel cannot unload modules. */
  readonly refcount?: number;
  /** Modules that use it, in the kernel's order. */
  readonly usedBy: readonly string[];
  /** Taint letters, for example `OE`. */
  readonly taints: string;
  readonly version?: string;
  readonly srcversion?: string;
  /** Hexadecimal. */
  readonly buildId?: string;
  /** Every part of its memory that is there; text first. */
  readonly memory: readonly ModuleMemory[];
}

/** The modules, newest first as the kernel lists them. */
export interface Modules {
  readonly modules: readonly ModuleRecord[];
  readonly problems: readonly Problem[];
}

/** Where address and size of a part of a module's memory are. */
interface ModulePart {
  readonly base: Bytes;
  readonly size: Bytes;
  readonly init: boolean;
  readonly kind?: string;
}

interface Layout {
  readonly span: Bytes;
  readonly list: Bytes;
  readonly name: Bytes;
  readonly nameSize: Bytes;
  readonly state: Bytes;
  readonly taints: Bytes;
  readonly refcount: Bytes | undefined;
  readonly users: Bytes | undefined;
  readonly version: Bytes | undefined;
  readonly srcversion: Bytes | undefined;
  readonly buildId: Bytes | undefined;
  readonly parts: readonly ModulePart[];
}

/** Every module on the kernel's list `modules`, also one that is being loaded. Never throws for damage. */
export const modules = perOwner((prog: Program): Modules => {
  const found: ModuleRecord[] = [];
  const problems: Problem[] = [];
  try {
    const layout = moduleLayout(prog);
    const raw = new KernelStruct(prog, layout.span);
    for (const node of listEntries(prog, prog.symbol('modules'), 'module list', MAX_MODULES)) {
      const address = addrAdd(node, -layout.list);
      try {
        const record = readModule(prog, layout, raw, address, problems);
        if (record) found.push(record);
      } catch (e) {
        noteProblem(problems, `module at 0x${address.toString(16)}`, e);
      }
    }
  } catch (e) {
    noteProblem(problems, 'modules', e);
  }
  return { modules: found, problems };
});

function moduleLayout(prog: Program): Layout {
  const at = (name: string): Bytes => prog.offset('module', name);
  const maybe = (name: string): Bytes | undefined => prog.findMember('module', name)?.offset;
  const layout = {
    list: at('list'),
    name: at('name'),
    nameSize: prog.findMember('module', 'name')?.type.size ?? 56,
    state: at('state'),
    taints: at('taints'),
    refcount: maybe('refcnt'), // CONFIG_MODULE_UNLOAD, and so is the list of users
    users: maybe('source_list'),
    version: maybe('version'),
    srcversion: maybe('srcversion'),
    buildId: maybe('build_id'), // CONFIG_STACKTRACE_BUILD_ID, v5.14
    parts: moduleParts(prog),
  };
  const ends = [layout.name + layout.nameSize, layout.taints + 8, layout.list + 16, (layout.refcount ?? 0) + 4];
  ends.push(
    (layout.users ?? 0) + 8,
    (layout.version ?? 0) + 8,
    (layout.srcversion ?? 0) + 8,
    (layout.buildId ?? 0) + 20,
  );
  for (const part of layout.parts) ends.push(part.base + 8, part.size + 4);
  return { ...layout, span: Math.max(...ends) };
}

/** Where the addresses and sizes of a module's memory are, text first. */
function moduleParts(prog: Program): ModulePart[] {
  // commit ac3b43283923 ("module: replace module_layout with module_memory", v6.4)
  const memory = prog.findMember('module', 'mem');
  if (memory) {
    const { length, target } = memory.type.resolve();
    const base = prog.offset('module_memory', 'base');
    const size = prog.offset('module_memory', 'size');
    const stride = target?.size ?? 0;
    const kinds = memoryKinds(prog);
    return Array.from({ length: Math.min(length, 16) }, (_, i) => ({
      base: memory.offset + i * stride + base,
      size: memory.offset + i * stride + size,
      init: kinds.get(i)?.startsWith('INIT_') ?? false,
      kind: kinds.get(i) ?? `${i}`,
    }));
  }
  // data_layout: commit 01dc0386efb7 ("module: Add CONFIG_ARCH_WANTS_MODULES_DATA_IN_VMALLOC", v5.18)
  return ['core_layout', 'init_layout', 'data_layout']
    .filter((name) => prog.findMember('module', name))
    .map((name) => ({
      base: prog.offset('module', `${name}.base`),
      size: prog.offset('module', `${name}.size`),
      init: name === 'init_layout',
    }));
}

/** `enum mod_mem_type` without its prefix, by number. */
function memoryKinds(prog: Program): ReadonlyMap<number, string> {
  const kinds = new Map<number, string>();
  for (const [name, value] of enumerators(prog, 'mod_mem_type')) {
    if (name.startsWith('MOD_') && name !== 'MOD_INVALID' && name !== 'MOD_MEM_NUM_TYPES')
      kinds.set(value, name.slice(4));
  }
  return kinds;
}

function rest({ init, kind }: ModulePart): Pick<ModulePart, 'init' | 'kind'> {
  return kind === undefined ? { init } : { init, kind };
}

function readModule(
  prog: Program,
  layout: Layout,
  raw: KernelStruct,
  address: Addr,
  problems: Problem[],
): ModuleRecord | undefined {
  prog.memory.read(address, raw.bytes);
  const state = STATES[raw.u32(layout.state)];
  if (!state) throw new AnalysisError('corrupt', `module state ${raw.u32(layout.state)} exceeds ${STATES.length - 1}`);
  const name = cString(raw.bytes, layout.name, layout.name + layout.nameSize);
  const memory = layout.parts
    .map((part) => ({ base: raw.pointer(part.base), size: raw.u32(part.size), ...rest(part) }))
    .filter((part, i) => i === 0 || part.size > 0);
  const taints = taintLetters(prog, raw.pointer(layout.taints));
  const refcount = layout.refcount === undefined ? undefined : raw.i32(layout.refcount) - REF_BASE;
  const version = text(prog, raw, layout.version);
  const srcversion = text(prog, raw, layout.srcversion);
  const buildId = buildIdText(raw, layout.buildId);
  const first = memory[0];
  return {
    address,
    name,
    base: first?.base ?? 0n,
    size: memory.reduce((sum, part) => sum + part.size, 0),
    coreSize: memory.reduce((sum, part) => sum + (part.init ? 0 : part.size), 0),
    state,
    ...(refcount !== undefined && { refcount }),
    usedBy: layout.users === undefined ? [] : users(prog, layout, raw, address, name, problems),
    taints,
    ...(version !== undefined && { version }),
    ...(srcversion !== undefined && { srcversion }),
    ...(buildId !== undefined && { buildId }),
    memory,
  };
}

/** Names on `source_list`: a `struct module_use` for each module that uses this one. */
function users(
  prog: Program,
  layout: Layout,
  raw: KernelStruct,
  address: Addr,
  name: string,
  problems: Problem[],
): string[] {
  const names: string[] = [];
  const head = addrAdd(address, layout.users as Bytes);
  if (raw.pointer(layout.users as Bytes) === head) return names;
  try {
    const source = prog.offset('module_use', 'source') - prog.offset('module_use', 'source_list');
    for (const node of listEntries(prog, head, `users of module ${name}`, MAX_USERS)) {
      const user = prog.memory.ulong(addrAdd(node, source));
      names.push(prog.memory.cString(addrAdd(user, layout.name), layout.nameSize));
    }
  } catch (e) {
    noteProblem(problems, `users of module ${name}`, e);
  }
  return names;
}

function text(prog: Program, raw: KernelStruct, offset: Bytes | undefined): string | undefined {
  if (offset === undefined) return undefined;
  const at = raw.pointer(offset);
  if (at < prog.kernelStart) return undefined;
  try {
    return prog.memory.cString(at, 128);
  } catch (e) {
    if (!(e instanceof AnalysisError)) throw e;
    return undefined;
  }
}

function buildIdText(raw: KernelStruct, offset: Bytes | undefined): string | undefined {
  if (offset === undefined) return undefined;
  const id = raw.bytes.subarray(offset, offset + 20); // BUILD_ID_SIZE_MAX
  if (id.every((byte) => byte === 0)) return undefined;
  return Array.from(id, (byte) => hexPad(byte, 2)).join('');
}
