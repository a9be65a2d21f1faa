import { sinceBoot } from '../base/since-boot.ts';
import {
  PAGE_HEADER,
  type PageData,
  pageLine,
  pageSchema,
  VMAP_HEADER,
  type VmapData,
  vmapLine,
  vmapSchema,
} from './kernel-memory-lines.ts';
import { digits, shortDigits } from './pad.ts';
import { type ProblemData, problemsSchema } from './problems.ts';
import {
  arrayOf,
  boolean,
  hexString,
  integer,
  nullable,
  object,
  oneOf,
  optional,
  type Schema,
  string,
} from './schema.ts';
import { type ShadowData, shadowLine, shadowSchema } from './shadow-line.ts';
import {
  objectLines,
  SLAB_HEADER,
  type SlabCacheData,
  type SlabData,
  slabCacheLine,
  slabCacheSchema,
  slabLines,
  slabSchema,
} from './slab-lines.ts';
import { stateName } from './state-name.ts';
import { taskAddress } from './task-data.ts';
import { VMA_HEADER, type VmaData, vmaLine, vmaPageLines, vmaSchema } from './vma-data.ts';
import { AREA_HEADER, ZONE_FREE_HEADER, type ZoneHead, zoneFreeLine, zoneHeadSchema } from './zone-lines.ts';

interface FreeBlockData {
  readonly zone: ZoneHead;
  readonly order: number;
  readonly list: string;
  readonly blockBytes: number;
  readonly first: string;
  readonly index: number;
}

/** What an address is, as data; what does not apply is absent. */
export interface IdentityData {
  readonly address: string;
  readonly kind: 'virtual' | 'physical';
  readonly symbol?: {
    readonly name: string;
    readonly letter: string;
    readonly module: string | null;
    readonly offset: number;
  };
  readonly slab?: {
    readonly cache: SlabCacheData;
    readonly slab: SlabData;
    readonly index: number | null;
    readonly object: string | null;
  };
  readonly shadow?: ShadowData;
  readonly tracks?: readonly {
    readonly what: 'allocated' | 'freed' | 'deferred';
    readonly cpu: number;
    readonly pid: number;
    readonly when: number;
    readonly nanoseconds?: number;
    readonly caller: string;
    readonly stack: readonly string[];
  }[];
  readonly task?: {
    readonly pid: number;
    readonly comm: string;
    readonly task: string;
    readonly threadInfo: string | null;
    readonly cpu: number;
    readonly state: string;
    readonly active: boolean;
    readonly part: 'task_struct' | 'stack';
  };
  readonly perCpu?: { readonly cpu: number; readonly offset: string; readonly symbol: string | null };
  readonly vmap?: VmapData;
  /** The same number as an address of the current task's user space. */
  readonly user?: VmaData;
  readonly physical?: number;
  readonly page?: PageData;
  readonly owner?: {
    readonly allocated: boolean;
    readonly order: number;
    readonly tracks: readonly {
      readonly what: 'allocated' | 'freed';
      readonly pid: number;
      readonly nanoseconds: number | null;
      readonly stack: readonly string[];
    }[];
  };
  readonly free?: FreeBlockData;
  /** Only free blocks were asked for. */
  readonly freeOnly?: boolean;
  readonly problems?: readonly ProblemData[];
}

export const identitySchema: Schema = object('What an address is.', {
  address: hexString('The address.'),
  kind: oneOf('Which kind of address it is.', ['virtual', 'physical']),
  symbol: optional(
    object('The symbol that it lies in.', {
      name: string('Name.'),
      letter: string('Letter of nm.'),
      module: nullable(string('Module.')),
      offset: integer('Bytes into the symbol.'),
    }),
  ),
  slab: optional(
    object('The slab that it lies in.', {
      cache: slabCacheSchema,
      slab: slabSchema,
      index: nullable(integer('Of the object; null when the whole slab is meant.')),
      object: nullable(hexString('Address of the object.')),
    }),
  ),
  shadow: optional(shadowSchema),
  tracks: optional(
    arrayOf(
      'Who had the object; only under slab debugging or KASAN.',
      object('One track.', {
        what: oneOf('What was done; deferred: it was handed to RCU or to a work queue.', [
          'allocated',
          'freed',
          'deferred',
        ]),
        cpu: integer('By which CPU; -1 where it was not noted.'),
        pid: integer('By which task; -1 where it was not noted.'),
        when: integer('At which time, in ticks since boot; 0 where it was not noted.'),
        nanoseconds: optional(integer('Since boot, where the time was noted so.')),
        caller: string('Who asked for it.'),
        stack: arrayOf('From which functions.', string('Symbol and offset.')),
      }),
    ),
  ),
  task: optional(
    object('The task whose structure or stack it lies in.', {
      pid: integer('Process id.'),
      comm: string('Command name.'),
      task: hexString('Address of `struct task_struct`.'),
      threadInfo: nullable(hexString('Address of its `struct thread_info`.')),
      cpu: integer('CPU it ran on.'),
      state: string('State in the letters of crash.'),
      active: boolean('It is what its CPU runs.'),
      part: oneOf('What of it.', ['task_struct', 'stack']),
    }),
  ),
  perCpu: optional(
    object('The per-CPU data that it lies in.', {
      cpu: integer('CPU.'),
      offset: hexString('Address before the offset of the CPU is added.'),
      symbol: nullable(string('Variable and offset.')),
    }),
  ),
  vmap: optional(vmapSchema),
  user: optional(vmaSchema),
  physical: optional(integer('Physical address.')),
  page: optional(pageSchema),
  owner: optional(
    object('Who had the page; only with page_owner=on.', {
      allocated: boolean('It is allocated now.'),
      order: integer('2^order pages were allocated together.'),
      tracks: arrayOf(
        'Who allocated and who freed it last.',
        object('One track.', {
          what: oneOf('What was done.', ['allocated', 'freed']),
          pid: integer('By which task; 0 where the kernel does not note it.'),
          nanoseconds: nullable(integer('Since boot.')),
          stack: arrayOf('From which functions.', string('Symbol and offset.')),
        }),
      ),
    }),
  ),
  free: optional(
    object('The block that it is free in.', {
      zone: zoneHeadSchema,
      order: integer('2^order pages.'),
      list: hexString('Address of the list head.'),
      blockBytes: integer('Bytes of the block.'),
      first: hexString('Descriptor of its first page.'),
      index: integer('Page of the block.'),
    }),
  ),
  freeOnly: optional(boolean('Only free blocks were asked for.')),
  problems: optional(problemsSchema),
});

