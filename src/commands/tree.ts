import { NotFoundError, UsageError } from '../base/errors.ts';
import { hex, hex64 } from '../base/hex.ts';
import { addrAdd } from '../base/u64.ts';
import type { Addr } from '../base/units.ts';
import {
  addressOf,
  memberOffset,
  type NamedValue,
  type ObjectMembers,
  objectLines,
  objectMembers,
  parseObjectMembers,
} from '../expr/index.ts';
import { type MapleWalk, mapleEntries, mapleEntriesBelow } from '../kernel/maple-tree.ts';
import { attempt } from '../kernel/note-problem.ts';
import { type IndexedEntries, indexedItems, radixTreeItems } from '../kernel/radix-tree.ts';
import { rbtreeNodes } from '../kernel/rbtree.ts';
import { xarrayItems } from '../kernel/xarray.ts';
import type { Problem } from '../program/ports.ts';
import type { Program } from '../program/program.ts';
import { type Args, parseAddress } from '../report/args.ts';
import { command } from '../report/command.ts';
import { type MapleTreeData, mapleLines, mapleTreeData, mapleTreeSchema } from '../report/maple-data.ts';
import { shortDigits } from '../report/pad.ts';
import { type ProblemData, problemBlocks, problemsOf, problemsSchema } from '../report/problems.ts';
import { arrayOf, boolean, hexString, object, oneOf, optional, string } from '../report/schema.ts';
import { valueSchema } from '../report/value-schema.ts';

const KINDS = ['rbtree', 'radix', 'xarray', 'maple'] as const;
type Kind = (typeof KINDS)[number];

interface TreeEntry {
  readonly address: string;
  readonly index?: string;
  readonly position: string;
  readonly object?: readonly NamedValue[];
  readonly lines?: readonly string[];
}

interface TreeData {
  readonly type: Kind;
  readonly entries: readonly TreeEntry[];
  readonly maple?: MapleTreeData;
  readonly problems?: readonly ProblemData[];
}

/** An entry as the walkers give it. */
interface Found {
  readonly address: Addr;
  readonly index?: bigint;
  readonly position: string;
}

export const tree = command<TreeData>({
  name: 'tree',
  summary: 'entries of a red-black tree, radix tree, XArray or maple tree',
  description: [
    'The addresses of what a tree holds, and with -s members of each. Start is the address of the root structure, a symbol or an expression; with -r that of the structure around the root, with -N that of a node.',
    'A part of the tree that is damaged is left out and named; the rest is shown.',
  ],
  args: {
    options: [
      { flag: 't', value: 'type', help: 'rbtree (when absent), radix, xarray or maple; rb, ra, x and m will do' },
      { flag: 'r', value: 'offset', help: 'of the root in the structure at start: bytes, or struct.member' },
      { flag: 'o', value: 'offset', help: 'of the rb_node in each entry: bytes, or struct.member' },
      { flag: 's', value: 'struct', help: 'show each entry as this: struct, or struct.member,member' },
      { flag: 'S', value: 'struct', help: 'the same, members of 1, 2, 4 or 8 bytes as plain numbers' },
      { flag: 'l', help: 'of red-black trees: sorted, from the leftmost node' },
      { flag: 'p', help: 'where each entry is in the tree' },
      { flag: 'v', help: 'of maple trees: every node with its contents' },
      { flag: 'N', help: 'start is a node, or what the root holds' },
      { flag: 'x', help: 'numbers in hexadecimal' },
      { flag: 'd', help: 'numbers in decimal' },
    ],
    operands: [{ name: 'start', help: 'address, symbol or expression', required: true, many: true }],
  },
  examples: [
    {
      line: 'tree -t maple -r mm_struct.mm_mt ffff8c06c1057a80 -p',
      shows: 'The memory areas of a process, with their places:',
      output: [
        'ffff8c06c2451e40',
        '  index: 1  position: root/1',
        'ffff8c06c2451390',
        '  index: 2  position: root/2',
      ].join('\n'),
    },
    {
      line: 'tree -o vmap_area.rb_node -s vmap_area.va_start -x vmap_area_root',
      shows: 'A red-black tree with a member of each entry:',
      output: 'ffff8c06c104dcc0\n  va_start = 0xffffcf71800e4000,',
    },
    { line: 'tree -t xarray -r address_space.i_pages ffff8c06c1853308', shows: 'The pages of a file:' },
  ],
  schema: object('A tree.', {
    type: oneOf('Kind of the tree.', KINDS),
    entries: arrayOf(
      'In the order of the walk.',
      object('An entry.', {
        address: hexString('Address of the entry (or the value that stands in its place).'),
        index: optional(hexString('Its index; of a maple tree the first of its range.')),
        position: string('The way from the root.'),
        object: optional(
          arrayOf(
            'What was asked for with -s.',
            object('A member.', {
              name: string('Its path.'),
              value: valueSchema,
              plain: optional(boolean('Whether it is written as a bare number (`-S`).')),
              last: optional(boolean('Whether it is the last of its struct.')),
            }),
          ),
        ),
        lines: optional(arrayOf('The same as text.', string('A line.'))),
      }),
    ),
    maple: optional(mapleTreeSchema),
    problems: optional(problemsSchema),
  }),
  run({ prog }, args) {
    const kind = kindOf(args.value('t') ?? 'rbtree');
    const word = args.operands.join(' ');
    const at = startOf(prog, word);
    const problems: Problem[] = [];
    const root = addrAdd(at, args.has('r') ? memberOffset(prog, args.value('r') as string) : 0);
    const { entries, maple } = walkTree(prog, kind, args.has('N') ? at : root, args, problems);
    const shown = selection(prog, args);
    const radix = args.has('x') ? 16 : 10;
    return {
      type: kind,
      entries: entries.map((e) => ({
        address: hex64(e.address),
        ...(e.index !== undefined && { index: hex64(e.index) }),
        position: e.position,
        ...objectOf(prog, shown, e.address, radix, problems),
      })),
      ...(maple && { maple }),
      ...problemsOf(problems),
    };
  },
  *blocks(data, args) {
    const radix = args.has('x') ? 16 : 10;
    if (data.maple) yield { kind: 'lines', lines: mapleLines(data.maple, radix) };
    else yield { kind: 'lines', lines: entryLines(data, args, radix) };
    yield* problemBlocks(data);
  },
});

