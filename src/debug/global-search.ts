import type { Addr } from '../base/units.ts';
import type { DebugInfo, DebugProvider, KernelSymbol } from '../program/ports.ts';
import type { Program } from '../program/program.ts';
import { accepts, referencesOf } from './data-references.ts';
import {
  fileLockCheck,
  hrTimerBaseCheck,
  hugePageCheck,
  PER_CPU_REACH,
  runQueueCheck,
  swapCacheCheck,
  swapCacheCountCheck,
  swapTableCheck,
  timerBaseCheck,
} from './per-cpu-globals.ts';

/**
 * Variables that no table names where kallsyms holds functions only (CONFIG_KALLSYMS_ALL unset, as in Debian's arm64
 * cloud kernels): their addresses stand in the code of small functions that use them. A candidate counts only when memory
 * there looks like the variable, so that another compiler's code gives no answer rather than a wrong one.
 */
export const globalSearch: DebugProvider = {
  name: 'variables found from code',
  offers: ['symbols'],
  open: (prog) => new GlobalSearch(prog),
};

class GlobalSearch implements DebugInfo {
  readonly #prog: Program;

  constructor(prog: Program) {
    this.#prog = prog;
  }

  findSymbol(name: string): KernelSymbol | undefined {
    const address = this.#address(name);
    return address === undefined ? undefined : { name, address, size: 0, letter: '?' };
  }

  #address(name: string): Addr | undefined {
    const prog = this.#prog;
    const wanted = Object.hasOwn(GLOBALS, name) ? GLOBALS[name] : undefined;
    if (!wanted || !prog.arch.dataReferences) return undefined;
    const check = wanted.check(prog);
    for (const fn of wanted.functions) {
      for (const { address } of referencesOf(prog, fn)) if (accepts(check, address)) return address;
    }
    return undefined;
  }
}

interface Global {
  /** Functions whose code names it, the clearest first. */
  readonly functions: readonly string[];
  /** Makes the test of a candidate. */
  readonly check: (prog: Program) => (address: Addr) => boolean;
}

const GLOBALS: Readonly<Record<string, Global>> = {
  task_struct_cachep: {
    functions: ['free_task', 'arch_release_task_struct', 'dup_task_struct'],
    check: cacheCheck('task_struct'),
  },
  total_swap_pages: { functions: ['si_swapinfo'], check: swapTotalCheck },
  tainted_mask: { functions: ['get_taint', 'test_taint'], check: taintCheck },
  saved_command_line: { functions: ['cmdline_proc_show'], check: stringPointerCheck },
  dmi_ident: { functions: ['dmi_get_system_info'], check: stringTableCheck },
  panic_cpu: { functions: ['nmi_panic', 'crash_kexec'], check: panicCpuCheck },
  crash_notes: { functions: ['crash_save_cpu'], check: perCpuPointerCheck },
  tk_core: { functions: ['ktime_get_coarse_real_ts64', 'ktime_get'], check: timekeeperCheck },
  irq_desc_tree: { functions: ['irq_to_desc', 'irq_get_next_irq'], check: irqTreeCheck },
  softirq_vec: { functions: ['open_softirq'], check: softirqCheck },
  chrdevs: { functions: ['chrdev_show'], check: hashTableCheck('char_device_struct', 'major') },
  major_names: { functions: ['blkdev_show'], check: hashTableCheck('blk_major_name', 'major') },
  cdev_map: { functions: ['cdev_add', 'cdev_del'], check: devicesMapCheck },
  block_class: {
    functions: ['disk_seqf_start', '__alloc_disk_node', 'printk_all_partitions'],
    check: blockClassCheck,
  },
  prog_idr: { functions: ['bpf_prog_by_id', 'bpf_prog_get_curr_or_next'], check: idrCheck },
  runqueues: { functions: ['idle_cpu', 'nr_iowait_cpu', 'task_curr'], check: runQueueCheck },
  timer_bases: { functions: ['add_timer_on', 'timers_prepare_cpu', 'get_next_timer_interrupt'], check: timerBaseCheck },
  hrtimer_bases: { functions: ['hrtimer_get_next_event', 'hrtimers_prepare_cpu'], check: hrTimerBaseCheck },
  hstates: { functions: ['hugetlb_report_meminfo', 'size_to_hstate'], check: hugePageCheck },
  file_lock_list: { functions: ['locks_start', 'locks_next'], check: fileLockCheck },
  swapper_spaces: { functions: ['total_swapcache_pages'], check: swapCacheCheck },
  nr_swapper_spaces: { functions: ['total_swapcache_pages'], check: swapCacheCountCheck },
  swap_info: { functions: ['swp_swap_info', 'swap_type_to_swap_info', 'swap_start'], check: swapTableCheck },
  map_idr: { functions: ['bpf_map_get_curr_or_next', 'bpf_map_free_id'], check: idrCheck },
};

