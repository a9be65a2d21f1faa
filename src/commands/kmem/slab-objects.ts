import { UsageError } from '../../base/errors.ts';
import { hex64 } from '../../base/hex.ts';
import { perCpuOffset, possibleCpus } from '../../kernel/percpu.ts';
import { usesSlabArrays } from '../../kernel/slab-arrays.ts';
import { type SlabCache, slabCaches } from '../../kernel/slab-cache.ts';
import { SlabObjects } from '../../kernel/slab-freelist.ts';
import { keepSlab, nodeOf, SheafIndex } from '../../kernel/slab-object.ts';
import { cacheSheaves } from '../../kernel/slab-sheaves.ts';
import { arraySlabRecords, slabUsage } from '../../kernel/slab-usage.ts';
import { nodeListCounts, SlubWalker, storesFullSlabs, type VisitedSlab } from '../../kernel/slub.ts';
import type { Problem } from '../../program/ports.ts';
import type { Program } from '../../program/program.ts';
import { parseCpus } from '../../report/args.ts';
import { commandPart } from '../../report/command-part.ts';
import { digits } from '../../report/pad.ts';
import { type ProblemData, problemsOf, problemsSchema } from '../../report/problems.ts';
import { arrayOf, boolean, hexString, integer, object, optional, string } from '../../report/schema.ts';
import { cacheData } from '../../report/slab-cache-data.ts';
import {
  objectLines,
  SLAB_HEADER,
  type SlabCacheData,
  type SlabData,
  slabCacheLine,
  slabCacheSchema,
  slabDataOf,
  slabLines,
  slabsSchema,
} from '../../report/slab-lines.ts';

interface CpuData {
  readonly cpu: number;
  readonly address: string | null;
  readonly slabs: readonly SlabData[];
  readonly sheaves: readonly { readonly address: string; readonly role: string; readonly objects: number }[];
}

interface NodeData {
  readonly node: number;
  readonly address: string;
  readonly slabs: number;
  readonly partial: number;
  readonly perCpu: number;
  readonly partialSlabs: readonly SlabData[];
  readonly fullSlabs: readonly SlabData[];
  readonly tracksFull: boolean;
}

interface CacheObjects {
  readonly cache: SlabCacheData;
  readonly cpus: readonly CpuData[];
  readonly nodes: readonly NodeData[];
}

interface SlabObjectsData {
  readonly caches: readonly CacheObjects[];
  readonly problems?: readonly ProblemData[];
}

/** `kmem -S`: the slabs of caches with the state of every object. */
export const slabObjects = commandPart<SlabObjectsData>({
  name: 'objects',
  flag: 'S',
  schema: object('Slabs and their objects.', {
    caches: arrayOf(
      'Caches.',
      object('One cache.', {
        cache: slabCacheSchema,
        cpus: arrayOf(
          'What CPUs hold.',
          object('One CPU.', {
            cpu: integer('Its number.'),
            address: {
              ...hexString('Address of its `struct kmem_cache_cpu`, or of its sheaves.'),
              type: ['string', 'null'],
            },
            slabs: slabsSchema,
            sheaves: arrayOf(
              'Arrays of free objects.',
              object('One sheaf.', {
                address: hexString('Address of `struct slab_sheaf`.'),
                role: string('main, spare or rcu.'),
                objects: integer('Objects in it.'),
              }),
            ),
          }),
        ),
        nodes: arrayOf(
          'What memory nodes hold.',
          object('One node.', {
            node: integer('Its number.'),
            address: hexString('Address of its `struct kmem_cache_node`.'),
            slabs: integer('Slabs of the node.'),
            partial: integer('Of them on the list of partial ones.'),
            perCpu: integer('Of them held by CPUs as the slab to take objects from.'),
            partialSlabs: slabsSchema,
            fullSlabs: slabsSchema,
            tracksFull: boolean('The kernel keeps a list of full slabs, which it does for debugging only.'),
          }),
        ),
      }),
    ),
    problems: optional(problemsSchema),
  }),
  run({ prog }, args) {
    const { caches, problems } = slabCaches(prog);
    const ignored = args.values('I').flatMap((value) => value.split(','));
    const cpus = possibleCpus(prog);
    const wanted = args.value('S') ? parseCpus(args.value('S') as string, cpus, 'kmem -S') : cpus;
    for (const name of args.operands) {
      if (!caches.some((c) => c.name === name)) throw new UsageError(`kmem: no slab cache is called ${name}`);
    }
    const all: Problem[] = [...problems];
    const shown = caches.filter(
      (c) => (args.operands.length === 0 || args.operands.includes(c.name)) && !ignored.includes(c.name),
    );
    const data = shown.map((cache) => cacheObjects(prog, cache, wanted, all));
    return { caches: data, ...problemsOf(all) };
  },
  *blocks(data) {
    yield { kind: 'lines', lines: objectsLines(data) };
    for (const p of data.problems ?? []) yield { kind: 'lines', lines: [`kmem: ${p.what}: ${p.why}`] };
  },
});

