import { UsageError } from '../../base/errors.ts';
import { hex64 } from '../../base/hex.ts';
import { slabCaches } from '../../kernel/slab-cache.ts';
import { slubUsage } from '../../kernel/slub.ts';
import type { Problem } from '../../program/ports.ts';
import type { Program } from '../../program/program.ts';
import type { Args } from '../../report/args.ts';
import { commandPart } from '../../report/command-part.ts';
import { type ProblemData, problemsOf, problemsSchema } from '../../report/problems.ts';
import { arrayOf, object, optional } from '../../report/schema.ts';
import { SLAB_HEADER, type SlabCacheData, slabCacheLine, slabCacheSchema } from '../../report/slab-lines.ts';

interface SlabListData {
  readonly caches: readonly SlabCacheData[];
  readonly problems?: readonly ProblemData[];
}

/** `kmem -s`: every slab cache with its counts. */
export const slabList = commandPart<SlabListData>({
  name: 'slabs',
  flag: 's',
  schema: object('Slab caches.', {
    caches: arrayOf('In the order of the kernel.', slabCacheSchema),
    problems: optional(problemsSchema),
  }),
  run({ prog }, args) {
    return slabListData(prog, args.operands, ignoredNames(args));
  },
  *blocks(data) {
    yield { kind: 'lines', lines: [SLAB_HEADER, ...data.caches.map(slabCacheLine)] };
    for (const p of data.problems ?? []) yield { kind: 'lines', lines: [`kmem: ${p.what}: ${p.why}`] };
  },
});

function ignoredNames(args: Args): readonly string[] {
  return args.values('I').flatMap((value) => value.split(','));
}

function slabListData(prog: Program, names: readonly string[], ignored: readonly string[]): SlabListData {
  const { caches, problems } = slabCaches(prog);
  for (const name of names) {
    if (!caches.some((c) => c.name === name)) throw new UsageError(`kmem: no slab cache is called ${name}`);
  }
  const shown = names.length === 0 ? caches : caches.filter((c) => names.includes(c.name));
  const all: Problem[] = [...problems];
  const data = shown.map((cache): SlabCacheData => {
    const fixed = { address: hex64(cache.address), name: cache.name };
    if (ignored.includes(cache.name)) return { ...fixed, ignored: true };
    const usage = slubUsage(prog, cache);
    all.push(...usage.problems);
    return {
      ...fixed,
      objectSize: cache.objectSize,
      stride: cache.size,
      allocated: usage.allocated,
      total: usage.total,
      slabs: usage.slabs,
      slabBytes: prog.pageSize * 2 ** cache.order,
      objectsPerSlab: cache.objectsPerSlab,
      active: usage.active,
    };
  });
  return { caches: data, ...problemsOf(all) };
}
