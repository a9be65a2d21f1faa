import { addrAdd } from '../base/u64.ts';
import type { Program } from '../program/program.ts';
import type { Disk } from './block-device.ts';
import { perCpuOffset, possibleCpus } from './percpu.ts';

/** What a disk has answered since it is there, `struct disk_stats`. */
export interface DiskStats {
  readonly ios: number;
  readonly bytes: number;
  /** From when each was handed to the block layer to its answer, in all. */
  readonly seconds: number;
}

/** Index of its arrays: STAT_READ and STAT_WRITE, include/linux/blk_types.h */
const GROUPS = { reads: 0, writes: 1 } as const;
const SECTOR = 512;
const WORD = 8;

/** @throws NotFoundError when this kernel keeps other statistics; MemoryFault */
export function diskStats(prog: Program, disk: Disk, group: keyof typeof GROUPS): DiskStats {
  const { memory } = prog;
  // moved with commit 0d02129e76ed ("block: merge struct block_device and struct hd_struct", v5.11)
  const own = prog.findMember('block_device', 'bd_stats');
  const stats = memory.ulong(addrAdd(disk.whole, own?.offset ?? prog.offset('hd_struct', 'dkstats')));
  const at = GROUPS[group] * WORD;
  const place = (member: string): number => prog.offset('disk_stats', member) + at;
  const [nsecs, sectors, ios] = [place('nsecs'), place('sectors'), place('ios')];
  const sum = { ios: 0n, sectors: 0n, nsecs: 0n };
  for (const cpu of possibleCpus(prog)) {
    const base = addrAdd(stats, perCpuOffset(prog, cpu));
    sum.ios += memory.ulong(addrAdd(base, ios));
    sum.sectors += memory.ulong(addrAdd(base, sectors));
    sum.nsecs += memory.u64(addrAdd(base, nsecs));
  }
  const u64 = (value: bigint): number => Number(BigInt.asUintN(64, value));
  return { ios: u64(sum.ios), bytes: u64(sum.sectors) * SECTOR, seconds: u64(sum.nsecs) / 1e9 };
}
