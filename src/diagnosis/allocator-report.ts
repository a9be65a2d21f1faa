import type { Bytes } from '../base/units.ts';

/** What the slab allocator's own checks, KASAN or KFENCE reported. */
export interface AllocatorReport {
  readonly by: 'slub' | 'kasan' | 'kfence';
  readonly kind:
    | 'double-free'
    | 'use-after-free'
    | 'written-after-free'
    | 'out-of-bounds'
    | 'bad-free'
    | 'free-list'
    | 'in-use'
    | 'other';
  /** The line that states it. */
  readonly line: string;
  /** In the kernel's words: `Object already free`. */
  readonly words: string;
  readonly cache?: string;
  /** Address of the object. A hashed one is left out: it leads nowhere. */
  readonly object?: bigint;
  /** Bytes from the beginning of its slab to the object, by SLUB: true also where the address is hashed. */
  readonly offset?: Bytes;
  /** What was accessed, by KASAN; a free has no size. */
  readonly access?: { readonly what: 'read' | 'write' | 'free'; readonly size?: number; readonly address: bigint };
  /** Lines of the report from its first on. */
  readonly lines?: readonly string[];
  /** Of an object that KFENCE guards: its number. */
  readonly number?: number;
  /** Where it was noticed: `foo+0x12/0x34 [module]`. */
  readonly place?: string;
  /** Where the object was allocated and freed, by the report. */
  readonly allocatedBy?: string;
  readonly freedBy?: string;
  /** Who handed it, or what is in it, to RCU or a work queue last, by KASAN. */
  readonly handedBy?: string;
  readonly handedLine?: string;
  /** Lines of the report that state these. */
  readonly allocatedLine?: string;
  readonly freedLine?: string;
}

/** Lines that one report takes. */
const LENGTH = 160;

/** Words of mm/slub.c (Linux 4.19 to 7.2), and what they mean. */
const SLUB: readonly (readonly [RegExp, AllocatorReport['kind']])[] = [
  [/already free/i, 'double-free'],
  [/poison overwritten|^Poison/i, 'written-after-free'],
  [/redzone overwritten|redzone|padding overwritten/i, 'out-of-bounds'],
  [/invalid object pointer|Page slab pointer corrupt|wrong cache|not found/i, 'bad-free'],
  [/^Objects remaining/, 'in-use'],
  [/freechain corrupt|freepointer corrupt|freelist|wrong object count|wrong number of objects/i, 'free-list'],
];
const KASAN: readonly (readonly [RegExp, AllocatorReport['kind']])[] = [
  [/double-free/, 'double-free'],
  [/use-after-free/, 'use-after-free'],
  [/out-of-bounds|out of bounds/, 'out-of-bounds'],
  [/invalid-free|invalid free/, 'bad-free'],
];

/** The first report of that kind in the log. @param lines one a line of the log */
export function allocatorReport(lines: readonly string[]): AllocatorReport | undefined {
  for (const [i, line] of lines.entries()) {
    const rest = lines.slice(i, i + LENGTH);
    const found = slubReport(line, rest) ?? sanitizerReport(line, rest);
    if (found) return found;
  }
  return undefined;
}

/** `BUG kmalloc-64 (Tainted: G           O): Object already free` */
function slubReport(line: string, rest: readonly string[]): AllocatorReport | undefined {
  const head = /^BUG (\S+) \((?:Not tainted|Tainted:[^)]*)\)?.*?: (.+)$/.exec(line);
  if (!head) return undefined;
  const [, cache = '', words = ''] = head;
  const object = match(rest, /^(?:Object|INFO: Object) 0x([0-9a-f]{8,16})/);
  const offset = /@offset=(\d{1,9})\b/.exec(object?.line ?? '')?.[1];
  const destroyer = match(
    rest,
    /^kmem_cache_destroy \S+: Slab cache still has objects when called from (\S+(?: \[\w+\])?)/,
  );
  return {
    ...{ by: 'slub', kind: kindOf(SLUB, words), line, words, cache },
    ...addressOf(object?.group),
    ...(offset && { offset: Number(offset) }),
    ...(destroyer && { place: destroyer.group }),
    ...tracks(rest, /^(?:INFO: )?Allocated in (\S+(?: \[\w+\])?)/, /^(?:INFO: )?Freed in (\S+(?: \[\w+\])?)/),
  };
}

