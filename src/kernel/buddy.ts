import { AnalysisError } from '../base/errors.ts';
import { addrAdd, addrDistance } from '../base/u64.ts';
import type { Addr } from '../base/units.ts';
import type { Problem } from '../program/ports.ts';
import type { Program } from '../program/program.ts';
import { listEntries } from './list.ts';
import { memoryNodeRecords, type NodeRecord, type ZoneRecord } from './zone.ts';

/** The free blocks of one size and migrate type of a zone. */
export interface FreeList {
  readonly order: number;
  readonly migrateType: number;
  /** Of its `struct list_head` in `zone.free_area[order]`. */
  readonly address: Addr;
  readonly blocks: number;
  /** First `struct page` of each block; only when asked for. */
  readonly pages: readonly Addr[];
}

export interface ZoneFreeLists {
  readonly lists: readonly FreeList[];
  /** Pages on all lists. */
  readonly freePages: number;
  readonly problems: readonly Problem[];
}

const MAX_BLOCKS = 64_000_000;
const MAX_TYPES = 16;
const MAX_ORDERS = 32;

/** The free lists of a zone. @param withPages keep the blocks themselves; @throws NotFoundError */
export function zoneFreeLists(prog: Program, zone: ZoneRecord, withPages: boolean): ZoneFreeLists {
  const area = prog.offset('zone', 'free_area');
  const array = prog.findMember('zone', 'free_area')?.type.resolve();
  const stride = prog.type('free_area').size;
  const types = prog.findMember('free_area', 'free_list')?.type.resolve();
  const listSize = prog.type('list_head').size;
  // page.buddy_list since commit bf75f200569d ("mm/page_alloc: add page->buddy_list and page->pcp_list", v5.20)
  const link = prog.offset('page', 'buddy_list', 'lru');
  const lists: FreeList[] = [];
  const problems: Problem[] = [];
  let freePages = 0;
  const orders = Math.min(array?.length ?? 0, MAX_ORDERS);
  for (let order = 0; order < orders; order++) {
    for (let type = 0; type < Math.min(types?.length ?? 0, MAX_TYPES); type++) {
      const address = addrAdd(
        zone.address,
        area + order * stride + prog.offset('free_area', 'free_list') + type * listSize,
      );
      const pages: Addr[] = [];
      let blocks = 0;
      try {
        for (const entry of listEntries(
          prog,
          address,
          `zone ${zone.name}: free blocks of order ${order}`,
          MAX_BLOCKS,
        )) {
          blocks++;
          if (withPages) pages.push(addrAdd(entry, -link));
        }
      } catch (e) {
        if (!(e instanceof AnalysisError)) throw e;
        problems.push({ what: `zone ${zone.name}`, why: e.message });
      }
      freePages += blocks * 2 ** order;
      lists.push({ order, migrateType: type, address, blocks, pages });
    }
  }
  return { lists, freePages, problems };
}

/** A free block, as the lists of a zone have it. */
export interface FreeBlock {
  readonly zone: ZoneRecord;
  readonly node: NodeRecord;
  readonly list: FreeList;
  /** Descriptor of its first page. */
  readonly first: Addr;
  /** Which page of the block it is, from 0. */
  readonly index: number;
}

/** The block of the page allocator that a page is free in; undefined when it is in none. Reads the lists of its zone. */
export function freeBlockOf(
  prog: Program,
  page: { readonly address: Addr; readonly frame: number; readonly count: number },
): FreeBlock | undefined {
  if (page.count !== 0) return undefined; // a free page has no references
  const stride = prog.type('page').size;
  for (const node of memoryNodeRecords(prog).nodes) {
    for (const zone of node.zones) {
      if (page.frame < zone.startFrame || page.frame >= zone.startFrame + zone.spanned) continue;
      for (const list of zoneFreeLists(prog, zone, true).lists) {
        for (const first of list.pages) {
          const index = addrDistance(page.address, first);
          if (index === undefined || index < 0 || index >= stride * 2 ** list.order) continue;
          return { zone, node, list, first, index: index / stride };
        }
      }
    }
  }
  return undefined;
}
