import { AnalysisError } from '../base/errors.ts';
import type { Addr } from '../base/units.ts';
import type { Program } from '../program/program.ts';
import { referencesOf } from './data-references.ts';

/** A list head of the kernel that is neither exported nor, without CONFIG_KALLSYMS_ALL, in kallsyms. */
interface UnlistedList {
  /** Functions that walk the list, over the kernel versions. */
  readonly walkers: readonly string[];
  /** Type of the entries and their `struct list_head` in this list. */
  readonly type: string;
  readonly member: string;
  /** Whether an entry is one, by its content. */
  readonly isEntry: (prog: Program, entry: Addr) => boolean;
}

const LISTS: Readonly<Record<string, UnlistedList>> = {
  // kernel/module/main.c, kallsyms.c, procfs.c
  modules: {
    walkers: ['print_modules', 'find_module_all', 'module_get_kallsym', 'find_symbol'],
    type: 'module',
    member: 'list',
    isEntry: (prog, entry) => isName(prog, entry + BigInt(prog.offset('module', 'name'))),
  },
  // kernel/bpf/btf.c
  btf_modules: {
    walkers: ['btf_try_get_module', 'btf_get_module_btf', 'btf_module_notify'],
    type: 'btf_module',
    member: 'list',
    isEntry: (prog, entry) => {
      const module = prog.memory.ulong(entry + BigInt(prog.offset('btf_module', 'module')));
      return isName(prog, module + BigInt(prog.offset('module', 'name')));
    },
  },
  // mm/slab_common.c
  slab_caches: {
    walkers: ['slab_start', 'slab_next', 'find_mergeable', 'dump_unreclaimable_slab'],
    type: 'kmem_cache',
    member: 'list',
    isEntry: (prog, entry) => isName(prog, prog.memory.ulong(entry + BigInt(prog.offset('kmem_cache', 'name')))),
  },
};

/**
 * Address of a list head that no table names: of what the code that walks the list mentions, the one at which a closed
 * list of the right entries begins.
 */
export function findUnlistedList(prog: Program, name: string): Addr | undefined {
  const list = Object.hasOwn(LISTS, name) ? LISTS[name] : undefined;
  const place = list && prog.findMember(list.type, list.member);
  if (!list || !place) return undefined;
  for (const walker of list.walkers) {
    const found = referencesOf(prog, walker).find((r) => isHead(prog, r.address, BigInt(place.offset), list));
    if (found) return found.address;
  }
  return undefined;
}

function isHead(prog: Program, head: Addr, offset: bigint, list: UnlistedList): boolean {
  const { memory } = prog;
  // An aligned address of the kernel's half.
  if (head >> 47n !== 0x1ffffn || (head & 7n) !== 0n) return false;
  try {
    const first = memory.ulong(head);
    const last = memory.ulong(head + BigInt(memory.pointerSize));
    if (first === head || memory.ulong(first + BigInt(memory.pointerSize)) !== head || memory.ulong(last) !== head) {
      return false;
    }
    return list.isEntry(prog, first - offset) && list.isEntry(prog, last - offset);
  } catch (e) {
    if (e instanceof AnalysisError) return false;
    throw e;
  }
}

function isName(prog: Program, at: Addr): boolean {
  return /^[\w-]{1,63}$/.test(prog.memory.cString(at, 64));
}
