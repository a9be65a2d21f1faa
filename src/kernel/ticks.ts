import type { Program } from '../program/program.ts';
import { tickRate } from './timekeeping.ts';

/** Seconds since a moment that the kernel noted in ticks (`jiffies`); undefined where the rate of the ticks is unknown. @throws MemoryFault */
export function secondsSinceTick(prog: Program, ticks: bigint): number | undefined {
  const symbol = prog.findSymbol('jiffies_64') ?? prog.findSymbol('jiffies');
  const rate = symbol && tickRate(prog);
  if (!symbol || rate === undefined) return undefined;
  const now = prog.memory.ulong(symbol.address);
  const passed = BigInt.asIntN(prog.arch.pointerSize * 8, now - ticks);
  return Math.max(0, Number(passed) / rate);
}
