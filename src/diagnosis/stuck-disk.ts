import { attempt } from '../base/attempt.ts';
import { perOwner } from '../base/lazy.ts';
import { type Disk, disks } from '../kernel/block-device.ts';
import { type DiskDriver, diskDriver } from '../kernel/disk-driver.ts';
import { diskRequests, type InFlightRequest } from '../kernel/disk-requests.ts';
import { requestAge } from '../kernel/request-facts.ts';
import type { Program } from '../program/program.ts';

/** How long a request may take by default (BLK_DEFAULT_TIMEOUT); a disk answers in a thousandth of it. */
export const STUCK_SECONDS = 30;

/** A disk that has not answered a request for long. */
export interface StuckDisk {
  readonly disk: Disk;
  /** The oldest. */
  readonly request: InFlightRequest;
  readonly seconds: number;
  /** Requests that are as old as that. */
  readonly stuck: number;
  readonly driver?: DiskDriver;
}

/** Every such disk. @throws NotFoundError MemoryFault */
export const stuckDisks = perOwner((prog: Program): readonly StuckDisk[] =>
  disks(prog).disks.flatMap((disk): StuckDisk[] => {
    const found = attempt(() => oldest(prog, disk));
    if (!found || found.seconds < STUCK_SECONDS) return [];
    const driver = attempt(() => diskDriver(prog, disk));
    return [{ disk, ...found, ...(driver && { driver }) }];
  }),
);

function oldest(prog: Program, disk: Disk): Pick<StuckDisk, 'request' | 'seconds' | 'stuck'> | undefined {
  const ages = (diskRequests(prog, disk, []).requests ?? []).flatMap((request) => {
    const seconds = attempt(() => requestAge(prog, request.address));
    return seconds === undefined ? [] : [{ request, seconds }];
  });
  const first = ages.sort((a, b) => b.seconds - a.seconds)[0];
  return first && { ...first, stuck: ages.filter((a) => a.seconds >= STUCK_SECONDS).length };
}
