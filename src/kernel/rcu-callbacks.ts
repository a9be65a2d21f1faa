import { attempt } from '../base/attempt.ts';
import { perOwner } from '../base/lazy.ts';
import { addrAdd } from '../base/u64.ts';
import type { Addr } from '../base/units.ts';
import type { Program } from '../program/program.ts';
import { isKernelPointer, KernelStruct } from './kernel-struct.ts';
import { perCpu, possibleCpus } from './percpu.ts';

/** Callbacks of one CPU that are looked at: there may be millions, and the first thousands tell what they are. */
const SAMPLE = 4096;
/** A count that no machine reaches is damage. */
const MAX_LENGTH = 2 ** 40;

/** The callbacks of RCU that wait on one CPU: its `rcu_data.cblist`. */
export interface RcuQueue {
  readonly cpu: number;
  /** `struct rcu_segcblist *` */
  readonly address: Addr;
  /** How many, as the kernel counts them; where `len` lies. */
  readonly length: number;
  readonly lengthAt: Addr;
  /** The first of them, the oldest first: `struct callback_head *` and the function that is to be called. */
  readonly sample: readonly { readonly head: Addr; readonly func: Addr }[];
}

/**
 * What waits for the end of a grace period, a queue for each CPU: call_rcu() of kernels since 4.14 (`rcu_segcblist`). Objects
 * that kfree_rcu() gave to pages of its own are not among them. @throws NotFoundError
 */
export const rcuCallbacks = perOwner((prog: Program): readonly RcuQueue[] => {
  const data = ['rcu_data', 'rcu_preempt_data', 'rcu_sched_data'].find((s) => prog.findSymbol(s)) ?? 'rcu_data';
  const list = prog.offset('rcu_data', 'cblist');
  const head = prog.offset('rcu_segcblist', 'head');
  const len = prog.offset('rcu_segcblist', 'len');
  return possibleCpus(prog).flatMap((cpu) => {
    const address = addrAdd(perCpu(prog, data, cpu), list);
    const lengthAt = addrAdd(address, len);
    const length = attempt(() => Number(BigInt.asIntN(64, prog.memory.ulong(lengthAt))));
    if (length === undefined || length <= 0 || length > MAX_LENGTH) return [];
    const first = attempt(() => prog.memory.ulong(addrAdd(address, head))) ?? 0n;
    return [{ cpu, address, length, lengthAt, sample: sampleOf(prog, first, Math.min(length, SAMPLE)) }];
  });
});

function sampleOf(prog: Program, first: Addr, most: number): RcuQueue['sample'] {
  const next = prog.offset('callback_head', 'next');
  const func = prog.offset('callback_head', 'func');
  const copy = new KernelStruct(prog, prog.type('callback_head').size);
  const found: { head: Addr; func: Addr }[] = [];
  // more than `most` there may be none, so that a circle ends too
  for (let at = first; found.length < most && isKernelPointer(prog, at); at = copy.pointer(next)) {
    if (copy.load(at) !== undefined) break;
    found.push({ head: at, func: copy.pointer(func) });
  }
  return found;
}
