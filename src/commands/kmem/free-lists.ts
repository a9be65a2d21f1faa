import { hex64 } from '../../base/hex.ts';
import { zoneFreeLists } from '../../kernel/buddy.ts';
import { type PageMap, pageMap } from '../../kernel/page-map.ts';
import { vmStat } from '../../kernel/vm-stat.ts';
import { memoryNodeRecords, type NodeRecord, type ZoneRecord } from '../../kernel/zone.ts';
import type { Problem } from '../../program/ports.ts';
import type { Program } from '../../program/program.ts';
import type { CommandContext } from '../../report/command.ts';
import { commandPart } from '../../report/command-part.ts';
import { digits, shortDigits } from '../../report/pad.ts';
import { type ProblemData, problemBlocks, problemsOf, problemsSchema } from '../../report/problems.ts';
import { arrayOf, hexString, integer, nullable, object, optional } from '../../report/schema.ts';
import {
  AREA_HEADER,
  ZONE_FREE_HEADER,
  type ZoneHead,
  zoneFreeLine,
  zoneHeadMembers,
} from '../../report/zone-lines.ts';

interface FreeListData {
  readonly order: number;
  readonly migrateType: number;
  readonly address: string;
  readonly blocks: number;
  readonly pages?: readonly string[];
}

interface ZoneFreeData extends ZoneHead {
  readonly lists: readonly FreeListData[];
}

interface FreeData {
  readonly pageSize: number;
  readonly zones: readonly ZoneFreeData[];
  readonly freePages: number | null;
  readonly found: number;
  readonly problems?: readonly ProblemData[];
}

const schema = object('Free lists of the page allocator.', {
  pageSize: integer('Bytes of a page.'),
  zones: arrayOf(
    'Zones.',
    object('One zone.', {
      ...zoneHeadMembers,
      lists: arrayOf(
        'By order and migrate type; none of a zone without memory.',
        object('One list.', {
          order: integer('Blocks of 2^order pages.'),
          migrateType: integer('Migrate type.'),
          address: hexString('Address of its list head.'),
          blocks: integer('Free blocks.'),
          pages: optional(arrayOf('First page of each block; only with -F.', hexString('Address of `struct page`.'))),
        }),
      ),
    }),
  ),
  freePages: nullable(integer('What the global counter says.')),
  found: integer('Pages on the lists.'),
  problems: optional(problemsSchema),
});

function zoneHead(prog: Program, map: PageMap | undefined, node: NodeRecord, zone: ZoneRecord): ZoneHead {
  const there = zone.spanned > 0;
  return {
    zone: zone.index,
    name: zone.name,
    size: zone.spanned,
    free: zone.counters.get('NR_FREE_PAGES') ?? 0,
    memMap: hex64((there ? map?.pageOf(zone.startFrame) : undefined) ?? 0n),
    startAddress: there ? zone.startFrame * prog.pageSize : 0,
    startIndex: there ? zone.startFrame - node.startFrame : 0,
  };
}

function run({ prog }: CommandContext, withPages: boolean): FreeData {
  const { nodes, problems } = memoryNodeRecords(prog);
  const all: Problem[] = [...problems];
  const map = pageMap(prog);
  let found = 0;
  const zones = nodes.flatMap((node) =>
    node.zones.map((zone): ZoneFreeData => {
      const head = zoneHead(prog, map, node, zone);
      if (zone.spanned === 0) return { ...head, lists: [] };
      const lists = zoneFreeLists(prog, zone, withPages);
      all.push(...lists.problems);
      found += lists.freePages;
      return {
        ...head,
        lists: lists.lists.map((list) => ({
          order: list.order,
          migrateType: list.migrateType,
          address: hex64(list.address),
          blocks: list.blocks,
          ...(withPages && { pages: list.pages.map(hex64) }),
        })),
      };
    }),
  );
  return {
    pageSize: prog.pageSize,
    zones,
    freePages: vmStat(prog).get('NR_FREE_PAGES') ?? null,
    found,
    ...problemsOf(all),
  };
}

function* lines(data: FreeData): Generator<string> {
  for (const zone of data.zones) {
    yield ZONE_FREE_HEADER;
    yield zoneFreeLine(zone);
    if (zone.size > 0 && zone.lists[0]?.pages === undefined) yield 'AREA    SIZE  FREE_AREA_STRUCT  BLOCKS  PAGES';
    for (const list of zone.lists) yield* listLines(list, data.pageSize);
    yield '';
  }
  const agrees = data.freePages === data.found ? '(verified)' : `(found ${data.found})`;
  yield `nr_free_pages: ${data.freePages ?? '(unknown)'}  ${agrees}`;
}

function* listLines(list: FreeListData, pageSize: number): Generator<string> {
  const size = `${(pageSize / 1024) * 2 ** list.order}k`;
  const start = `${String(list.order).padStart(3)}  ${size.padStart(7)}  ${digits(list.address)}  `;
  if (list.pages === undefined) {
    yield `${start}${String(list.blocks).padStart(6)}${String(list.blocks * 2 ** list.order).padStart(7)}`;
    return;
  }
  yield AREA_HEADER;
  yield start;
  for (const page of list.pages) yield shortDigits(page);
}

/** `kmem -f`: how many blocks of each size are free. */
export const freeCounts = commandPart<FreeData>({
  name: 'free',
  flag: 'f',
  schema,
  run: (context) => run(context, false),
  *blocks(data) {
    yield { kind: 'lines', lines: lines(data) };
    yield* problemBlocks(data);
  },
});

/** `kmem -F`: which blocks are free. */
export const freePages = commandPart<FreeData>({
  name: 'freePages',
  flag: 'F',
  schema,
  run: (context) => run(context, true),
  *blocks(data) {
    yield { kind: 'lines', lines: lines(data) };
    yield* problemBlocks(data);
  },
});
