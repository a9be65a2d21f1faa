import type { KernelMemory } from './kernel-memory.ts';

/** VMCOREINFO lines of a kernel with the lockless log ring (Linux 6.1, x86-64). */
const RING_INFO = [
  'OFFSET(printk_ringbuffer.desc_ring)=0',
  'OFFSET(printk_ringbuffer.text_data_ring)=48',
  'OFFSET(prb_desc_ring.count_bits)=0',
  'OFFSET(prb_desc_ring.descs)=8',
  'OFFSET(prb_desc_ring.infos)=16',
  'OFFSET(prb_desc_ring.head_id)=24',
  'OFFSET(prb_desc_ring.tail_id)=32',
  'SIZE(prb_desc)=24',
  'OFFSET(prb_desc.state_var)=0',
  'OFFSET(prb_desc.text_blk_lpos)=8',
  'OFFSET(prb_data_blk_lpos.begin)=0',
  'OFFSET(prb_data_blk_lpos.next)=8',
  'SIZE(printk_info)=88',
  'OFFSET(printk_info.seq)=0',
  'OFFSET(printk_info.ts_nsec)=8',
  'OFFSET(printk_info.text_len)=16',
  'OFFSET(printk_info.caller_id)=20',
  'OFFSET(printk_info.dev_info)=24',
  'OFFSET(dev_printk_info.subsystem)=0',
  'OFFSET(dev_printk_info.device)=16',
  'OFFSET(prb_data_ring.size_bits)=0',
  'OFFSET(prb_data_ring.data)=8',
  'OFFSET(prb_data_ring.head_lpos)=16',
  'OFFSET(prb_data_ring.tail_lpos)=24',
];

/** A lockless log ring that is filled record by record, wrapping as the kernel's does. */
export class RingWriter {
  readonly memory: KernelMemory;
  readonly ring: bigint;
  readonly descs: bigint;
  readonly infos: bigint;
  readonly data: bigint;
  readonly count: number;
  readonly size: number;
  #id: bigint;
  #lpos: bigint;
  #sequence = 0;

  /** @param bits descriptors, as a power of two @param textBits bytes of text @param id of the first record */
  constructor(memory: KernelMemory, bits: number, textBits: number, id = 0n, lpos = 0n) {
    this.memory = memory;
    this.count = 2 ** bits;
    this.size = 2 ** textBits;
    this.#id = id;
    this.#lpos = lpos;
    this.ring = memory.alloc(96);
    this.descs = memory.alloc(24 * this.count, 4096);
    this.infos = memory.alloc(88 * this.count, 4096);
    this.data = memory.alloc(this.size, 4096);
    const prb = memory.alloc(8);
    memory.u64(prb, this.ring);
    memory.vmcoreinfo(`SYMBOL(prb)=${prb.toString(16)}`, ...RING_INFO);
    memory.u32(this.ring, bits);
    memory.u64(this.ring + 8n, this.descs);
    memory.u64(this.ring + 16n, this.infos);
    memory.u32(this.ring + 48n, textBits);
    memory.u64(this.ring + 56n, this.data);
    this.tail(id);
  }

  /** Sets the id of the oldest record. */
  tail(id: bigint): void {
    this.memory.u64(this.ring + 32n, id);
  }

  /** Address of the descriptor of a record. */
  descriptor(id: bigint): bigint {
    return this.descs + (id % BigInt(this.count)) * 24n;
  }