/** `BUG: KASAN: slab-use-after-free in foo+0x12/0x34 [module]` */
function sanitizerReport(line: string, rest: readonly string[]): AllocatorReport | undefined {
  const head = /^BUG: (KASAN|KFENCE): (.+?) in (\S+(?: \[\w+\])?)/.exec(line);
  if (!head) return undefined;
  const [, tool, words = '', place = ''] = head;
  const object =
    match(rest, /belongs to the object at ([0-9a-f]{8,16})/) ?? match(rest, /^kfence-#\d+: 0x([0-9a-f]{8,16})-/);
  const number = match(rest, /kfence-#(\d{1,5})\b/);
  const cache =
    match(rest, /belongs to the cache (\S+) of size/) ?? match(rest, /^kfence-#\d+: .*cache=(\S+?),?(?: |$)/);
  return {
    ...{ by: tool === 'KASAN' ? 'kasan' : 'kfence', kind: kindOf(KASAN, words), line, words, place },
    ...addressOf(object?.group),
    ...(tool === 'KASAN' && { ...accessOf(rest), lines: rest }),
    ...(number && { number: Number(number.group) }),
    ...(cache && { cache: cache.group }),
    ...traces(rest),
  };
}

/** `%p` prints a hash of 32 bits, which is no address of a 64-bit kernel (lib/vsprintf.c, v4.15). */
function addressOf(digits: string | undefined): Pick<AllocatorReport, 'object'> {
  const object = digits === undefined ? 0n : BigInt(`0x${digits}`);
  return object < 1n << 32n ? {} : { object };
}

/** `Read of size 8 at addr ffff888002541f60 by task foo/107`, `Free of addr ...` */
function accessOf(lines: readonly string[]): Pick<AllocatorReport, 'access'> {
  const words = /^(Read|Write|Free) of (?:size (\d{1,9}) at )?addr ([0-9a-f]{8,16})/;
  const found = lines
    .slice(0, 4)
    .map((l) => words.exec(l))
    .find((m) => m);
  const [, what = '', size, digits] = found ?? [];
  const { object: address } = addressOf(digits);
  if (address === undefined) return {};
  const how = what.toLowerCase() as 'read' | 'write' | 'free';
  return { access: { what: how, ...(size !== undefined && { size: Number(size) }), address } };
}

function kindOf(
  table: readonly (readonly [RegExp, AllocatorReport['kind']])[],
  words: string,
): AllocatorReport['kind'] {
  return table.find(([pattern]) => pattern.test(words))?.[1] ?? 'other';
}

function match(lines: readonly string[], pattern: RegExp): { group: string; line: string } | undefined {
  for (const line of lines) {
    const group = pattern.exec(line)?.[1];
    if (group !== undefined) return { group, line };
  }
  return undefined;
}

type Tracks = Pick<
  AllocatorReport,
  'allocatedBy' | 'freedBy' | 'handedBy' | 'allocatedLine' | 'freedLine' | 'handedLine'
>;

function tracks(lines: readonly string[], allocated: RegExp, freed: RegExp): Tracks {
  const a = match(lines, allocated);
  const f = match(lines, freed);
  return {
    ...(a && { allocatedBy: a.group, allocatedLine: a.line }),
    ...(f && { freedBy: f.group, freedLine: f.line }),
  };
}

/** Functions of the allocators and of the tools themselves, which stand first in the traces. */
const OWN =
  /^(?:kasan|__kasan|kfence|kmem_cache_|__kmalloc|kmalloc|kfree|__kmem|slab_|__slab|stack_trace|save_stack|set_track|unpoison|poison|____kasan|kvmalloc|kvfree|_{0,2}call_rcu|insert_work|_{0,2}queue_(?:delayed_)?work|task_work_add)/;

/** `Allocated by task 12:` and `Freed by task 12:`, each followed by a trace. */
function traces(lines: readonly string[]): Tracks {
  const first = (head: RegExp): { group: string; line: string } | undefined => {
    const start = lines.findIndex((l) => head.test(l));
    if (start < 0) return undefined;
    for (const line of lines.slice(start + 1, start + 16)) {
      const place = /^\s*([A-Za-z_][\w.]*\+0x[0-9a-f]+\/0x[0-9a-f]+(?: \[\w+\])?)/.exec(line)?.[1];
      if (place === undefined) return undefined;
      if (!OWN.test(place)) return { group: place, line };
    }
    return undefined;
  };
  const a = first(/^Allocated by task|^allocated by task/);
  const f = first(/^Freed by task|^freed by task/);
  const h = first(/^Last potentially related work creation:/);
  return {
    ...(h && { handedBy: h.group, handedLine: h.line }),
    ...(a && { allocatedBy: a.group, allocatedLine: a.line }),
    ...(f && { freedBy: f.group, freedLine: f.line }),
  };
}
