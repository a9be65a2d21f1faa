import { UsageError } from '../../base/errors.ts';
import { hex64 } from '../../base/hex.ts';
import { slabCaches } from '../../kernel/slab-cache.ts';
import { slabUsage } from '../../kernel/slab-usage.ts';
import type { Problem } from '../../program/ports.ts';
import type { Program } from '../../program/program.ts';
import type { Args } from '../../report/args.ts';
import { commandPart } from '../../report/command-part.ts';
import { digits } from '../../report/pad.ts';
import { type ProblemData, problemsOf, problemsSchema } from '../../report/problems.ts';
import { arrayOf, object, optional } from '../../report/schema.ts';
import { cacheData } from '../../report/slab-cache-data.ts';
import { SLAB_HEADER, type SlabCacheData, slabCacheLine, slabCacheSchema } from '../../report/slab-lines.ts';

interface SlabListData {
  readonly caches: readonly SlabCacheData[];
  readonly problems?: readonly ProblemData[];
}

/** `kmem -s`: every slab cache with its counts; of `list` only where they are. */
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
    const bare = data.caches.every((c) => c.total === undefined && !c.ignored);
    const lines = bare
      ? data.caches.map((c) => `${digits(c.address)} ${c.name}`)
      : [SLAB_HEADER, ...data.caches.map(slabCacheLine)];
    yield { kind: 'lines', lines };
    for (const p of data.problems ?? []) yield { kind: 'lines', lines: [`kmem: ${p.what}: ${p.why}`] };
  },
});

function ignoredNames(args: Args): readonly string[] {
  return args.values('I').flatMap((value) => value.split(','));
}

function slabListData(prog: Program, names: readonly string[], ignored: readonly string[]): SlabListData {
  const { caches, problems } = slabCaches(prog);
  if (names[0] === 'list' && !caches.some((c) => c.name === 'list')) {
    return { caches: caches.map((c) => ({ address: hex64(c.address), name: c.name })), ...problemsOf(problems) };
  }
  for (const name of names) {
    if (!caches.some((c) => c.name === name)) throw new UsageError(`kmem: no slab cache is called ${name}`);
  }
  const shown = names.length === 0 ? caches : caches.filter((c) => names.includes(c.name));
  const all: Problem[] = [...problems];
  const data = shown.map((cache): SlabCacheData => {
    const fixed = { address: hex64(cache.address), name: cache.name };
    if (ignored.includes(cache.name)) return { ...fixed, ignored: true };
    const usage = slabUsage(prog, cache);
    all.push(...usage.problems);
    return cacheData(prog, cache, usage);
  });
  return { caches: data, ...problemsOf(all) };
}
