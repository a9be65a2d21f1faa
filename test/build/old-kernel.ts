import { ByteWriter } from './byte-writer.ts';
import { type CoreNote, writeElfCore } from './elf-core-writer.ts';
import { type KallsymsLayout, someSymbols, type WrittenSymbol, writeKallsyms } from './kallsyms-writer.ts';
import { armForm, PageTableWriter, type TableForm, x86Form } from './page-table-writer.ts';
import { SparseMemory } from './sparse-memory.ts';

const MEGA = 0x100000;
/** Where things are in the image, from its text on. */
const TABLES = 4 * MEGA;
const DATA = 6 * MEGA;
const LOG_SIZE = 1 << 17;
const IMAGE_SIZE = 16 * MEGA;

/** How one CPU's kernel of that time lies in memory. */
export interface OldKernelForm {
  readonly machine: number;
  readonly arch: string;
  /** Address of the first text, virtual and physical. */
  readonly text: bigint;
  readonly phys: number;
  readonly physStart: number;
  readonly physSize: number;
  /** Virtual address of `physStart` in the linear map. */
  readonly linear: bigint;
  readonly paging: TableForm;
  readonly perCpu: 'zero' | 'none';
  /** Lines of VMCOREINFO that only this CPU has. */
  readonly info: readonly string[];
}

/** Linux 4.19 on x86-64, 4 levels, moved by KASLR. Source: Documentation/x86/x86_64/mm.txt of that release. */
export const oldX86: OldKernelForm = {
  machine: 62,
  arch: 'x86_64',
  text: 0xffffffff9b000000n,
  phys: 0x3000000,
  physStart: 0,
  physSize: 256 * MEGA,
  linear: 0xffff9a4000000000n,
  paging: x86Form(4),
  perCpu: 'zero',
  info: [
    `NUMBER(phys_base)=${0x3000000 - 0x1b000000}`,
    'SYMBOL(init_top_pgt)=@swapper_pg_dir',
    'NUMBER(pgtable_l5_enabled)=0',
    'KERNELOFFSET=1a000000',
    'NUMBER(KERNEL_IMAGE_SIZE)=1073741824',
  ],
};

/**
 * Linux 4.19 on arm64 with 4 KiB pages and 48 bits: the linear map in the upper half, the image near the bottom.
 * Source: Documentation/arm64/memory.txt of that release.
 */
export const oldArm: OldKernelForm = {
  machine: 183,
  arch: 'aarch64',
  text: 0xffff00000a080000n,
  phys: 0x41080000,
  physStart: 0x40000000,
  physSize: 256 * MEGA,
  linear: 0xffff800000000000n,
  paging: armForm(4096, 48),
  perCpu: 'none',
  info: [
    'NUMBER(VA_BITS)=48',
    `NUMBER(kimage_voffset)=0x${(0xffff00000a080000n - 0x41080000n).toString(16)}`,
    'NUMBER(PHYS_OFFSET)=0x40000000',
    'KERNELOFFSET=2000000',
  ],
};

/** A kernel of the time before BTF and before VMCOREINFO named kallsyms. */
export class OldKernel {
  readonly memory = new SparseMemory();
  readonly symbols = new Map<string, bigint>();
  readonly vmcoreinfo: string;
  readonly form: OldKernelForm;
  #next = DATA;
  readonly #variables: WrittenSymbol[] = [];

  constructor(form: OldKernelForm, layout: KallsymsLayout, log: readonly string[]) {
    this.form = form;
    this.#machine();
    this.#log(log);
    this.#kallsyms(layout);
    const tables = this.#pageTables();
    this.vmcoreinfo = this.#info(tables);
  }

  /** An ELF file as kexec's /proc/vmcore has it. @param withNote whether it says VMCOREINFO */
  elf(withNote = true): Uint8Array {
    const notes: CoreNote[] = [{ name: 'CORE', type: 1, desc: new Uint8Array(this.form.machine === 62 ? 336 : 392) }];
    if (withNote) notes.push({ name: 'VMCOREINFO', type: 0, desc: Buffer.from(this.vmcoreinfo) });
    const { physStart, linear } = this.form;
    const segments: { phys: number; virt: bigint; data: Uint8Array }[] = [];
    for (const { start, end } of this.memory.ranges()) {
      for (let at = start; at < end; at += 4096) {
        const page = this.memory.chunk(at);
        if (typeof page !== 'object') continue;
        segments.push({ phys: at, virt: linear + BigInt(at - physStart), data: page.bytes });
      }
    }
    return writeElfCore({ segments, notes, machine: this.form.machine });
  }

