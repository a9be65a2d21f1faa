import { zoneFreeLists } from '../../src/kernel/buddy.ts';
import { hugePagePages } from '../../src/kernel/huge-page-size.ts';
import { memoryInfo } from '../../src/kernel/meminfo.ts';
import { possibleCpus } from '../../src/kernel/percpu.ts';
import { slabCaches } from '../../src/kernel/slab-cache.ts';
import { slubUsage } from '../../src/kernel/slub.ts';
import { swapAreas } from '../../src/kernel/swap.ts';
import { taskTable } from '../../src/kernel/task.ts';
import { type CounterGroup, vmCounters } from '../../src/kernel/vm-stat.ts';
import { memoryNodeRecords, type ZoneRecord } from '../../src/kernel/zone.ts';
import type { Program } from '../../src/program/program.ts';
import { Check } from './check.ts';
import { type ConsoleText, section } from './console.ts';
import {
  parseBuddyInfo,
  parseCounters,
  parseMemInfo,
  parseSlabInfo,
  parseSwaps,
  parseZoneInfo,
  type SlabInfoLine,
  type ZoneText,
} from './proc-text.ts';

/** What happened to the memory between the guest's /proc/vmstat and the dump, as the kernel itself counted it. */
export interface Since {
  /** Events that the kernel counted: pages allocated, freed, faulted, reclaimed ... */
  readonly events: number;
  /** How many pages a counter can have moved by: one an event, and what the CPUs had not yet added (125 a CPU). */
  readonly pages: number;
  /** Pages on the lists of the CPUs when the guest told of them: free, but counted when they are given back. */
  readonly onLists: number;
}

/** A vmstat counter of the guest with ours. */
interface Pair {
  readonly name: string;
  readonly guest: number;
  readonly ours: number;
  readonly event: boolean;
}

/** Pages that the kernel counts but shows as huge pages, since commit 69473e5de873 (v5.12). */
const IN_HUGE_PAGES = /^NR_(ANON|FILE|SHMEM)_(THPS|PMDMAPPED)$/;
/** Sectors, shown in KiB. */
const IN_SECTORS = /^PGPG(IN|OUT)$/;

/**
 * The counters of /proc/vmstat beside ours. The kernel prints them in the order of its enums: zones, NUMA, nodes, some
 * limits that begin with nr_dirty_threshold, events from pgpgin on; so names need not be alike.
 */
function vmstatPairs(prog: Program, console: ConsoleText): Pair[] {
  const lines = parseCounters(section(console, 'vmstat'));
  const limits = lines.findIndex((l) => l.name === 'nr_dirty_threshold');
  const events = lines.findIndex((l) => l.name === 'pgpgin');
  if (limits < 0) return [];
  const { zone, node, events: counted } = vmCounters(prog);
  const hugePages = hugePagePages(prog);
  const beside = (group: CounterGroup, first: number, event: boolean): Pair[] =>
    group.flatMap(([name, value], i) => {
      const line = lines[first + i];
      if (!line) return [];
      const huge = IN_HUGE_PAGES.test(name) && value !== line.value && value % hugePages === 0;
      const ours = huge ? value / hugePages : IN_SECTORS.test(name) ? Math.floor(value / 2) : value;
      return [{ name: line.name, guest: line.value, ours, event }];
    });
  return [
    ...beside(zone, 0, false),
    ...beside(node, limits - node.length, false),
    ...(events < 0 ? [] : beside(counted, events, true)),
  ];
}

/** How much went on between the listing and the crash. */
export function memorySince(prog: Program, console: ConsoleText): Since {
  let events = 0;
  for (const p of vmstatPairs(prog, console)) if (p.event) events += Math.max(0, p.ours - p.guest);
  const counts = section(console, 'zoneinfo').flatMap((l) => /^ +count: +(\d+)$/.exec(l)?.[1] ?? []);
  const onLists = counts.reduce((sum, n) => sum + Number(n), 0);
  return { events, pages: events + 125 * possibleCpus(prog).length, onLists };
}