function cacheCheck(cache: string): (prog: Program) => (at: Addr) => boolean {
  return (prog) => {
    const name = BigInt(prog.offset('kmem_cache', 'name'));
    return (at) => prog.memory.cString(prog.memory.u64(prog.memory.u64(at) + name), 64) === cache;
  };
}

/** Swap space in pages; a machine has less than 2^40 of them. Beside it stands how many are free. */
function swapTotalCheck(prog: Program): (at: Addr) => boolean {
  const all = referencesOf(prog, 'si_swapinfo');
  const locks = all.filter((r) => r.access === 'address').map((r) => r.address);
  const isCount = (at: Addr): boolean => at % 8n === 0n && !locks.includes(at) && prog.memory.u64(at) < 1n << 40n;
  const counts = all.map((r) => r.address).filter((at) => accepts(isCount, at));
  const most = counts.reduce((high, at) => (prog.memory.u64(at) > high ? prog.memory.u64(at) : high), 0n);
  return (at) => isCount(at) && prog.memory.u64(at) === most;
}

function taintCheck(prog: Program): (at: Addr) => boolean {
  return (at) => at % 8n === 0n && prog.memory.u64(at) < 1n << 24n;
}

function stringPointerCheck(prog: Program): (at: Addr) => boolean {
  return (at) => /^[\x20-\x7e]+$/.test(prog.memory.cString(prog.memory.u64(at), 64));
}

function stringTableCheck(prog: Program): (at: Addr) => boolean {
  const string = stringPointerCheck(prog);
  return (at) => [1n, 2n, 3n].some((i) => prog.memory.u64(at + i * 8n) !== 0n && string(at + i * 8n));
}

/** -1 (nobody has panicked) or a CPU number; not a per-CPU variable. */
function panicCpuCheck(prog: Program): (at: Addr) => boolean {
  const runqueues = prog.symbol('runqueues');
  const count = prog.memory.u32(prog.symbol('nr_cpu_ids'));
  const text = prog.vmcoreinfo.symbol('_stext') ?? 0n;
  return (at) => {
    const cpu = prog.memory.i32(at);
    const far = at > runqueues + PER_CPU_REACH || at < runqueues - PER_CPU_REACH;
    return far && at > text && at % 4n === 0n && cpu >= -1 && cpu < count;
  };
}

/** A pointer that becomes valid when a CPU's offset is added. */
function perCpuPointerCheck(prog: Program): (at: Addr) => boolean {
  const offset = prog.memory.u64(prog.symbol('__per_cpu_offset'));
  const others = [prog.symbol('__per_cpu_offset'), prog.symbol('nr_cpu_ids')];
  return (at) => {
    if (others.includes(at) || at % 8n !== 0n) return false;
    const pointer = prog.memory.u64(at);
    return pointer !== 0n && typeof prog.memory.translate(BigInt.asUintN(64, pointer + offset)) !== 'string';
  };
}

/** The seconds in the timekeeper are a date after 1980. */
function timekeeperCheck(prog: Program): (at: Addr) => boolean {
  const keeper = BigInt(prog.findMember('tk_data', 'timekeeper')?.offset ?? 8);
  const seconds = BigInt(prog.offset('timekeeper', 'xtime_sec'));
  return (at) => {
    const s = prog.memory.u64(at + keeper + seconds);
    return at % 8n === 0n && s > 0x14000000n && s < 1n << 40n;
  };
}

