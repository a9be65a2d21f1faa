import { addrAdd } from '../base/u64.ts';
import type { Addr } from '../base/units.ts';
import type { Problem } from '../program/ports.ts';
import type { Program } from '../program/program.ts';
import type { Disk } from './block-device.ts';
import { enumerators } from './enumerators.ts';
import { attempt } from './note-problem.ts';
import { perCpuOffset, possibleCpus } from './percpu.ts';
import { sbitmap, sbitmapSetBits } from './sbitmap.ts';
import { xarrayItems } from './xarray.ts';

/** Far more than the hardware queues of any device: nr_hw_queues is at most nr_cpu_ids. */
const MAX_QUEUES = 8192;
const MAX_TAGS = 1 << 20;
/** With more requests that cannot be read, their table is none. */
const MAX_LOST = 16;

/** A request that the device is working on: `struct request`. */
export interface InFlightRequest {
  readonly address: Addr;
  readonly write: boolean;
}

/** What a disk is working on. */
export interface DiskRequests {
  readonly reads: number;
  readonly writes: number;
  /** The requests themselves; undefined for a disk without request queues of its own (bio-based). */
  readonly requests: readonly InFlightRequest[] | undefined;
}

/**
 * As /sys/block/<disk>/inflight counts: of a disk with blk-mq the started requests behind the tags in use, of others
 * per-CPU counters. @throws NotFoundError MemoryFault CorruptError
 */
export function diskRequests(prog: Program, disk: Disk, problems: Problem[]): DiskRequests {
  const queue = prog.at('request_queue', disk.queue);
  if (queue.get('mq_ops').toBigInt() === 0n) return { ...counters(prog, disk), requests: undefined };
  const found = new Map<Addr, InFlightRequest>();
  const seen = new Set<Addr>();
  for (const context of hardwareContexts(prog, disk.queue)) {
    const tags = prog.at('blk_mq_hw_ctx', context).get('tags').toBigInt();
    if (tags === 0n || seen.has(tags)) continue; // shared by all
    seen.add(tags);
    attempt(problems, `tags of ${disk.name}`, () => {
      for (const one of startedRequests(prog, tags, disk, problems)) found.set(one.address, one);
    });
  }
  const requests = [...found.values()];
  const writes = requests.filter((r) => r.write).length;
  return { reads: requests.length - writes, writes, requests };
}

/**
 * `struct blk_mq_hw_ctx` of a queue: in an XArray from commit 4e5cc99e1e48 ("blk-mq: manage hctx map via xarray", v5.18)
 * on, in an array before and again in the newest kernels.
 */
function hardwareContexts(prog: Program, queue: Addr): readonly Addr[] {
  const table = prog.findMember('request_queue', 'hctx_table');
  if (table) return xarrayItems(prog, addrAdd(queue, table.offset)).entries.map(({ value }) => value);
  const object = prog.at('request_queue', queue);
  const count = Math.min(object.get('nr_hw_queues').toNumber(), MAX_QUEUES);
  const array = object.get('queue_hw_ctx').toBigInt();
  const found: Addr[] = [];
  for (let i = 0; i < count; i++) {
    const context = prog.memory.ulong(addrAdd(array, i * prog.pointerSize));
    if (context !== 0n) found.push(context);
  }
  return found;
}

function startedRequests(prog: Program, tags: Addr, disk: Disk, problems: Problem[]): InFlightRequest[] {
  const object = prog.at('blk_mq_tags', tags);
  const count = Math.min(object.get('nr_tags').toNumber(), MAX_TAGS);
  const reserved = object.get('nr_reserved_tags').toNumber();
  const table = object.get('rqs').toBigInt();
  const read = requestReader(prog, disk.queue);
  const found: InFlightRequest[] = [];
  const lost: Problem[] = [];
  for (const [member, first] of [
    ['breserved_tags', 0],
    ['bitmap_tags', reserved],
  ] as const) {
    for (const bit of sbitmapSetBits(sbitmap(prog, tagBitmap(prog, tags, member)))) {
      if (first + bit >= count || lost.length >= MAX_LOST) continue;
      const address = prog.memory.ulong(addrAdd(table, (first + bit) * prog.pointerSize));
      const one = address === 0n ? undefined : attempt(lost, `a request of ${disk.name}`, () => read(address));
      if (one) found.push(one);
    }
  }
  problems.push(...lost);
  return found;
}

/** Reads a request; undefined for one of another queue, and one that has not started. */
function requestReader(prog: Program, own: Addr): (address: Addr) => InFlightRequest | undefined {
  // MQ_RQ_IN_FLIGHT, include/linux/blk-mq.h; the enum is anonymous in some releases.
  const started = enumerators(prog, 'mq_rq_state').get('MQ_RQ_IN_FLIGHT') ?? 1;
  const queue = prog.offset('request', 'q');
  const state = prog.offset('request', 'state');
  const flags = prog.offset('request', 'cmd_flags');
  return (address) => {
    if (prog.memory.ulong(addrAdd(address, queue)) !== own) return undefined;
    if (prog.memory.u32(addrAdd(address, state)) !== started) return undefined;
    // op_is_write(): operations with an odd number move data to the device.
    return { address, write: (prog.memory.u32(addrAdd(address, flags)) & 1) === 1 };
  };
}

/** Pointers to the bitmaps from commit 222a5ae03cdd ("blk-mq: Use pointers for blk_mq_tags bitmap tags", v5.10) to v5.17. */
function tagBitmap(prog: Program, tags: Addr, member: 'bitmap_tags' | 'breserved_tags'): Addr {
  const place = prog.findMember('blk_mq_tags', member);
  const at = addrAdd(tags, place?.offset ?? prog.offset('blk_mq_tags', member));
  const queue = place?.type.resolve().kind === 'pointer' ? prog.memory.ulong(at) : at;
  return addrAdd(queue, prog.offset('sbitmap_queue', 'sb'));
}

/** `in_flight[READ]` and `[WRITE]`: a CPU may take what another one gave, so that only the sums mean something. */
function counters(prog: Program, { whole }: Disk): { reads: number; writes: number } {
  const sums: [number, number] = [0, 0];
  const own = prog.findMember('hd_struct', 'in_flight');
  if (own) {
    // One pair of atomic_t before the counters became per-CPU ("block: switch to per-cpu in-flight counters", v5.0).
    for (const i of [0, 1] as const) sums[i] = prog.memory.i32(addrAdd(whole, own.offset + 4 * i));
  } else {
    const member = prog.findMember('block_device', 'bd_stats')
      ? ['block_device', 'bd_stats']
      : ['hd_struct', 'dkstats'];
    const stats = prog.memory.ulong(addrAdd(whole, prog.offset(member[0] as string, member[1] as string)));
    const place = prog.offset('disk_stats', 'in_flight');
    for (const cpu of possibleCpus(prog)) {
      const at = addrAdd(addrAdd(stats, perCpuOffset(prog, cpu)), place);
      for (const i of [0, 1] as const)
        sums[i] += Number(BigInt.asIntN(64, prog.memory.ulong(addrAdd(at, i * prog.pointerSize))));
    }
  }
  return { reads: Math.max(0, sums[0]), writes: Math.max(0, sums[1]) };
}