/** Counts of free pages. */
const FREE = /^(?:MemFree|MemAvailable|nr_free_pages)$/;

/** Counts an equality, a difference that is within what the kernel counted since, or a wrong value. */
function within(check: Check, since: Since, what: string, ours: number, guest: number, unit = 1): void {
  const why = `${what}: ${ours}, guest ${guest}`;
  const given = FREE.test(what) ? since.onLists : 0;
  if (ours === guest) check.expect(true, () => '');
  else if (Math.abs(ours - guest) <= since.pages * unit) {
    check.explain(`${why}: the kernel counted ${since.events} events of its memory since`);
  } else if (ours > guest && ours - guest <= (since.pages + given) * unit) {
    check.explain(`${why}: CPUs had ${since.onLists} pages on their lists, which they give back`);
  } else check.expect(false, () => why);
}

/** nr_free_pages_blocks counts free blocks of this many pages: one page that is taken or given back makes or ends one. */
function unitOf(prog: Program, name: string): number {
  return name.endsWith('_blocks') ? hugePagePages(prog) : 1;
}

/** Every counter of /proc/vmstat. Events can only have become more. */
export function compareVmstat(prog: Program, console: ConsoleText, since: Since): Check {
  const check = new Check('vmstat');
  for (const { name, guest, ours, event } of vmstatPairs(prog, console)) {
    if (!event) within(check, since, name, ours, guest, unitOf(prog, name));
    else if (ours > guest) check.explain(`${name}: ${ours}, guest ${guest}: counted on`);
    else check.expect(ours === guest, () => `${name}: ${ours}, guest ${guest}`);
  }
  return check;
}

/** Names of /proc/meminfo for ours; KiB but for the counts of huge pages. */
const MEMORY: Readonly<Record<string, string>> = {
  MemTotal: 'totalKiB',
  MemFree: 'freeKiB',
  MemAvailable: 'availableKiB',
  Buffers: 'buffersKiB',
  Cached: 'cachedKiB',
  SwapCached: 'swapCachedKiB',
  Active: 'activeKiB',
  Inactive: 'inactiveKiB',
  'Active(anon)': 'activeAnonKiB',
  'Inactive(anon)': 'inactiveAnonKiB',
  'Active(file)': 'activeFileKiB',
  'Inactive(file)': 'inactiveFileKiB',
  Unevictable: 'unevictableKiB',
  Mlocked: 'mlockedKiB',
  SwapTotal: 'swapTotalKiB',
  SwapFree: 'swapFreeKiB',
  Dirty: 'dirtyKiB',
  Writeback: 'writebackKiB',
  AnonPages: 'anonPagesKiB',
  Mapped: 'mappedKiB',
  Shmem: 'shmemKiB',
  KReclaimable: 'reclaimableKiB',
  Slab: 'slabKiB',
  SReclaimable: 'slabReclaimableKiB',
  SUnreclaim: 'slabUnreclaimableKiB',
  KernelStack: 'kernelStackKiB',
  PageTables: 'pageTablesKiB',
  SecPageTables: 'secondaryPageTablesKiB',
  Bounce: 'bounceKiB',
  WritebackTmp: 'writebackTempKiB',
  CommitLimit: 'commitLimitKiB',
  Committed_AS: 'committedKiB',
  VmallocUsed: 'vmallocUsedKiB',
  Percpu: 'percpuKiB',
  HardwareCorrupted: 'hardwareCorruptedKiB',
  AnonHugePages: 'anonHugePagesKiB',
  ShmemHugePages: 'shmemHugePagesKiB',
  ShmemPmdMapped: 'shmemPmdMappedKiB',
  FileHugePages: 'fileHugePagesKiB',
  FilePmdMapped: 'filePmdMappedKiB',
  CmaTotal: 'cmaTotalKiB',
  CmaFree: 'cmaFreeKiB',
};