  #phys(offset: number): number {
    return this.form.phys + offset;
  }

  #virt(offset: number): bigint {
    return this.form.text + BigInt(offset);
  }

  /** A variable with its content. */
  #variable(name: string, bytes: Uint8Array, letter = 'D'): bigint {
    const at = this.#next;
    this.#next += Math.ceil(bytes.length / 64) * 64;
    this.memory.write(this.#phys(at), bytes);
    const address = this.#virt(at);
    this.#variables.push({ address, letter, name });
    this.symbols.set(name, address);
    return address;
  }

  #u32(name: string, value: number): bigint {
    return this.#variable(name, new ByteWriter().u32(value).u32(0).done(), 'd');
  }

  #u64(name: string, ...values: (number | bigint)[]): bigint {
    const w = new ByteWriter();
    for (const value of values) w.u64(value);
    return this.#variable(name, w.done());
  }

  #machine(): void {
    const uts = new ByteWriter().u32(3); // struct kref, then the names
    const version = '#1 SMP Debian 4.19.304-1 (2024-01-09)';
    const names = ['Linux', 'oldbox', '4.19.0-26-test', version, this.form.arch, '(none)'];
    for (const name of names) uts.text(name, 65);
    this.#variable('init_uts_ns', uts.u32(0).u64(0).done());
    this.#variable(
      'linux_banner',
      new ByteWriter().text(`Linux version 4.19.0-26-test (gcc) ${version}\n\0`).done(),
      'R',
    );
    this.#u32('nr_cpu_ids', 4);
    this.#u64('__cpu_possible_mask', 0b1111);
    this.#u64('__cpu_present_mask', 0b1111);
    this.#u64('__cpu_online_mask', 0b0100);
    this.#u64('__per_cpu_offset', ...[0, 1, 2, 3].map((cpu) => this.form.linear + BigInt(0x8000000 + cpu * 0x40000)));
    this.#u32('panic_cpu', 2);
    this.#u64('avenrun', 2048, 1024, 512);
    this.#u64('tainted_mask', 0x81);
    const line = this.#variable('command_line', new ByteWriter().text('root=/dev/vda1 quiet\0').done(), 'b');
    this.#u64('saved_command_line', line);
    this.#u64('modules', this.#virt(this.#next), this.#virt(this.#next));
  }

  /** `struct printk_log` records: time, lengths of record, text and properties, facility, flags and level. */
  #log(lines: readonly string[]): void {
    const w = new ByteWriter();
    lines.forEach((line, i) => {
      const length = Math.ceil((16 + line.length) / 8) * 8;
      const end = w.size + length;
      w.u64(i * 1_000_000)
        .u16(length)
        .u16(line.length)
        .u16(0)
        .u8(0)
        .u8(((i % 8) << 5) | 6);
      w.text(line).padTo(end);
    });
    const next = w.size;
    const buffer = this.#variable('__log_buf', w.padTo(LOG_SIZE).done(), 'b');
    this.#u64('log_buf', buffer);
    this.#u32('log_buf_len', LOG_SIZE);
    this.#u32('log_first_idx', 0);
    this.#u32('log_next_idx', next);
    this.#u32('clear_idx', 0);
    this.#u64('log_first_seq', 0);
  }

  #kallsyms(layout: KallsymsLayout): void {
    const { text, perCpu } = this.form;
    const all = [...someSymbols(20_000, text, perCpu), ...this.#variables];
    all.push({ address: this.#virt(IMAGE_SIZE - 0x400000), letter: 'B', name: 'swapper_pg_dir' });
    all.push({ address: text + 0x20n, letter: 'T', name: 'panic' });
    all.sort((a, b) => (a.address < b.address ? -1 : a.address > b.address ? 1 : 0));
    const { bytes } = writeKallsyms(all, layout, this.#virt(TABLES), text);
    if (bytes.length > DATA - TABLES) throw new Error(`the tables take ${bytes.length} bytes`);
    this.memory.write(this.#phys(TABLES), bytes);
    for (const { name, address } of all) if (!this.symbols.has(name)) this.symbols.set(name, address);
  }

  /** The image and the linear map, both in 2 MiB pages. */
  #pageTables(): bigint {
    const { paging, text, phys, physStart, physSize, linear } = this.form;
    const at = IMAGE_SIZE - 0x400000;
    const writer = new PageTableWriter(this.memory, paging, this.#phys(at));
    const huge = 2 * MEGA;
    const inside = phys % huge;
    for (let o = -inside; o < IMAGE_SIZE; o += huge) writer.map(text + BigInt(o), BigInt(phys + o), 2);
    for (let o = 0; o < physSize; o += huge) writer.map(linear + BigInt(o), BigInt(physStart + o), 2);
    return this.#virt(at);
  }

  /** What crash_save_vmcoreinfo_init of that release writes, as far as it is needed; also put into memory. */
  #info(tables: bigint): string {
    const symbol = (name: string): string => `SYMBOL(${name})=${(this.symbols.get(name) ?? 0n).toString(16)}`;
    const lines = [
      'OSRELEASE=4.19.0-26-test',
      'PAGESIZE=4096',
      symbol('init_uts_ns'),
      symbol('swapper_pg_dir'),
      symbol('_stext'),
      'SIZE(list_head)=16',
      ...['log_buf', 'log_buf_len', 'log_first_idx', 'clear_idx', 'log_next_idx'].map(symbol),
      'SIZE(printk_log)=16',
      'OFFSET(printk_log.ts_nsec)=0',
      'OFFSET(printk_log.len)=8',
      'OFFSET(printk_log.text_len)=10',
      'OFFSET(printk_log.dict_len)=12',
      ...this.form.info.map((line) => line.replace('@swapper_pg_dir', tables.toString(16))),
    ];
    const text = `${lines.join('\n')}\n`;
    this.memory.fill(this.form.physStart + 0x800000, 4096);
    this.memory.write(this.form.physStart + 0x800000, Buffer.from(text));
    return `${text}CRASHTIME=1700000000\n`;
  }
}