function kindOf(word: string): Kind {
  const kind = KINDS.find((k) => k.startsWith(word) && (word !== 'r' || k === 'rbtree'));
  if (word === '' || !kind) throw new UsageError(`tree: '${word}' is none of ${KINDS.join(', ')}`);
  return kind;
}

/** A symbol's address, a hexadecimal address, or what an expression means. */
function startOf(prog: Program, word: string): Addr {
  const at = prog.findSymbol(word)?.address ?? parseAddress(word) ?? addressOf(prog, word);
  if (at < prog.kernelStart) throw new NotFoundError('tree', `at ${hex(at)}`, 'it is no kernel address');
  return at;
}

type Shown = readonly { readonly wanted: ObjectMembers; readonly plain: boolean }[];

function selection(prog: Program, args: Args): Shown {
  return ['s', 'S'].flatMap((flag) =>
    args.values(flag).map((text) => ({ wanted: parseObjectMembers(prog, text), plain: flag === 'S' })),
  );
}

function objectOf(
  prog: Program,
  shown: Shown,
  at: Addr,
  radix: 10 | 16,
  problems: Problem[],
): Pick<TreeEntry, 'object' | 'lines'> {
  if (shown.length === 0) return {};
  const parts = attempt(problems, `entry ${hex(at)}`, () =>
    shown.map(({ wanted, plain }) => {
      const values = objectMembers(prog, wanted, at, { radix }, plain);
      return { values, lines: objectLines(prog, wanted, values, radix) };
    }),
  );
  return parts ? { object: parts.flatMap((p) => p.values), lines: parts.flatMap((p) => p.lines) } : {};
}

function walkTree(
  prog: Program,
  kind: Kind,
  at: Addr,
  args: Args,
  problems: Problem[],
): { entries: readonly Found[]; maple?: MapleTreeData } {
  const node = args.has('N');
  const note = (damage: readonly string[]): void => {
    for (const why of damage) problems.push({ what: 'tree', why });
  };
  if (kind === 'rbtree') {
    const offset = args.has('o') ? memberOffset(prog, args.value('o') as string) : 0;
    const order = args.has('l') ? 'in-order' : 'pre-order';
    const walk = rbtreeNodes(prog, node ? at : prog.memory.ulong(at), 'tree', order);
    note(walk.damage);
    const position = (path: string): string => ['root', ...path].join('/');
    return { entries: walk.nodes.map((n) => ({ address: addrAdd(n.address, -offset), position: position(n.path) })) };
  }
  if (args.has('o') || args.has('l')) throw new UsageError('tree: -o and -l are for red-black trees');
  if (kind === 'maple') {
    const walk = node ? mapleEntriesBelow(prog, at) : mapleEntries(prog, at);
    note(walk.damage);
    return {
      entries: mapleFound(walk),
      ...(args.has('v') && { maple: mapleTreeData(mapleRoot(prog, at, node), walk) }),
    };
  }
  const items: IndexedEntries = node
    ? indexedItems(prog, at, true)
    : kind === 'xarray'
      ? xarrayItems(prog, at)
      : radixTreeItems(prog, at);
  note(items.damage);
  return {
    entries: items.entries.map((e) => ({ address: e.value, index: e.index, position: indexPosition(e.path) })),
  };
}

/** An entry of index 0 may stand in the root itself. */
function indexPosition(path: readonly number[]): string {
  return path.length === 0 ? 'direct/0' : ['root', ...path].join('/');
}

function mapleFound(walk: MapleWalk): Found[] {
  return walk.entries.map((e) => ({ address: e.value, index: e.first, position: ['root', ...e.path].join('/') }));
}

function mapleRoot(prog: Program, at: Addr, node: boolean): { tree: Addr; flags: number; root: Addr } {
  if (node) return { tree: 0n, flags: 0, root: at };
  return {
    tree: at,
    flags: prog.memory.u32(addrAdd(at, prog.offset('maple_tree', 'ma_flags'))),
    root: prog.memory.ulong(addrAdd(at, prog.offset('maple_tree', 'ma_root'))),
  };
}

function* entryLines(data: TreeData, args: Args, radix: number): Generator<string> {
  let count = 0;
  for (const e of data.entries) {
    count++;
    yield shortDigits(e.address);
    if (args.has('p')) {
      // Entries of a maple tree are counted: their ranges are theirs to tell.
      const index = data.type === 'maple' ? BigInt(count) : e.index === undefined ? undefined : BigInt(e.index);
      yield `  ${index === undefined ? '' : `index: ${index.toString(radix)}  `}position: ${e.position}`;
    }
    yield* e.lines ?? [];
  }
}