/** What has the same size in all is not lost: protecting a module's text splits large pages. */
const DIRECT_MAP: Readonly<Record<string, string>> = {
  DirectMap4k: 'directMap4kKiB',
  DirectMap64k: 'directMap64kKiB',
  DirectMap1M: 'directMap1mKiB',
  DirectMap2M: 'directMap2mKiB',
  DirectMap1G: 'directMap1gKiB',
  DirectMap2G: 'directMap2gKiB',
};

function compareDirectMap(
  check: Check,
  ours: Readonly<Record<string, unknown>>,
  guest: readonly { readonly name: string; readonly value: number }[],
): void {
  const lines = guest.flatMap(({ name, value }) => {
    const key = DIRECT_MAP[name];
    return key === undefined ? [] : [{ name, guest: value, ours: Number(ours[key]) }];
  });
  const sum = (side: 'guest' | 'ours'): number => lines.reduce((total, line) => total + line[side], 0);
  for (const line of lines) {
    const why = `${line.name}: ${line.ours} kB, guest ${line.guest} kB`;
    if (line.ours === line.guest || sum('ours') !== sum('guest')) check.expect(line.ours === line.guest, () => why);
    else check.explain(`${why}: split or joined since, together they are ${sum('ours')} kB as before`);
  }
}

/** Totals never move. */
const FIXED = /^(MemTotal|SwapTotal|CommitLimit|CmaTotal)$/;
/** Lines that newer kernels print as 0 because they count them no more (NR_BOUNCE and NR_WRITEBACK_TEMP are gone). */
const RETIRED = /^(Bounce|WritebackTmp)$/;

/** The lines of /proc/meminfo: totals exactly, the others within what the kernel counted since. */
export function compareMemory(prog: Program, console: ConsoleText, since: Since): Check {
  const check = new Check('meminfo');
  const ours = memoryInfo(prog) as unknown as Readonly<Record<string, unknown>>;
  const guest = parseMemInfo(section(console, 'meminfo'));
  compareDirectMap(check, ours, guest);
  const more = startedSince(prog, console);
  for (const { name, value } of guest) {
    const key = MEMORY[name];
    if (name === 'Committed_AS' && more !== undefined && Number(ours[key ?? '']) > value) {
      check.explain(`${name}: ${ours[key ?? '']} kB, guest ${value} kB: ${more} was started since`);
      continue;
    }
    const mine = key === undefined ? undefined : ours[key];
    if (key === undefined || (mine === undefined && RETIRED.test(name) && value === 0)) continue;
    if (mine === undefined && !listsVariables(prog))
      check.absent = 'meminfo: variables that the kernel lists no symbols of';
    else if (typeof mine !== 'number' || FIXED.test(name)) {
      check.expect(mine === value, () => `${name}: ${mine} kB, guest ${value} kB`);
    } else within(check, since, name, mine, value, prog.pageSize / 1024);
  }
  return check;
}

/** A task with memory of its own that the guest did not list yet. */
function startedSince(prog: Program, console: ConsoleText): string | undefined {
  const listed = new Set(section(console, 'ps').map((line) => Number(line.split(' ')[0])));
  const task = taskTable(prog).tasks.find((t) => listed.size > 0 && !t.kernelThread && !listed.has(t.pid));
  return task && `${task.comm} (${task.pid})`;
}

/** Whether the kernel's own symbols have its variables (CONFIG_KALLSYMS_ALL): without, some cannot be found. */
function listsVariables(prog: Program): boolean {
  return prog.findSymbol('sysctl_overcommit_kbytes') !== undefined;
}

/**
 * /proc/zoneinfo: sizes, watermarks and reserves exactly. Its counters were listed before the guest read much of /proc; a
 * move is explained where /proc/vmstat, listed after that, has it.
 */
