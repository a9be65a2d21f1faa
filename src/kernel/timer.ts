import { addrAdd } from '../base/u64.ts';
import type { Addr } from '../base/units.ts';
import type { Problem } from '../program/ports.ts';
import type { Program } from '../program/program.ts';
import { hlistEntries } from './hlist.ts';
import { attempt, noteProblem } from './note-problem.ts';
import { perCpu, presentCpus } from './percpu.ts';

/** LVL_SIZE * LVL_DEPTH is 512 or 576 (kernel/time/timer.c); the type says which. */
const MAX_BUCKETS = 4096;
const MAX_TIMERS = 100_000;

/** A `struct timer_list` that is queued. */
export interface Timer {
  readonly address: Addr;
  /** In jiffies. */
  readonly expires: bigint;
  readonly function: Addr;
}

/** A wheel of timers of one CPU: `struct timer_base`. */
export interface TimerBase {
  readonly cpu: number;
  readonly address: Addr;
  /** As the kernel names it, without the prefix: `LOCAL`, `GLOBAL`, `DEF`; `STD` where there is no `GLOBAL`. */
  readonly name: string;
  /** By expiry. */
  readonly timers: readonly Timer[];
}

/** The timers that wait on the timer wheels. */
export interface Timers {
  readonly jiffies: bigint;
  readonly bases: readonly TimerBase[];
  readonly problems: readonly Problem[];
}

/**
 * `timer_bases` of every CPU: the wheels that commit 500462a9de65 ("timers: Switch to a non-cascading wheel", v4.8)
 * introduced. @throws NotFoundError MemoryFault when not even the types or the symbol are there
 */
export function timers(prog: Program): Timers {
  const problems: Problem[] = [];
  const size = prog.type('timer_base').size;
  const names = baseNames(prog, size);
  const bases: TimerBase[] = [];
  for (const cpu of presentCpus(prog)) {
    attempt(problems, `timers of CPU ${cpu}`, () => {
      const first = perCpu(prog, 'timer_bases', cpu);
      names.forEach((name, i) => {
        const address = addrAdd(first, i * size);
        bases.push({ cpu, address, name, timers: wheel(prog, address, `CPU ${cpu} ${name}`, problems) });
      });
    });
  }
  return { jiffies: prog.memory.u64(prog.symbol('jiffies_64')), bases, problems };
}

/** The array's length is that of its symbol: neither BTF nor kallsyms state it. */
function baseNames(prog: Program, size: number): readonly string[] {
  const room = prog.findVariableType('timer_bases')?.size ?? prog.findSymbol('timer_bases')?.size ?? size;
  const count = Math.floor(room / size);
  // BASE_GLOBAL: commit 83a665dc99a7 ("timers: Keep the pinned timers separate from the others", v6.9). Without
  // CONFIG_NO_HZ_COMMON there is one base only.
  if (count >= 3) return ['LOCAL', 'GLOBAL', 'DEF'];
  return count === 2 ? ['STD', 'DEF'] : ['STD'];
}

function wheel(prog: Program, base: Addr, what: string, problems: Problem[]): Timer[] {
  const vectors = prog.findMember('timer_base', 'vectors');
  if (!vectors) return [];
  const expires = prog.offset('timer_list', 'expires');
  const callback = prog.offset('timer_list', 'function');
  const entry = prog.offset('timer_list', 'entry');
  const buckets = Math.min(MAX_BUCKETS, vectors.type.resolve().size / prog.pointerSize);
  const found: Timer[] = [];
  for (let i = 0; i < buckets; i++) {
    const head = addrAdd(base, vectors.offset + i * prog.pointerSize);
    try {
      for (const node of hlistEntries(prog, head, `timers of ${what}`, MAX_TIMERS)) {
        const address = addrAdd(node, -entry);
        found.push({
          address,
          expires: prog.memory.ulong(addrAdd(address, expires)),
          function: prog.memory.ulong(addrAdd(address, callback)),
        });
      }
    } catch (e) {
      noteProblem(problems, `timers of ${what}`, e);
    }
  }
  return found.sort((a, b) => (a.expires < b.expires ? -1 : a.expires > b.expires ? 1 : 0));
}
