import { flatType, type KernelMemory } from './kernel-memory.ts';

/** Where a `struct device` stands in a `struct block_device`. */
const DEVICE = 64n;
/** Where the link of a class's list stands in `struct device_private`. */
const KNODE = 32n;

/** A disk of a made-up kernel. */
export interface MadeDisk {
  /** `struct gendisk *` */
  readonly disk: bigint;
  /** `struct block_device *` */
  readonly whole: bigint;
  /** `struct request_queue *` */
  readonly queue: bigint;
  /** The node in the list of the class, a `struct list_head`. */
  readonly link: bigint;
}

/** The disks of a made-up kernel from v5.11 to v6.3. */
export class DiskWriter {
  readonly memory: KernelMemory;
  readonly #klist: bigint;
  readonly #links: bigint[] = [];

  constructor(memory: KernelMemory) {
    this.memory = memory;
    memory.type('class', 64, { p: 8 });
    memory.type('subsys_private', 64, { klist_devices: 16 });
    memory.type('klist', 32, { k_list: 8 });
    memory.type('klist_node', 32, { n_klist: 0, n_node: 8 });
    memory.type('device', 64, {});
    memory.type('device_private', 96, { knode_class: Number(KNODE), device: 72 });
    memory.type('block_device', 160, { bd_disk: 0, bd_nr_sectors: 8, bd_device: Number(DEVICE), bd_stats: 144 });
    memory.type('gendisk', 128, {
      ...{ major: [0, 4], first_minor: [4, 4], disk_name: [8, 32], fops: 40, private_data: 48, queue: 56, part0: 64 },
    });
    memory.type('request_queue', 64, { mq_ops: 0, nr_hw_queues: [8, 4], queue_hw_ctx: 16 });
    const own = memory.alloc(64);
    memory.u64(memory.symbol('block_class', memory.alloc(64)) + 8n, own);
    this.#klist = own + 16n;
    memory.circle(this.#klist + 8n);
  }

  /** @param operations symbol of its `struct block_device_operations` */
  disk(name: string, major: number, minor: number, operations: string, privateData = 0n): MadeDisk {
    const { memory } = this;
    const [disk, whole, queue, own] = [memory.alloc(128), memory.alloc(160), memory.alloc(64), memory.alloc(96)];
    memory.u32(disk, major);
    memory.u32(disk + 4n, minor);
    memory.text(disk + 8n, name);
    memory.u64(disk + 40n, memory.kernel.symbol(operations, memory.alloc(64), 64, 'D'));
    memory.u64(disk + 48n, privateData);
    memory.u64(disk + 56n, queue);
    memory.u64(disk + 64n, whole);
    memory.u64(whole, disk);
    memory.u64(own + KNODE, this.#klist);
    memory.u64(own + 72n, whole + DEVICE);
    this.#links.push(own + KNODE + 8n);
    memory.circle(this.#klist + 8n, ...this.#links);
    return { disk, whole, queue, link: own + KNODE + 8n };
  }
}

/** The types of blk-mq's tags. */
export function requestTypes(memory: KernelMemory): void {
  memory.type('blk_mq_ops', 64, { queue_rq: 0 });
  memory.type('blk_mq_hw_ctx', 16, { tags: 0 });
  memory.type('blk_mq_tags', 192, {
    nr_tags: [0, 4],
    nr_reserved_tags: [4, 4],
    rqs: 8,
    bitmap_tags: [64, flatType('sbitmap_queue', 64, {})],
    breserved_tags: [128, flatType('sbitmap_queue', 64, {})],
  });
  memory.type('sbitmap_queue', 64, { sb: 0 });
  memory.type('sbitmap', 32, { depth: [0, 4], shift: [4, 4], map_nr: [8, 4], map: 16 });
  memory.type('sbitmap_word', 64, { word: 0, cleared: 8 });
  memory.type('request', 64, { q: 0, state: [8, 4], cmd_flags: [12, 4], start_time_ns: 16, io_start_time_ns: 24 });
}

/** Requests that a disk is working on: writes since these times, in ns; returns them. */
export function startRequests(memory: KernelMemory, { queue }: MadeDisk, starts: readonly bigint[]): bigint[] {
  const [tags, context, table, list, words] = [
    memory.alloc(192),
    memory.alloc(16),
    memory.alloc(8),
    memory.alloc(512),
    memory.alloc(64),
  ];
  memory.u64(queue, memory.alloc(64));
  memory.u32(queue + 8n, 1);
  memory.u64(queue + 16n, table);
  memory.u64(table, context);
  memory.u64(context, tags);
  memory.u32(tags, 64);
  memory.u64(tags + 8n, list);
  memory.u32(tags + 64n, 64);
  memory.u32(tags + 68n, 6);
  memory.u32(tags + 72n, 1);
  memory.u64(tags + 80n, words);
  memory.u32(tags + 132n, 6);
  memory.u64(words, (1n << BigInt(starts.length)) - 1n);
  return starts.map((start, tag) => {
    const at = memory.alloc(64);
    memory.u64(at, queue);
    memory.u32(at + 8n, 1);
    memory.u32(at + 12n, 1);
    memory.u64(at + 16n, start);
    memory.u64(at + 24n, start);
    memory.u64(list + BigInt(tag * 8), at);
    return at;
  });
}

/** The kernel's clock stands at so many seconds since boot. */
export function clockAt(memory: KernelMemory, seconds: bigint): void {
  memory.type('timekeeper', 64, {
    ...{ xtime_sec: 0, 'tkr_mono.shift': [8, 4], 'tkr_mono.xtime_nsec': 16, offs_real: 24, offs_boot: 32 },
  });
  memory.u64(memory.symbol('shadow_timekeeper', memory.alloc(64)), seconds);
}