function cacheObjects(prog: Program, cache: SlabCache, cpus: readonly number[], problems: Problem[]): CacheObjects {
  const usage = slabUsage(prog, cache);
  problems.push(...usage.problems);
  const data = cacheData(prog, cache, usage);
  if (usesSlabArrays(prog)) return { cache: data, cpus: [], nodes: arrayNodes(prog, cache) };
  const again: Problem[] = []; // the same walk once more: its problems are known
  const walker = new SlubWalker(prog, again);
  const objects = new SlabObjects(prog, cache);
  const index = new SheafIndex(prog, cache, again);
  const { sheaves } = cacheSheaves(prog, cache, again);
  const keep = (slabs: Iterable<VisitedSlab>): SlabData[] => {
    const kept: SlabData[] = [];
    for (const slab of slabs) kept.push(slabDataOf(keepSlab(cache, slab, nodeOf(prog, slab), index)));
    return kept;
  };
  let held = 0;
  const cpuData = cpus.map((cpu): CpuData => {
    const slabs = keep(walker.cpuSlabs(cache, objects, [cpu]));
    held += slabs.filter((s) => s.place === 'cpu').length;
    const base = cache.cpuSlab === 0n ? cache.cpuSheaves : cache.cpuSlab;
    return {
      cpu,
      address: base === 0n ? null : hex64(BigInt.asUintN(64, base + perCpuOffset(prog, cpu))),
      slabs,
      sheaves: sheaves
        .filter((s) => s.role !== 'barn' && s.where === cpu)
        .map((s) => ({ address: hex64(s.address), role: s.role, objects: s.size })),
    };
  });
  const nodes = nodeListCounts(prog, cache).map(
    (counts): NodeData => ({
      node: counts.node,
      address: hex64(counts.address),
      slabs: counts.slabs,
      partial: counts.partial,
      perCpu: held,
      partialSlabs: keep(walker.nodeSlabs(cache, objects, counts.node, 'partial')),
      fullSlabs: keep(walker.nodeSlabs(cache, objects, counts.node, 'full')),
      tracksFull: storesFullSlabs(prog, cache),
    }),
  );
  return { cache: data, cpus: cpuData, nodes };
}

/** The nodes of a cache of the SLAB allocator, whose lists have every slab. */
function arrayNodes(prog: Program, cache: SlabCache): NodeData[] {
  const slabs = [...arraySlabRecords(prog, cache, [])];
  return cache.nodes.flatMap((address, node): NodeData[] => {
    if (address === 0n) return [];
    const own = slabs.filter((s) => s.node === node);
    const partial = own.filter((s) => s.place === 'node-partial').map(slabDataOf);
    const full = own.filter((s) => s.place === 'full').map(slabDataOf);
    const counts = { slabs: own.length, partial: partial.length, perCpu: 0 };
    const lists = { partialSlabs: partial, fullSlabs: full, tracksFull: true };
    return [{ node, address: hex64(address), ...counts, ...lists }];
  });
}

function* objectsLines(data: SlabObjectsData): Generator<string> {
  for (const { cache, cpus, nodes } of data.caches) {
    yield SLAB_HEADER;
    yield slabCacheLine(cache);
    for (const cpu of cpus) yield* cpuLines(cpu);
    for (const node of nodes) {
      yield 'KMEM_CACHE_NODE   NODE  SLABS  PARTIAL  PER-CPU';
      const right = (value: number, width: number): string => String(value).padStart(width);
      yield `${digits(node.address)}  ${right(node.node, 4)}  ${right(node.slabs, 5)}  ${right(node.partial, 7)}  ${right(node.perCpu, 7)}`;
      yield `NODE ${node.node} PARTIAL:`;
      yield* listLines(node.partialSlabs);
      yield `NODE ${node.node} FULL:`;
      if (node.tracksFull) yield* listLines(node.fullSlabs);
      else yield '  (not tracked)';
    }
    yield '';
  }
}

function* cpuLines(cpu: CpuData): Generator<string> {
  if (cpu.sheaves.length > 0) {
    yield `CPU ${cpu.cpu} SHEAVES:`;
    for (const s of cpu.sheaves) yield `  ${digits(s.address)}  ${s.role}: ${s.objects} objects`;
  }
  if (cpu.address === null || (cpu.sheaves.length > 0 && cpu.slabs.length === 0)) return;
  yield `CPU ${cpu.cpu} KMEM_CACHE_CPU:`;
  yield `  ${digits(cpu.address)}`;
  yield `CPU ${cpu.cpu} SLAB:`;
  yield* listLines(cpu.slabs.filter((s) => s.place === 'cpu'));
  yield `CPU ${cpu.cpu} PARTIAL:`;
  yield* listLines(cpu.slabs.filter((s) => s.place === 'cpu-partial'));
}

function* listLines(slabs: readonly SlabData[]): Generator<string> {
  if (slabs.length === 0) yield '  (empty)';
  for (const slab of slabs) {
    yield* slabLines(slab);
    yield* objectLines(slab);
  }
}
