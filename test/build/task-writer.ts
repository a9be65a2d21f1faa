import { arrayType, structType, u32Type, u64Type } from './c-types.ts';
import type { KernelMemory } from './kernel-memory.ts';

const TASK = 1024;
const slots = arrayType(u64Type, 64);

/** What a test says of a task. */
export interface TaskSpec {
  readonly pid: number;
  readonly comm: string;
  readonly tgid?: number;
  readonly cpu?: number;
  readonly state?: number;
  readonly exitState?: number;
  readonly flags?: number;
  readonly mm?: bigint;
  readonly parent?: bigint;
}

/** Tasks of a made-up kernel, with everything through which the kernel finds them. */
export class TaskWriter {
  readonly memory: KernelMemory;
  readonly tasks = new Map<number, bigint>();
  readonly pids = new Map<number, bigint>();
  readonly init: bigint;
  readonly idrRoot: bigint;
  readonly runqueues: readonly bigint[];

  constructor(memory: KernelMemory, cpus = 1) {
    this.memory = memory;
    const areas = memory.cpus(cpus);
    this.#types();
    this.runqueues = areas.map((area) => area + 0x100n);
    memory.symbol('runqueues', 0x100n);
    const ns = memory.symbol('init_pid_ns', memory.alloc(64));
    this.idrRoot = ns + 16n;
    this.init = memory.symbol('init_task', this.#write({ pid: 0, comm: 'swapper/0', flags: 0x200000 }, undefined));
    memory.circle(this.init + 64n);
    this.runqueues.forEach((rq, cpu) => {
      const idle =
        cpu === 0 ? this.init : this.#write({ pid: 0, comm: `swapper/${cpu}`, cpu, flags: 0x200000 }, undefined);
      memory.u64(rq + 8n, idle);
      memory.u64(rq, idle);
      memory.circle(rq + 16n);
    });
  }

  #types(): void {
    const { memory } = this;
    memory.type('task_struct', TASK, {
      __state: [0, 4],
      exit_state: [4, 4],
      flags: [8, 4],
      'thread_info.cpu': [12, 4],
      pid: [16, 4],
      tgid: [20, 4],
      comm: [24, 16],
      mm: 40,
      real_parent: 48,
      group_leader: 56,
      tasks: 64,
      thread_node: 80,
      signal: 96,
      thread_pid: 104,
      pid_links: 112,
      'se.group_node': 176,
      'rt.run_list': 192,
      nsproxy: 208,
      fs: 216,
      vfork_done: 224,
    });
    memory.type('pid', 128, { tasks: 16 });
    memory.type('signal_struct', 64, { thread_head: 16, oom_score_adj: [32, 2] });
    memory.type('pid_namespace', 64, { idr: 8 });
    memory.type('idr', 24, { 'idr_rt.xa_head': 8 });
    memory.type('xa_node', 520, { shift: [0, 1], slots: [8, slots] });
    memory.type('rq', 256, { curr: 0, idle: 8, cfs_tasks: 16 });
    memory.type('mm_struct', 512, { total_vm: 8, rss_stat: 64, pgtables_bytes: 240, flags: 248 });
    memory.type('percpu_counter', 40, { count: 8, counters: 32 });
    memory.type('pglist_data', 64, { node_present_pages: 8 });
    memory.type('cpumask', 1024, {});
    memory.u64(memory.symbol('contig_page_data', memory.alloc(64)) + 8n, 1000);
    memory.kernel.type({ ...structType('list_head', 16, {}), kind: 'struct' });
    memory.kernel.type({ ...u32Type, name: 'unsigned int' });
  }

  #write(spec: TaskSpec, at: bigint | undefined): bigint {
    const { memory } = this;
    const task = at ?? memory.alloc(TASK);
    memory.u32(task, spec.state ?? 1);
    memory.u32(task + 4n, spec.exitState ?? 0);
    memory.u32(task + 8n, spec.flags ?? 0);
    memory.u32(task + 12n, spec.cpu ?? 0);
    memory.u32(task + 16n, spec.pid);
    memory.u32(task + 20n, spec.tgid ?? spec.pid);
    memory.text(task + 24n, spec.comm);
    memory.u64(task + 40n, spec.mm ?? 0n);
    memory.u64(task + 48n, spec.parent ?? task);
    memory.u64(task + 56n, task);
    return task;
  }

  /** A process with its pid structure and signal structure, on no list yet. */
  process(spec: TaskSpec, at?: bigint): bigint {
    const { memory } = this;
    const task = this.#write(spec, at);
    const signal = memory.alloc(64);
    memory.u64(task + 96n, signal);
    memory.circle(signal + 16n, task + 80n);
    this.#pid(task, spec.pid);
    return task;
  }

  /** A further thread of a process. */
  thread(leader: bigint, spec: TaskSpec, others: readonly bigint[] = []): bigint {
    const { memory } = this;
    const task = this.#write(spec, undefined);
    const signal = memory.kernel.memory.u64(memory.physical(leader + 96n));
    memory.u64(task + 56n, leader);
    memory.u64(task + 96n, signal);
    memory.circle(signal + 16n, leader + 80n, ...[...others, task].map((t) => t + 80n));
    this.#pid(task, spec.pid);
    return task;
  }

  #pid(task: bigint, number: number): void {
    const { memory } = this;
    const pid = memory.alloc(128);
    memory.u64(pid + 16n, task + 112n);
    memory.u64(task + 104n, pid);
    this.tasks.set(number, task);
    this.pids.set(number, pid);
  }

  /** Puts processes on the list of init_task, in this order. */
  list(...tasks: bigint[]): void {
    this.memory.circle(...[this.init, ...tasks].map((task) => task + 64n));
  }

  /** Puts every pid made so far into the index: two levels, so that numbers up to 4095 fit. */
  index(numbers: Iterable<number> = this.pids.keys()): { root: bigint; leaves: Map<number, bigint> } {
    const { memory } = this;
    const root = memory.alloc(520);
    memory.u8(root, 6);
    memory.u64(this.idrRoot, root + 2n);
    const leaves = new Map<number, bigint>();
    for (const number of numbers) {
      const high = number >> 6;
      let leaf = leaves.get(high);
      if (leaf === undefined) {
        leaf = memory.alloc(520);
        leaves.set(high, leaf);
        memory.u64(root + 8n + BigInt(high) * 8n, leaf + 2n);
      }
      memory.u64(leaf + 8n + BigInt(number & 63) * 8n, this.pids.get(number) ?? 0n);
    }
    return { root, leaves };
  }

  /** Makes `task` run on `cpu`. */
  run(cpu: number, task: bigint): void {
    this.memory.u64(this.runqueues[cpu] as bigint, task);
  }

  /** An address space with `total` pages, of which the counters file, anonymous, swap, shared say the resident ones. */
  addressSpace(total: number, counts: readonly number[], perCpu: readonly (readonly number[])[] = []): bigint {
    const { memory } = this;
    const mm = memory.alloc(512);
    memory.u64(mm + 8n, total);
    counts.forEach((count, kind) => {
      const counter = mm + 64n + BigInt(kind) * 40n;
      memory.u64(counter + 8n, BigInt(count));
      const parts = perCpu[kind];
      if (!parts) return;
      const place = BigInt(0x800 + kind * 4); // offset into each CPU's area
      memory.u64(counter + 32n, place);
      parts.forEach((part, cpu) => {
        memory.u32((this.runqueues[cpu] as bigint) - 0x100n + place, part);
      });
    });
    return mm;
  }
}
