import { NotFoundError } from '../base/errors.ts';
import { perOwner } from '../base/lazy.ts';
import { addrAdd } from '../base/u64.ts';
import type { Addr } from '../base/units.ts';
import type { Program } from '../program/program.ts';
import { isKernelPointer, KernelStruct } from './kernel-struct.ts';

const NS = 1_000_000_000n;
/** Values that CONFIG_HZ can have on the architectures of Linux. */
const COMMON_RATES = [100, 250, 300, 1000];
const RARE_RATES = [200, 24, 48, 64, 128, 256, 500, 512, 1024, 1200];
/** Seconds by which the clock may be ahead of the ticks: s390x's counts from before the kernel began. */
const HEAD_START = 12;

/** What the kernel's clocks stood at when the dump was taken, to the last tick that it counted. */
export interface KernelTime {
  /** Wall clock, seconds since the epoch. */
  readonly realSeconds: number;
  /** Since boot without suspend. */
  readonly monotonicSeconds: number;
  /** Since boot, as /proc/uptime. */
  readonly uptimeSeconds: number;
}

/** @throws NotFoundError MemoryFault */
export const kernelTime = perOwner((prog: Program): KernelTime => {
  const tk = new KernelStruct(prog, prog.type('timekeeper').size);
  prog.memory.read(timekeeper(prog), tk.bytes);
  const shift = tk.u32(prog.offset('timekeeper', 'tkr_mono.shift'));
  const fraction = tk.u64(prog.offset('timekeeper', 'tkr_mono.xtime_nsec')) >> BigInt(shift & 63);
  const seconds = tk.u64(prog.offset('timekeeper', 'xtime_sec'));
  // The wall clock in nanoseconds is beyond what a number holds exactly; the differences are not.
  const monotonic = signed(seconds * NS + fraction - tk.u64(prog.offset('timekeeper', 'offs_real')));
  const uptime = signed(monotonic + tk.u64(prog.offset('timekeeper', 'offs_boot')));
  return {
    realSeconds: Number(seconds) + Number(fraction) / 1e9,
    monotonicSeconds: Number(monotonic) / 1e9,
    uptimeSeconds: Number(uptime) / 1e9,
  };
});

function signed(ns: bigint): bigint {
  return BigInt.asIntN(64, ns);
}

/** Address of the `struct timekeeper` of the system's clock. */
function timekeeper(prog: Program): Addr {
  // struct tk_data: commit "timekeeping: Define a struct type for tk_core to make it reusable" (v6.13); an array of them
  // since auxiliary clocks (v6.17), the system's first. Before, timekeeper and its lock are in a struct without a name,
  // but its shadow, which every tick brings up to date, stands alone.
  if (prog.findType('tk_data')) {
    const data = prog.findSymbol('timekeeper_data') ?? prog.findSymbol('tk_core');
    if (data) return addrAdd(data.address, prog.offset('tk_data', 'timekeeper'));
  }
  const shadow = prog.findSymbol('shadow_timekeeper');
  if (shadow) return shadow.address;
  const core = prog.findSymbol('tk_core');
  const place = core && [8, 16, 64].find((offset) => isTimekeeper(prog, addrAdd(core.address, offset)));
  if (core && place !== undefined) return addrAdd(core.address, place);
  throw new NotFoundError('symbol', 'timekeeper_data|tk_core|shadow_timekeeper');
}

/** Whether a clock stands there: it has a source, and its time is before 2286. */
function isTimekeeper(prog: Program, at: Addr): boolean {
  const seconds = prog.memory.u64(addrAdd(at, prog.offset('timekeeper', 'xtime_sec')));
  const source = prog.memory.ulong(addrAdd(at, prog.offset('timekeeper', 'tkr_mono.clock')));
  return isKernelPointer(prog, source) && seconds < 10_000_000_000n;
}

/**
 * Ticks a second (CONFIG_HZ), which a kernel states nowhere: the rate at which its count of ticks agrees with its clock.
 * @returns undefined when none does
 */
export function tickRate(prog: Program): number | undefined {
  const symbol = prog.findSymbol('jiffies_64') ?? prog.findSymbol('jiffies');
  if (!symbol) return undefined;
  const ticks = Number(prog.memory.u64(symbol.address));
  const { monotonicSeconds } = kernelTime(prog);
  return (
    closestRate(COMMON_RATES, ticks, monotonicSeconds, HEAD_START) ??
    closestRate(RARE_RATES, ticks, monotonicSeconds, 2)
  );
}

function closestRate(
  rates: readonly number[],
  ticks: number,
  monotonicSeconds: number,
  slack: number,
): number | undefined {
  let best: number | undefined;
  let error = Math.max(slack, monotonicSeconds * 0.02);
  for (const rate of rates) {
    // INITIAL_JIFFIES: the low 32 bits of five minutes before the count overflows (include/linux/jiffies.h)
    const seconds = (ticks - (0x100000000 - 300 * rate)) / rate;
    const distance = Math.abs(seconds - monotonicSeconds);
    if (distance < error) {
      error = distance;
      best = rate;
    }
  }
  return best;
}
