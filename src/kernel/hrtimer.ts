import { addrAdd } from '../base/u64.ts';
import type { Addr } from '../base/units.ts';
import type { Problem } from '../program/ports.ts';
import type { Program } from '../program/program.ts';
import { attempt, noteProblem } from './note-problem.ts';
import { perCpu, presentCpus } from './percpu.ts';
import { rbtreeEntries } from './rbtree.ts';
import { tickRate } from './timekeeping.ts';

const MAX_CLOCKS = 16;
const NS_PER_SECOND = 1_000_000_000n;

/** A `struct hrtimer` that is queued; times in nanoseconds of its clock. */
export interface HrTimer {
  readonly address: Addr;
  readonly softExpires: bigint;
  readonly expires: bigint;
  readonly function: Addr;
}

/** `struct hrtimer_clock_base`: the timers of one clock on one CPU. */
export interface HrClock {
  readonly index: number;
  readonly address: Addr;
  /** The function that reads the clock. */
  readonly clock: string;
  /** The clock at the last tick, in nanoseconds; undefined when the rate of ticks is not known. */
  readonly now: bigint | undefined;
  /** By expiry. */
  readonly timers: readonly HrTimer[];
}

/** `struct hrtimer_cpu_base` of one CPU. */
export interface HrTimerBase {
  readonly cpu: number;
  readonly address: Addr;
  readonly clocks: readonly HrClock[];
}

export interface HrTimers {
  readonly bases: readonly HrTimerBase[];
  readonly problems: readonly Problem[];
}

/** The high-resolution timers of every CPU. @throws NotFoundError when the types are unknown */
export function hrTimers(prog: Program): HrTimers {
  const problems: Problem[] = [];
  const layout = layoutOf(prog);
  const ticks = attempt(problems, 'time of the last tick', () => tickTime(prog));
  const bases: HrTimerBase[] = [];
  for (const cpu of presentCpus(prog)) {
    attempt(problems, `high-resolution timers of CPU ${cpu}`, () => {
      const address = perCpu(prog, 'hrtimer_bases', cpu);
      const clocks: HrClock[] = [];
      for (let index = 0; index < layout.clocks; index++) {
        const at = addrAdd(address, layout.firstClock + index * layout.clockSize);
        const clock = attempt(problems, `clock ${index} of CPU ${cpu}`, () => readClock(prog, at, index, ticks));
        if (!clock) continue;
        clocks.push({ ...clock, timers: queued(prog, at, layout, `clock ${index} of CPU ${cpu}`, problems) });
      }
      bases.push({ cpu, address, clocks });
    });
  }
  return { bases, problems };
}

interface Layout {
  readonly firstClock: number;
  readonly clockSize: number;
  readonly clocks: number;
  /** `struct rb_root` in the clock base, and the node in the timer. */
  readonly root: number;
  readonly node: number;
  readonly expires: number;
  readonly softExpires: number;
  readonly callback: number;
}

function layoutOf(prog: Program): Layout {
  const clockSize = prog.type('hrtimer_clock_base').size;
  const array = prog.findMember('hrtimer_cpu_base', 'clock_base')?.type.resolve().size ?? 0;
  return {
    firstClock: prog.offset('hrtimer_cpu_base', 'clock_base'),
    clockSize,
    clocks: Math.min(MAX_CLOCKS, Math.floor(array / clockSize)),
    // rb_root_cached: commit 511885d7061e ("lib/timerqueue: Rely on rbtree semantics for next timer", v5.4)
    root: prog.offset('hrtimer_clock_base', 'active.rb_root.rb_root', 'active.rb_root', 'active.head'),
    // Nodes that are linked to their neighbours too have the rb_node one level deeper (v7.1).
    node: prog.offset('hrtimer', 'node.node.node', 'node.node'),
    expires: prog.offset('hrtimer', 'node.expires'),
    softExpires: prog.offset('hrtimer', '_softexpires'),
    callback: prog.offset('hrtimer', 'function'),
  };
}

/** Nanoseconds from the start of the count of ticks to the last one. */
function tickTime(prog: Program): bigint | undefined {
  const rate = tickRate(prog);
  if (rate === undefined) return undefined;
  // INITIAL_JIFFIES: five minutes before the low 32 bits overflow (include/linux/jiffies.h)
  const ticks = prog.memory.u64(prog.symbol('jiffies_64')) - (0x1_0000_0000n - 300n * BigInt(rate));
  return (ticks * NS_PER_SECOND) / BigInt(rate);
}

/** Function that reads a clock, by clockid_t (include/uapi/linux/time.h); kernels since v6.18 hold no pointer to it. */
const CLOCKS: Readonly<Record<number, string>> = {
  0: 'ktime_get_real',
  1: 'ktime_get',
  7: 'ktime_get_boottime',
  11: 'ktime_get_clocktai',
};

function readClock(prog: Program, at: Addr, index: number, ticks: bigint | undefined): Omit<HrClock, 'timers'> {
  const get = prog.findMember('hrtimer_clock_base', 'get_time');
  const id = prog.memory.u32(addrAdd(at, prog.offset('hrtimer_clock_base', 'clockid')));
  const reader = get && prog.symbolAt(prog.memory.ulong(addrAdd(at, get.offset)))?.name;
  const offset = BigInt.asIntN(64, prog.memory.u64(addrAdd(at, prog.offset('hrtimer_clock_base', 'offset'))));
  const now = ticks === undefined ? undefined : ticks + offset;
  return { index, address: at, clock: reader ?? CLOCKS[id] ?? `clock ${id}`, now };
}

function queued(prog: Program, clock: Addr, layout: Layout, what: string, problems: Problem[]): HrTimer[] {
  const found: HrTimer[] = [];
  try {
    for (const node of rbtreeEntries(prog, addrAdd(clock, layout.root), `timers of ${what}`)) {
      const address = addrAdd(node, -layout.node);
      const time = (offset: number): bigint => BigInt.asIntN(64, prog.memory.u64(addrAdd(address, offset)));
      found.push({
        address,
        softExpires: time(layout.softExpires),
        expires: time(layout.expires),
        function: prog.memory.ulong(addrAdd(address, layout.callback)),
      });
    }
  } catch (e) {
    noteProblem(problems, `timers of ${what}`, e);
  }
  return found;
}
