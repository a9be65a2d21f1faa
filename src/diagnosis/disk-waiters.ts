import { attempt } from '../base/attempt.ts';
import type { Disk } from '../kernel/block-device.ts';
import { lockName } from '../kernel/lock-name.ts';
import { type TaskWait, waitGraph } from '../kernel/wait-graph.ts';
import type { Program } from '../program/program.ts';
import { isDiskOrPart } from './partition-of.ts';

/** Waits that the end of a request ends. */
const FOR_IO = new Set(['page', 'bit', 'request']);
/** They wait for room that only the end of other I/O makes: mm/mempool.c, mm/page-writeback.c, block/blk-wbt.c. */
const FOR_ROOM =
  /^(?:mempool_alloc(?:_noprof)?|bio_alloc_bioset|balance_dirty_pages(?:_ratelimited\w*)?|rq_qos_wait|wbt_wait|blk_mq_get_tag|(?:__)?swap_\w+|reclaim_throttle|folio_wait_\w+)$/;

function waitsForRoom({ site, caller }: TaskWait): boolean {
  return [site.function, site.purpose, caller?.function].some((name) => name !== undefined && FOR_ROOM.test(name));
}

/** Tasks that wait for I/O. */
export interface DiskWaiters {
  /** Surely for this disk's. */
  readonly known: readonly TaskWait[];
  /** It is not known of which disk. */
  readonly maybe: readonly TaskWait[];
}

/** Tasks that wait for I/O, but for those of which it is known that it is that of another disk; the surest first. */
export function diskWaiters(prog: Program, disk: Disk): DiskWaiters {
  const waits = waitGraph(prog).waits.filter(
    (w) => w.task.state === 'UN' && (FOR_IO.has(w.site.kind) || waitsForRoom(w)),
  );
  const placed = waits.map((wait) => {
    const { resource } = wait;
    const device = resource && attempt(() => lockName(prog, resource.address, resource.type))?.device;
    return { wait, device: device?.replace(/^\/dev\//, '') };
  });
  return {
    known: placed.filter((p) => p.device !== undefined && isDiskOrPart(p.device, disk.name)).map((p) => p.wait),
    maybe: placed.filter((p) => p.device === undefined).map((p) => p.wait),
  };
}
