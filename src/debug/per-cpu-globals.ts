import type { Addr } from '../base/units.ts';
import type { Program } from '../program/program.ts';

/** Checks of per-CPU variables and tables, for kernels that name their variables nowhere (`global-search.ts`). */
type Check = (prog: Program) => (at: Addr) => boolean;

/** CPUs whose copies are looked at. */
const MOST_CPUS = 8;

/** The copies of a variable of all CPUs that ever were, by `__per_cpu_offset`. */
function copies(prog: Program): (at: Addr) => Addr[] {
  const table = prog.symbol('__per_cpu_offset');
  const count = Math.min(prog.memory.u32(prog.symbol('nr_cpu_ids')), MOST_CPUS);
  const offsets = Array.from({ length: count }, (_, cpu) => prog.memory.u64(table + BigInt(cpu) * 8n));
  return (at) => offsets.map((offset) => BigInt.asUintN(64, at + offset));
}

/** `struct rq`: its CPU's number and idle task. */
export const runQueueCheck: Check = (prog) => {
  const cpu = BigInt(prog.offset('rq', 'cpu'));
  const idle = BigInt(prog.offset('rq', 'idle'));
  const pid = BigInt(prog.offset('task_struct', 'pid'));
  const all = copies(prog);
  return (at) =>
    at % 8n === 0n &&
    all(at).every((rq, n) => {
      const task = prog.memory.u64(rq + idle);
      return prog.memory.u32(rq + cpu) === n && task >= prog.kernelStart && prog.memory.u32(task + pid) === 0;
    });
};

/** `struct timer_base`: its CPU's number, and a clock that is near to jiffies. */
export const timerBaseCheck: Check = (prog) => {
  const cpu = BigInt(prog.offset('timer_base', 'cpu'));
  const clock = BigInt(prog.offset('timer_base', 'clk'));
  const jiffies = prog.memory.u64(prog.symbol('jiffies'));
  const all = copies(prog);
  const isNear = (ticks: bigint): boolean => ticks !== 0n && ticks >> 32n === jiffies >> 32n;
  return (at) =>
    at % 8n === 0n &&
    all(at).every((base, n) => prog.memory.u32(base + cpu) === n && isNear(prog.memory.u64(base + clock)));
};

/** `struct hrtimer_cpu_base`: the bases of its clocks lead back to it. */
export const hrTimerBaseCheck: Check = (prog) => {
  const cpu = BigInt(prog.offset('hrtimer_cpu_base', 'cpu'));
  const back = BigInt(prog.offset('hrtimer_cpu_base', 'clock_base') + prog.offset('hrtimer_clock_base', 'cpu_base'));
  const all = copies(prog);
  return (at) =>
    at % 8n === 0n &&
    all(at).every((base, n) => prog.memory.u32(base + cpu) === n && prog.memory.u64(base + back) === base);
};

/** `struct hstate[]`: the first has its name, `hugepages-2048kB`. */
export const hugePageCheck: Check = (prog) => {
  const name = BigInt(prog.offset('hstate', 'name'));
  return (at) => at % 8n === 0n && /^hugepages-\d+kB$/.test(prog.memory.cString(at + name, 32));
};

/** `struct swap_info_struct *[]`: the first is of type 0 and has a file. */
export const swapTableCheck: Check = (prog) => {
  const type = BigInt(prog.offset('swap_info_struct', 'type'));
  const file = BigInt(prog.offset('swap_info_struct', 'swap_file'));
  const pages = BigInt(prog.offset('swap_info_struct', 'pages'));
  return (at) => {
    const first = prog.memory.u64(at);
    if (at % 8n !== 0n || first < prog.kernelStart) return false;
    const holds = prog.memory.u64(first + file);
    return (
      prog.memory.u8(first + type) === 0 &&
      (holds === 0n || holds >= prog.kernelStart) &&
      prog.memory.u32(first + pages) < 1 << 30
    );
  };
};

/** The per-CPU section of the kernel image is smaller than this on either side of `runqueues`. */
export const PER_CPU_REACH = 0x20000n;

/** `struct file_lock_list_struct`: the first lock of each list leads back to it. */
export const fileLockCheck: Check = (prog) => {
  const head = BigInt(prog.offset('file_lock_list_struct', 'hlist'));
  const near = prog.symbol('runqueues');
  const all = copies(prog);
  return (at) =>
    at % 8n === 0n &&
    at > near - PER_CPU_REACH &&
    at < near + PER_CPU_REACH &&
    all(at).every((list) => {
      const first = prog.memory.u64(list + head);
      return first === 0n || prog.memory.u64(first + 8n) === list + head;
    });
};

/** Pages of swap space that share a `struct address_space`: SWAP_ADDRESS_SPACE_PAGES. */
const SPACE_PAGES = 1 << 14;

/** `struct address_space *[]` by type of swap area: the first of area 0 has operations. */
export const swapCacheCheck: Check = (prog) => {
  const operations = BigInt(prog.offset('address_space', 'a_ops'));
  return (at) => {
    const first = prog.memory.u64(at);
    return at % 8n === 0n && first >= prog.kernelStart && prog.memory.u64(first + operations) >= prog.kernelStart;
  };
};

/** `unsigned int[]` by type of swap area: how many of them area 0 has. */
export const swapCacheCountCheck: Check = (prog) => {
  const area = prog.memory.u64(prog.symbol('swap_info'));
  const most = prog.memory.u32(area + BigInt(prog.offset('swap_info_struct', 'max')));
  return (at) => prog.memory.u32(at) === Math.ceil(most / SPACE_PAGES);
};