export function compareZones(prog: Program, console: ConsoleText, since: Since): Check {
  const check = new Check('zoneinfo');
  const zones = memoryNodeRecords(prog).nodes.flatMap((n) => n.zones);
  const guest = parseZoneInfo(section(console, 'zoneinfo'));
  const pairs = vmstatPairs(prog, console);
  const sums = new Map<string, { changed: number; later: number; slack: number }>();
  for (const text of guest) {
    const zone = zones.find((z) => z.node === text.node && z.name === text.name);
    if (!zone) {
      check.expect(false, () => `node ${text.node} zone ${text.name} is missing`);
      continue;
    }
    compareZone(check, prog, zone, text);
    for (const [key, ours] of zone.counters) {
      const name = key.toLowerCase();
      const listed = text.values.get(name);
      const everywhere = pairs.find((p) => p.name === name)?.guest;
      if (listed === undefined || everywhere === undefined) continue;
      const before = guest.reduce((sum, z) => sum + (z.values.get(name) ?? 0), 0);
      const what = `zone ${text.name} ${name}`;
      const slack = (since.pages + (FREE.test(name) ? since.onLists : 0)) * unitOf(prog, name);
      // what changed between the two files may have changed in this zone, in others, or in part
      const later = everywhere - before;
      const change = ours - listed;
      sums.set(name, { changed: (sums.get(name)?.changed ?? 0) + change, later, slack });
      if (change === 0) check.expect(true, () => '');
      else if (change <= Math.max(0, later) + slack && change >= Math.min(0, later) - slack) {
        check.explain(`${what}: ${ours}, guest ${listed}, and ${later} more in its /proc/vmstat later`);
      } else check.expect(false, () => `${what}: ${ours}, guest ${listed}, then ${later} more, ${slack} since`);
    }
  }
  for (const [name, { changed, later, slack }] of sums) {
    check.expect(Math.abs(changed - later) <= slack, () => `${name} of all zones: ${changed} more, guest ${later}`);
  }
  return check;
}

function compareZone(check: Check, prog: Program, zone: ZoneRecord, text: ZoneText): void {
  const boost = text.values.get('boost') ?? 0;
  const [min = 0, low = 0, high = 0] = zone.watermarks;
  const value = prog.at('zone', zone.address);
  const reserve = value.find('lowmem_reserve');
  const length = reserve?.type.resolve().length ?? 0;
  const facts: readonly (readonly [string, number])[] = [
    ['min', min + boost],
    ['low', low + boost],
    ['high', high + boost],
    ['spanned', zone.spanned],
    ['present', zone.present],
    ['managed', zone.managed],
  ];
  for (const [name, ours] of facts) {
    const guest = text.values.get(name);
    if (guest === undefined) continue; // a zone without memory
    check.expect(ours === guest, () => `zone ${text.name} ${name}: ${ours}, guest ${guest}`);
  }
  if (text.protection.length > 0 && reserve) {
    const ours = Array.from({ length }, (_, i) => reserve.index(i).toNumber());
    const mine = ours.join(', ');
    const guest = text.protection.join(', ');
    check.expect(mine === guest, () => `zone ${text.name} protection: ${mine}, guest ${guest}`);
  }
}

/** Free blocks of every order. A difference must be possible by the pages that were allocated and freed since. */
export function compareBuddy(prog: Program, console: ConsoleText, since: Since): Check {
  const check = new Check('buddyinfo');
  const zones = memoryNodeRecords(prog).nodes.flatMap((n) => n.zones);
  for (const { node, zone: name, blocks } of parseBuddyInfo(section(console, 'buddyinfo'))) {
    const zone = zones.find((z) => z.node === node && z.name === name);
    check.expect(zone !== undefined, () => `node ${node} zone ${name} is missing`);
    if (!zone) continue;
    const { lists, freePages } = zoneFreeLists(prog, zone, false);
    blocks.forEach((guest, order) => {
      const ours = lists.reduce((sum, l) => sum + (l.order === order ? l.blocks : 0), 0);
      within(check, since, `zone ${name} order ${order}`, ours, guest);
    });
    const counted = zone.counters.get('NR_FREE_PAGES') ?? 0;
    // what CPUs have counted and not yet added; a threshold of 125 at most
    check.expect(
      Math.abs(counted - freePages) <= 250,
      () => `zone ${name}: ${freePages} pages on its lists, it counts ${counted}`,
    );
  }
  return check;
}

