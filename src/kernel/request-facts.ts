import { addrAdd } from '../base/u64.ts';
import type { Addr } from '../base/units.ts';
import type { Program } from '../program/program.ts';
import { secondsSinceTick } from './ticks.ts';
import { kernelTime, tickRate } from './timekeeping.ts';

/** What a request of a disk says of itself, `struct request`. */
export interface RequestFacts {
  /** `read`, `write`, `flush`, `discard` ... */
  readonly operation: string;
  /** Sectors of 512 bytes. */
  readonly sector: bigint;
  readonly bytes: number;
  /** Since the device got it; undefined where it is not noted. */
  readonly ageSeconds: number | undefined;
  /** How long the driver lets it take. */
  readonly timeoutSeconds: number | undefined;
}

/** enum req_op, include/linux/blk_types.h; the low 8 bits of `cmd_flags`. */
const OPERATIONS: Readonly<Record<number, string>> = {
  0: 'read',
  1: 'write',
  2: 'flush',
  3: 'discard',
  5: 'secure erase',
  7: 'zone append',
  9: 'write zeroes',
  34: 'driver in',
  35: 'driver out',
};

/** @throws NotFoundError MemoryFault */
export function requestFacts(prog: Program, address: Addr): RequestFacts {
  const request = prog.at('request', address);
  const code = request.get('cmd_flags').toNumber() & 0xff;
  const rate = tickRate(prog);
  return {
    operation: OPERATIONS[code] ?? `operation ${code}`,
    sector: request.get('__sector').toBigInt(),
    bytes: request.get('__data_len').toNumber(),
    ageSeconds: requestAge(prog, address),
    timeoutSeconds: rate === undefined ? undefined : request.get('timeout').toNumber() / rate,
  };
}

/**
 * Seconds that the device has had a request; undefined where it is not noted. @throws NotFoundError MemoryFault
 *
 * io_start_time_ns is kept when I/O is accounted (the default of a disk's `iostats`), start_time_ns then or for others that
 * ask; a request that is being worked on has a deadline in any case, in ticks.
 */
export function requestAge(prog: Program, address: Addr): number | undefined {
  const word = (member: string): bigint => prog.memory.u64(addrAdd(address, prog.offset('request', member)));
  for (const member of ['io_start_time_ns', 'start_time_ns']) {
    if (!prog.findMember('request', member)) continue;
    const start = word(member);
    if (start !== 0n) return Math.max(0, kernelTime(prog).monotonicSeconds - Number(start) / 1e9);
  }
  const deadline = prog.findMember('request', 'deadline') ?? prog.findMember('request', '__deadline');
  const rate = tickRate(prog);
  if (!deadline || rate === undefined) return undefined;
  const ticks = prog.memory.ulong(addrAdd(address, deadline.offset));
  const timeout = prog.memory.u32(addrAdd(address, prog.offset('request', 'timeout')));
  return ticks === 0n ? undefined : secondsSinceTick(prog, ticks - BigInt(timeout));
}