  /**
   * Appends a record; returns its id.
   * @param state 0 reserved, 1 committed, 2 finalized, 3 reusable
   */
  add(
    text: string | 'LOST',
    options: { state?: number; level?: number; caller?: number; device?: string } = {},
  ): bigint {
    const { memory } = this;
    const id = this.#id++ & 0x3fffffffffffffffn;
    const at = this.descriptor(id);
    const info = this.infos + (id % BigInt(this.count)) * 88n;
    const bytes = new TextEncoder().encode(text === 'LOST' ? '' : text);
    memory.u64(at, (BigInt(options.state ?? 2) << 62n) | id);
    if (text === '' || text === 'LOST') {
      memory.u64(at + 8n, text === '' ? 3 : 1);
      memory.u64(at + 16n, text === '' ? 3 : 1);
    } else this.#block(at, id, bytes);
    memory.u64(info, this.#sequence);
    memory.u64(info + 8n, 1_000_000 * this.#sequence++);
    memory.u16(info + 16n, bytes.length);
    memory.u8(info + 18n, 0);
    const level = options.level ?? 6;
    memory.u8(info + 19n, memory.littleEndian ? (level << 5) | 2 : (2 << 3) | level); // flags:5, level:3
    memory.u32(info + 20n, options.caller ?? 1);
    memory.bytes(info + 24n, new Uint8Array(64));
    if (options.device !== undefined) memory.text(info + 40n, options.device);
    memory.u64(this.ring + 24n, id);
    memory.u64(this.ring + 64n, this.#lpos);
    return id;
  }

  #block(at: bigint, id: bigint, bytes: Uint8Array): void {
    const { memory } = this;
    const size = BigInt(this.size);
    const begin = this.#lpos;
    const length = BigInt(Math.ceil((bytes.length + 8) / 8) * 8);
    let next = begin + length;
    let place = begin % size;
    if (next / size !== begin / size) {
      place = 0n; // over the end: the data goes to the beginning
      next = (next / size) * size + length;
    }
    memory.u64(this.data + place, id);
    memory.bytes(this.data + place + 8n, bytes);
    memory.u64(at + 8n, begin);
    memory.u64(at + 16n, next);
    this.#lpos = next;
  }
}

/** VMCOREINFO lines of the older log (Linux 4.19, x86-64). */
const LOG_INFO = [
  'SIZE(printk_log)=16',
  'OFFSET(printk_log.ts_nsec)=0',
  'OFFSET(printk_log.len)=8',
  'OFFSET(printk_log.text_len)=10',
  'OFFSET(printk_log.dict_len)=12',
];

/** The log of kernels before 5.10: records one behind the other in a ring of bytes. */
export class OldLogWriter {
  readonly memory: KernelMemory;
  readonly buffer: bigint;
  readonly #first: bigint;
  readonly #next: bigint;
  readonly #size: number;
  readonly starts: number[] = [];
  #at: number;
  #time = 0;

  constructor(memory: KernelMemory, size: number, at = 0) {
    this.memory = memory;
    this.#size = size;
    this.#at = at;
    this.buffer = memory.alloc(size, 4096);
    const variable = (name: string): bigint => {
      const address = memory.alloc(8);
      memory.vmcoreinfo(`SYMBOL(${name})=${address.toString(16)}`);
      return address;
    };
    memory.u64(variable('log_buf'), this.buffer);
    memory.u32(variable('log_buf_len'), size);
    this.#first = variable('log_first_idx');
    this.#next = variable('log_next_idx');
    memory.u32(this.#first, at);
    memory.vmcoreinfo(...LOG_INFO);
  }

  add(text: string, dict: readonly string[] = []): void {
    const { memory } = this;
    const bytes = new TextEncoder().encode(text);
    const pairs = new TextEncoder().encode(dict.join('\0'));
    const length = Math.ceil((16 + bytes.length + pairs.length) / 4) * 4;
    if (this.#at + length + 16 > this.#size) {
      memory.bytes(this.buffer + BigInt(this.#at), new Uint8Array(16)); // length 0: start over
      this.#at = 0;
    }
    const record = this.buffer + BigInt(this.#at);
    this.starts.push(this.#at);
    memory.u64(record, this.#time++ * 1000);
    memory.u16(record + 8n, length);
    memory.u16(record + 10n, bytes.length);
    memory.u16(record + 12n, pairs.length);
    memory.u8(record + 14n, 3);
    memory.u8(record + 15n, (4 << 5) | 6);
    memory.bytes(record + 16n, bytes);
    memory.bytes(record + 16n + BigInt(bytes.length), pairs);
    this.#at += length;
    memory.u32(this.#next, this.#at);
  }

  /** Makes the record with this number the oldest. */
  startAt(record: number): void {
    this.memory.u32(this.#first, this.starts[record] as number);
  }
}