/** Paragraphs, as crash's `kmem address` prints them. */
export function identityLines(found: IdentityData): string[] {
  const parts: string[][] = [];
  if (found.symbol) parts.push([symbolLine(found)]);
  if (found.slab) parts.push(slabPart(found.slab));
  if (found.shadow) parts.push([shadowLine(found.shadow)]);
  for (const track of found.tracks ?? []) parts.push(trackPart(track));
  if (found.task) parts.push(taskPart(found.task));
  if (found.perCpu) {
    const { cpu, offset, symbol } = found.perCpu;
    parts.push([`PER-CPU: cpu ${cpu}, offset ${shortDigits(offset)}${symbol === null ? '' : ` (${symbol})`}`]);
  }
  if (found.vmap) parts.push([VMAP_HEADER, vmapLine(found.vmap)]);
  if (found.user) parts.push([VMA_HEADER, vmaLine(found.user), ...vmaPageLines(found.user)]);
  if (found.free) parts.push(freePart(found));
  for (const track of found.owner?.tracks ?? []) parts.push(ownerPart(track));
  if (found.page) parts.push([PAGE_HEADER, pageLine(found.page)]);
  else if (found.physical !== undefined && !found.slab && !found.user) {
    parts.push([`${found.physical.toString(16)}: physical address not found in mem map`]);
  }
  if (parts.length === 0 && !found.freeOnly) parts.push([`${shortDigits(found.address)}: address not found`]);
  for (const p of found.problems ?? []) parts.push([`(not complete: ${p.what}: ${p.why})`]);
  return parts.flatMap((lines, i) => (i === 0 ? lines : ['', ...lines]));
}

function symbolLine({ address, symbol }: IdentityData): string {
  if (!symbol) return '';
  const offset = symbol.offset === 0 ? '' : `+${symbol.offset}`;
  return `${shortDigits(address)} (${symbol.letter}) ${symbol.name}${offset}${symbol.module === null ? '' : ` [${symbol.module}]`}`;
}

function slabPart({ cache, slab, index }: NonNullable<IdentityData['slab']>): string[] {
  return [SLAB_HEADER, slabCacheLine(cache), ...slabLines(slab), ...objectLines(slab, index ?? undefined)];
}

function trackPart(track: NonNullable<IdentityData['tracks']>[number]): string[] {
  const { what, caller, pid, cpu, when, nanoseconds } = track;
  const head = [
    `${what === 'deferred' ? 'handed to RCU or a work queue' : what} by ${caller}`,
    ...(pid < 0 ? [] : [`pid ${pid}`]),
    ...(cpu < 0 ? [] : [`cpu ${cpu}`]),
    ...(when === 0 ? [] : [`at tick ${when}`]),
    ...(nanoseconds === undefined ? [] : [sinceBoot(nanoseconds)]),
  ];
  return [head.join(', '), ...track.stack.map((frame) => `    ${frame}`)];
}

function ownerPart({ what, pid, nanoseconds, stack }: NonNullable<IdentityData['owner']>['tracks'][number]): string[] {
  const when = nanoseconds === null ? '' : `, ${sinceBoot(nanoseconds)}`;
  return [`page ${what} last by pid ${pid}${when}`, ...stack.map((frame) => `    ${frame}`)];
}

function taskPart(task: NonNullable<IdentityData['task']>): string[] {
  return [
    `    PID: ${task.pid}`,
    `COMMAND: "${task.comm}"`,
    `   TASK: ${taskAddress(task)}`,
    `    CPU: ${task.cpu}`,
    `  STATE: ${stateName(task.state)}${task.active ? ' (ACTIVE)' : ''} `,
  ];
}

function ordinal(n: number): string {
  const last = n % 100 >= 11 && n % 100 <= 13 ? 0 : n % 10;
  return `${n}${last === 1 ? 'st' : last === 2 ? 'nd' : last === 3 ? 'rd' : 'th'}`;
}

function freePart({ address, free }: IdentityData): string[] {
  if (!free) return [];
  const pages = 2 ** free.order;
  const which = pages === 1 ? '' : `(${shortDigits(address)} is ${ordinal(free.index + 1)} of ${pages} pages)`;
  const size = `${free.blockBytes / 1024}k`;
  return [
    ZONE_FREE_HEADER,
    zoneFreeLine(free.zone),
    AREA_HEADER,
    `${String(free.order).padStart(3)}  ${size.padStart(7)}  ${digits(free.list)}  `,
    `${shortDigits(free.first)}  ${which}`,
  ];
}
