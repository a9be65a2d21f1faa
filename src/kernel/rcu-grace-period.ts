import { CorruptError } from '../base/errors.ts';
import { perOwner } from '../base/lazy.ts';
import { addrAdd } from '../base/u64.ts';
import type { Addr, Bytes } from '../base/units.ts';
import type { Program } from '../program/program.ts';
import { isKernelPointer } from './kernel-struct.ts';
import { chainEntries } from './list.ts';
import { perCpu, possibleCpus } from './percpu.ts';

/** RCU_SEQ_STATE_MASK, kernel/rcu/rcu.h: 0 between grace periods. */
const STATE = 3n;
/** RCU_NUM_LVLS is at most 4: include/linux/rcu_node_tree.h */
const MAX_LEVELS = 8;
const MAX_BLOCKED = 100_000;

/** The grace period of RCU as it stands. */
export interface GracePeriod {
  /** `struct rcu_state *` */
  readonly address: Addr;
  readonly size: Bytes;
  readonly running: boolean;
  readonly sequence: bigint;
  /** In jiffies, when it began. */
  readonly start: bigint;
  /** The thread that drives it: `struct task_struct *`. */
  readonly thread: Addr;
  /** CPUs that have not yet reported a quiescent state. */
  readonly cpus: readonly number[];
  /** Tasks that were preempted inside a read-side critical section and hold it up: `struct task_struct *`. */
  readonly tasks: readonly Addr[];
  /** The same of an expedited grace period. */
  readonly expeditedCpus: readonly number[];
}

/**
 * What the grace period of RCU waits for. The flavours were joined in v4.20; before, that of preemptible kernels is taken where
 * there is one. @throws NotFoundError MemoryFault
 */
export const gracePeriod = perOwner((prog: Program): GracePeriod => {
  const data = ['rcu_data', 'rcu_preempt_data', 'rcu_sched_data'].find((s) => prog.findSymbol(s)) ?? 'rcu_data';
  const address = rcuState(prog, data);
  const word = (member: string): bigint => prog.memory.ulong(addrAdd(address, prog.offset('rcu_state', member)));
  const sequence = word('gp_seq');
  const nodes = new Set<Addr>();
  const cpus: number[] = [];
  const expeditedCpus: number[] = [];
  for (const cpu of possibleCpus(prog)) {
    const own = perCpu(prog, data, cpu);
    const node = prog.memory.ulong(addrAdd(own, prog.offset('rcu_data', 'mynode')));
    const mask = prog.memory.ulong(addrAdd(own, prog.offset('rcu_data', 'grpmask')));
    if (!isKernelPointer(prog, node)) continue;
    nodes.add(node);
    const bits = (member: string): bigint => prog.memory.ulong(addrAdd(node, prog.offset('rcu_node', member)));
    if ((bits('qsmask') & mask) !== 0n) cpus.push(cpu);
    if ((bits('expmask') & mask) !== 0n) expeditedCpus.push(cpu);
  }
  return {
    address,
    size: prog.type('rcu_state').size,
    running: (sequence & STATE) !== 0n,
    sequence,
    start: word('gp_start'),
    thread: word('gp_kthread'),
    cpus,
    tasks: [...nodes].flatMap((node) => blockedReaders(prog, node)),
    expeditedCpus,
  };
});

/** By its symbol; in kernels without symbols of data it is where the tree of its nodes has its root, `rcu_state.node[0]`. */
function rcuState(prog: Program, data: string): Addr {
  const symbol = prog.findSymbol(data.replace('data', 'state'));
  if (symbol) return symbol.address;
  const parent = prog.offset('rcu_node', 'parent');
  const own = perCpu(prog, data, possibleCpus(prog)[0] ?? 0);
  let node = prog.memory.ulong(addrAdd(own, prog.offset('rcu_data', 'mynode')));
  for (let level = 0; level < MAX_LEVELS; level++) {
    const up = prog.memory.ulong(addrAdd(node, parent));
    if (up === 0n) return addrAdd(node, -prog.offset('rcu_state', 'node'));
    node = up;
  }
  throw new CorruptError(node, 'RCU: the tree of nodes has no root');
}

/** From `gp_tasks` to the end of `blkd_tasks`: the ones before it came later and hold up only the next grace period. */
function blockedReaders(prog: Program, node: Addr): Addr[] {
  const place = prog.findMember('rcu_node', 'gp_tasks');
  const link = prog.findMember('task_struct', 'rcu_node_entry'); // CONFIG_PREEMPT_RCU
  if (!place || !link) return [];
  const first = prog.memory.ulong(addrAdd(node, place.offset));
  if (!isKernelPointer(prog, first)) return [];
  const end = addrAdd(node, prog.offset('rcu_node', 'blkd_tasks'));
  const found = [addrAdd(first, -link.offset)];
  for (const entry of chainEntries(prog, first, 'blocked RCU readers', { end, max: MAX_BLOCKED })) {
    found.push(addrAdd(entry, -link.offset));
  }
  return found;
}
