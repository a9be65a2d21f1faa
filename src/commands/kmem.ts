import { UnsupportedError, UsageError } from '../base/errors.ts';
import { type Args, parseAddress } from '../report/args.ts';
import { command } from '../report/command.ts';
import type { CommandPart } from '../report/command-part.ts';
import { object, optional } from '../report/schema.ts';
import {
  counters,
  cpuOffsets,
  freeCounts,
  freePages,
  hugePages,
  identity,
  nodes,
  overview,
  pageFlags,
  pageMembers,
  pages,
  slabList,
  slabObjects,
  vmallocAreas,
  zones,
} from './kmem/index.ts';

type KmemData = Readonly<Record<string, object>>;

const parts: readonly CommandPart[] = [
  ...[slabList, slabObjects, overview, freeCounts, freePages, zones, nodes, counters, vmallocAreas, hugePages],
  ...[cpuOffsets, pageFlags, pages, pageMembers],
];

/** Parts that an address or a value selects from. */
const TAKES_OPERANDS: readonly CommandPart[] = [slabList, slabObjects, pages, pageMembers, pageFlags, vmallocAreas];

/** Options for what only kernels that are long gone have. */
const GONE = ['c', 'C', 'r'];

export const kmem = command<KmemData>({
  name: 'kmem',
  summary: 'memory: usage, slab caches and objects, zones, pages; what an address is',
  description: [
    'Each option shows one side of the memory. An address alone is identified: symbol, slab object and its state, task or ' +
      'stack, per-CPU variable, vmalloc area, page. One that lies in the user space of the current task is shown as that, too.',
    'Slab caches are named, or given by the address of an object or slab. Free objects are found by following every free ' +
      'list, those of CPUs included; what is broken in them is reported and the rest shown.',
  ],
  args: {
    options: [
      { flag: 'i', value: '=shared', optional: true, help: 'memory usage; with =shared also pages with several users' },
      { flag: 's', help: 'slab caches; with an address its slab object' },
      {
        flag: 'S',
        value: '=cpus',
        optional: true,
        help: 'slabs with the state of every object; =0,2 only of these CPUs',
      },
      { flag: 'I', value: 'cache,...', help: 'slab caches to leave out' },
      { flag: 'f', help: 'free pages by size' },
      { flag: 'F', help: 'the free pages themselves' },
      { flag: 'z', help: 'zones' },
      { flag: 'n', help: 'memory nodes, sections and blocks' },
      { flag: 'V', help: 'counters of virtual memory' },
      { flag: 'v', help: 'vmalloc areas; with addresses those that hold them' },
      { flag: 'h', help: 'pools of huge pages' },
      { flag: 'o', help: 'offsets of per-CPU data' },
      { flag: 'p', help: 'page descriptors; with addresses those of their pages' },
      { flag: 'm', value: 'member,...', help: 'these members of page descriptors' },
      { flag: 'g', value: 'flags', optional: true, help: 'page flags; with a value those that it has' },
      { flag: 'P', help: 'the addresses are physical' },
      { flag: 'c', help: 'only of kernels with a page hash table' },
      { flag: 'C', help: 'only of kernels with a page hash table' },
      { flag: 'r', help: 'only of kernels with a reclaim list of slab pages' },
    ],
    operands: [{ name: 'cache | address', help: 'slab caches, or addresses to identify', many: true }],
  },
  examples: [
    {
      line: 'kmem -s task_struct dentry',
      shows: 'Slab caches:',
      output: [
        'CACHE             OBJSIZE  ALLOCATED     TOTAL  SLABS  SSIZE  NAME',
        'ffff8f13c11be900      192      11394     11424    544     4k  dentry',
        'ffff8f13c11b7000     8328         84        93     31    32k  task_struct',
      ].join('\n'),
    },
    { line: 'kmem ffff8f13c2244400', shows: 'What is at an address:' },
    { line: 'kmem -i', shows: 'How the memory is used:' },
  ],
  schema: object(
    'One member for what the options ask for.',
    Object.fromEntries([...parts, identity].map((part) => [part.name, optional(part.schema)])),
  ),
  run(context, args) {
    const part = partOf(args);
    return { [part.name]: part.run(context, args) };
  },
  *blocks(data, args) {
    const part = partOf(args);
    const answer = data[part.name];
    if (answer) yield* part.blocks(answer, args);
  },
});

/** The part that a line asks for. @throws UsageError when it asks for several or for none */
function partOf(args: Args): CommandPart {
  for (const flag of GONE) {
    if (args.has(flag)) {
      throw new UnsupportedError(`kmem: -${flag} option not supported or applicable on this architecture or kernel`);
    }
  }
  // `-p -m member` is the same as `-m member`.
  const asked = parts.filter(
    (part) => part.flag !== undefined && args.has(part.flag) && !(part === pages && args.has('m')),
  );
  if (asked.length > 1)
    throw new UsageError(`kmem: only one of ${asked.map((p) => `-${p.flag}`).join(' and ')} at a time`);
  const part = asked[0];
  const isAddress = (word: string): boolean => (parseAddress(word) ?? 0n) >= 0x8000000000000000n;
  if (part === slabList || part === slabObjects) return args.operands.some(isAddress) ? identity : part;
  if ((part === freeCounts || part === freePages) && args.operands.length > 0) return identity;
  if (part && args.operands.length > 0 && !TAKES_OPERANDS.includes(part)) {
    throw new UsageError(`kmem: -${part.flag} takes no argument`);
  }
  if (part) return part;
  if (args.operands.length > 0) return identity;
  throw new UsageError('kmem: it needs an option or an address; help kmem lists them');
}