/** The first descriptor of a tree or its first node says that it is one. */
function irqTreeCheck(prog: Program): (at: Addr) => boolean {
  const root = BigInt(prog.offset('xarray', 'xa_head'));
  const slots = BigInt(prog.offset('xa_node', 'slots'));
  const shift = BigInt(prog.offset('xa_node', 'shift'));
  const tree = BigInt(prog.offset('xa_node', 'array'));
  return (at) => {
    const head = prog.memory.u64(at + root);
    if (at % 8n !== 0n || (head & 3n) !== 2n || head < prog.kernelStart) return false;
    const node = head - 2n;
    const size = prog.findMember('xa_node', 'slots')?.type.resolve().length ?? 0;
    if (prog.memory.u64(node + tree) !== at || prog.memory.u8(node + shift) > 60) return false;
    return Array.from({ length: size }, (_, i) => prog.memory.u64(node + slots + BigInt(i) * 8n)).some((s) => s !== 0n);
  };
}

/** Every softirq of `NR_SOFTIRQS` calls a function or nothing; the first is always there. */
function softirqCheck(prog: Program): (at: Addr) => boolean {
  const size = BigInt(prog.type('softirq_action').size);
  const isFunction = (address: bigint): boolean => {
    const symbol = address === 0n ? undefined : prog.symbolAt(address);
    return symbol?.address === address && /t/i.test(symbol.letter);
  };
  return (at) => {
    if (at % 8n !== 0n || !isFunction(prog.memory.u64(at))) return false;
    return Array.from({ length: 10 }, (_, i) => prog.memory.u64(at + BigInt(i) * size)).every(
      (action) => action === 0n || isFunction(action),
    );
  };
}

/** A table of 255 chains by the number modulo 255. */
function hashTableCheck(type: string, member: string): (prog: Program) => (at: Addr) => boolean {
  return (prog) => {
    const number = BigInt(prog.offset(type, member));
    return (at) => {
      if (at % 8n !== 0n) return false;
      let used = 0;
      for (let i = 0n; i < 255n; i++) {
        const first = prog.memory.u64(at + i * 8n);
        if (first === 0n) continue;
        if (first < prog.kernelStart || prog.memory.u32(first + number) % 255 !== Number(i)) return false;
        used++;
      }
      return used > 0;
    };
  };
}

/** `struct kobj_map *`: every chain of its table begins somewhere. */
function devicesMapCheck(prog: Program): (at: Addr) => boolean {
  const probes = BigInt(prog.offset('kobj_map', 'probes'));
  return (at) => {
    const map = prog.memory.u64(at);
    if (at % 8n !== 0n || map < prog.kernelStart) return false;
    return Array.from({ length: 255 }, (_, i) => prog.memory.u64(map + probes + BigInt(i) * 8n)).every(
      (p) => p >= prog.kernelStart,
    );
  };
}

function blockClassCheck(prog: Program): (at: Addr) => boolean {
  const name = BigInt(prog.offset('class', 'name'));
  return (at) => at % 8n === 0n && prog.memory.cString(prog.memory.u64(at + name), 16) === 'block';
}

/** An IDR: its tree is empty or leads to a node of it. */
function idrCheck(prog: Program): (at: Addr) => boolean {
  const tree = BigInt(prog.offset('idr', 'idr_rt'));
  const root = BigInt(prog.offset('xarray', 'xa_head'));
  const flags = BigInt(prog.offset('xarray', 'xa_flags'));
  const owner = BigInt(prog.offset('xa_node', 'array'));
  const base = BigInt(prog.offset('idr', 'idr_base'));
  const next = BigInt(prog.offset('idr', 'idr_next'));
  return (at) => {
    // ROOT_IS_IDR (include/linux/radix-tree.h); ids are handed out cyclically, upward.
    if (at % 8n !== 0n || (prog.memory.u32(at + tree + flags) & 4) === 0 || prog.memory.u32(at + base) > 1)
      return false;
    if (prog.memory.i32(at + next) < 0) return false;
    const head = prog.memory.u64(at + tree + root);
    if (head === 0n || ((head & 3n) === 0n && head >= prog.kernelStart)) return true;
    return (head & 3n) === 2n && prog.memory.u64(head - 2n + owner) === at + tree;
  };
}
