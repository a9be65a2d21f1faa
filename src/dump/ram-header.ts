import type { Cursor } from '../base/cursor.ts';
import { hex } from '../base/hex.ts';
import type { Bytes, PhysAddr } from '../base/units.ts';

/** A range of physical memory in the file. */
export interface RamRange {
  readonly start: PhysAddr;
  readonly size: Bytes;
}

/**
 * The header that LiME and AVML put before each range: magic, version, first and last address (inclusive), 8 bytes reserved.
 * @throws BadDataError
 */
export function readRamHeader(c: Cursor, magic: number, version: number): RamRange {
  const found = c.u32();
  if (found !== magic) throw c.bad(`magic ${hex(found)} is not ${hex(magic)}`, 4);
  const stated = c.u32();
  if (stated !== version) throw c.bad(`version ${stated} is not ${version}`, 4);
  const start = c.size64('start');
  const last = c.size64('end');
  if (last < start) throw c.bad(`end ${hex(last)} lies before start ${hex(start)}`, 8);
  c.skip(8);
  return { start, size: last - start + 1 };
}