/** Every cache of /proc/slabinfo. */
export function compareSlabs(prog: Program, console: ConsoleText, since: Since): Check {
  const check = new Check('slabinfo');
  const lines = parseSlabInfo(section(console, 'slabinfo'));
  if (lines.length === 0) return check;
  const { caches } = slabCaches(prog);
  for (const line of lines) {
    const cache = caches.find((c) => c.name === line.name);
    if (!cache) {
      check.expect(false, () => `${line.name} is missing`);
      continue;
    }
    const shape = `${cache.size} ${cache.objectsPerSlab} ${2 ** cache.order}`;
    const guest = `${line.size} ${line.perSlab} ${line.pagesPerSlab}`;
    check.expect(shape === guest, () => `${line.name}: shape ${shape}, guest ${guest}`);
    const { active, total, slabs, problems } = slubUsage(prog, cache);
    compareCounts(check, since, line, { active, total, slabs, damage: problems[0]?.why });
  }
  const known = new Set(lines.map((l) => l.name));
  // a new cache is put at the head of the list
  const newest = caches.findIndex((c) => known.has(c.name));
  caches.forEach((c, i) => {
    if (i < newest) check.explain(`${c.name} was made after the listing: it is before every listed one`);
    else check.expect(known.has(c.name), () => `${c.name} is not in the guest's list`);
  });
  return check;
}

interface Counts {
  readonly active: number;
  readonly total: number;
  readonly slabs: number;
  readonly damage: string | undefined;
}

function compareCounts(check: Check, since: Since, line: SlabInfoLine, ours: Counts): void {
  const mine = `${ours.active} of ${ours.total} objects, ${ours.slabs} slabs`;
  const guest = `${line.active} of ${line.total} objects, ${line.slabs} slabs`;
  const pages = (ours.slabs - line.slabs) * line.pagesPerSlab;
  const why = `${line.name}: ${mine}, guest ${guest}`;
  if (mine === guest) check.expect(true, () => '');
  else if (ours.damage !== undefined) check.explain(`${why}: the crash damaged it: ${ours.damage}`);
  else if (Math.abs(pages) <= since.pages && since.events > 0) {
    check.explain(`${why}: ${pages < 0 ? 'given back' : 'used'} since, the kernel counted ${since.events} events`);
  } else check.expect(false, () => why);
}

/** /proc/swaps. */
export function compareSwaps(prog: Program, console: ConsoleText, since: Since): Check {
  const check = new Check('swaps');
  const guest = parseSwaps(section(console, 'swaps'));
  const { areas, problems } = swapAreas(prog);
  if (areas.length === 0 && problems[0] && !listsVariables(prog)) {
    check.absent = problems[0].why;
    return check;
  }
  const kib = prog.pageSize / 1024;
  const memory = new Map(parseMemInfo(section(console, 'meminfo')).map((l) => [l.name, l.value]));
  const later = (memory.get('SwapTotal') ?? 0) - (memory.get('SwapFree') ?? 0);
  if (section(console, 'swaps').length > 0)
    check.expect(areas.length === guest.length, () => `${areas.length} areas, guest ${guest.length}`);
  for (const g of guest) {
    const area = areas.find((a) => a.path === g.path);
    check.expect(area !== undefined, () => `${g.path} is missing`);
    if (!area) continue;
    const mine = `${area.kind.toLowerCase()} ${area.pages * kib} ${area.priority}`;
    check.expect(mine === `${g.kind} ${g.sizeKiB} ${g.priority}`, () => `${g.path}: ${mine}`);
    const used = area.usedPages * kib;
    if (guest.length === 1 && used !== g.usedKiB && used === later) {
      check.explain(`${g.path} used: ${used}, guest ${g.usedKiB}, as in its /proc/meminfo later`);
    } else within(check, since, `${g.path} used`, used, g.usedKiB, kib);
  }
  return check;
}
