import { CorruptError, FAULT_TEXT } from '../base/errors.ts';
import { addrAdd } from '../base/u64.ts';
import type { Addr, Bytes } from '../base/units.ts';
import type { Problem } from '../program/ports.ts';
import type { Program } from '../program/program.ts';
import { cpusInMask, nrCpuIds } from './cpumask.ts';
import { KernelStruct } from './kernel-struct.ts';
import { chainEntries } from './list.ts';
import { mapleEntries } from './maple-tree.ts';
import { attempt, noteProblem } from './note-problem.ts';
import { perCpuOffset } from './percpu.ts';
import { type IndexedEntry, radixTreeItems } from './radix-tree.ts';

/** IRQ_BITMAP_BITS is NR_IRQS + 8196 (kernel/irq/internals.h); the largest machines have some 100,000. */
const MAX_IRQS = 1_048_576;
const MAX_ACTIONS = 1000;

/** What a driver asked to be called for: `struct irqaction`. */
export interface IrqAction {
  readonly address: Addr;
  /** NULL for none. */
  readonly name: string | undefined;
  readonly handler: Addr;
  /** The thread that handles it, `struct task_struct *`; 0n for none. */
  readonly thread: Addr;
}

/** An interrupt: `struct irq_desc`. */
export interface IrqDescriptor {
  readonly irq: number;
  readonly address: Addr;
  /** Number in the interrupt controller. */
  readonly hardwareIrq: bigint;
  readonly actions: readonly IrqAction[];
  /** Name of the `struct irq_chip`: `IO-APIC`. */
  readonly chip: string | undefined;
  /** How its flow is handled: `edge`, `fasteoi`. */
  readonly flow: string | undefined;
  /** `kstat_irqs`, to be read with `irqCount`; per-CPU. */
  readonly counts: Addr;
  /** CPUs that it may go to. */
  readonly affinity: readonly number[];
}

/** The interrupts that the kernel has descriptors for. */
export interface Irqs {
  /** Numbers end before this. */
  readonly limit: number;
  /** By number. */
  readonly irqs: readonly IrqDescriptor[];
  readonly problems: readonly Problem[];
}

/** @throws NotFoundError MemoryFault when not even the types or the symbols are there */
export function irqs(prog: Program): Irqs {
  const problems: Problem[] = [];
  const reader = new IrqReader(prog, problems);
  const places = descriptors(prog, problems);
  const found: IrqDescriptor[] = [];
  for (const { irq, address } of places) {
    const one = attempt(problems, `IRQ ${irq}`, () => reader.read(irq, address));
    if (one) found.push(one);
  }
  return { limit: limit(prog, (places.at(-1)?.irq ?? -1) + 1), irqs: found, problems };
}

/** total_nr_irqs replaced nr_irqs: commit ef4c675dc296 ("genirq: Unexport nr_irqs", v6.13). */
function limit(prog: Program, atLeast: number): number {
  const symbol = prog.findSymbol('total_nr_irqs') ?? prog.findSymbol('nr_irqs');
  const count = symbol ? prog.memory.u32(symbol.address) : 0;
  return count > MAX_IRQS ? atLeast : Math.max(count, atLeast);
}

/**
 * Where the descriptors are: in a maple tree since commit 721255b9826b ("genirq: Use a maple tree for interrupt descriptor
 * management", v6.5), in a radix tree before; in an array without CONFIG_SPARSE_IRQ.
 */
function descriptors(prog: Program, problems: Problem[]): { irq: number; address: Addr }[] {
  const maple = prog.findSymbol('sparse_irqs');
  if (maple) {
    const { entries, damage } = mapleEntries(prog, maple.address);
    for (const why of damage) problems.push({ what: 'IRQs', why });
    return entries.map(({ first, value }) => ({ irq: Number(first), address: value }));
  }
  const radix = prog.findSymbol('irq_desc_tree');
  if (radix) {
    const { entries, damage } = radixTreeItems(prog, radix.address);
    for (const why of damage) problems.push({ what: 'IRQs', why });
    return entries.map(({ index, value }: IndexedEntry) => ({ irq: Number(index), address: value }));
  }
  const array = prog.symbol('irq_desc');
  const size = prog.type('irq_desc').size;
  return Array.from({ length: limit(prog, 0) }, (_, irq) => ({ irq, address: addrAdd(array, irq * size) }));
}

class IrqReader {
  readonly #program: Program;
  readonly #problems: Problem[];
  readonly #raw: KernelStruct;
  readonly #action: KernelStruct;
  readonly #chips = new Map<Addr, string | undefined>();
  readonly #at: Readonly<Record<'action' | 'counts' | 'name' | 'chip' | 'hwirq' | 'affinity', Bytes>>;
  readonly #affinityIsPointer: boolean;

  constructor(prog: Program, problems: Problem[]) {
    this.#program = prog;
    this.#problems = problems;
    this.#raw = new KernelStruct(prog, prog.type('irq_desc').size);
    this.#action = new KernelStruct(prog, prog.type('irqaction').size);
    const offset = (...paths: string[]): Bytes => prog.offset('irq_desc', ...paths);
    // commit 9df872faa7e1 ("genirq: Move field 'affinity' from irq_data into irq_common_data", v4.3)
    const affinity = ['irq_common_data.affinity', 'irq_data.affinity'] as const;
    this.#at = {
      action: offset('action'),
      counts: offset('kstat_irqs'),
      name: offset('name'),
      chip: offset('irq_data.chip'),
      hwirq: offset('irq_data.hwirq'),
      affinity: offset(...affinity),
    };
    const place = affinity.map((path) => prog.findMember('irq_desc', path)).find((found) => found);
    this.#affinityIsPointer = place?.type.resolve().kind === 'pointer'; // CONFIG_CPUMASK_OFFSTACK
  }

  read(irq: number, address: Addr): IrqDescriptor {
    const raw = this.#raw;
    const fault = raw.load(address);
    if (fault) throw new CorruptError(address, `struct irq_desc is ${FAULT_TEXT[fault]}`);
    const at = this.#at;
    const name = raw.pointer(at.name);
    const mask = this.#affinityIsPointer ? raw.pointer(at.affinity) : addrAdd(address, at.affinity);
    return {
      irq,
      address,
      hardwareIrq: raw.pointer(at.hwirq),
      chip: this.#chip(raw.pointer(at.chip), irq),
      flow: name === 0n ? undefined : this.#text(name, `IRQ ${irq}`),
      counts: raw.pointer(at.counts),
      affinity: attempt(this.#problems, `affinity of IRQ ${irq}`, () => this.#cpus(mask)) ?? [],
      actions: this.#actions(raw.pointer(at.action), irq),
    };
  }

  #cpus(mask: Addr): number[] {
    return mask === 0n ? [] : cpusInMask(this.#program, mask, nrCpuIds(this.#program));
  }

  #text(at: Addr, what: string): string | undefined {
    return attempt(this.#problems, `name of ${what}`, () => this.#program.memory.cString(at, 128));
  }

  #chip(chip: Addr, irq: number): string | undefined {
    if (chip === 0n) return undefined;
    if (!this.#chips.has(chip)) {
      const name = attempt(this.#problems, `irq_chip of IRQ ${irq}`, () => {
        const text = this.#program.memory.ulong(addrAdd(chip, this.#program.offset('irq_chip', 'name')));
        return text === 0n ? undefined : this.#program.memory.cString(text, 128);
      });
      this.#chips.set(chip, name);
    }
    return this.#chips.get(chip);
  }

  #actions(first: Addr, irq: number): IrqAction[] {
    if (first === 0n) return [];
    const prog = this.#program;
    const next = prog.offset('irqaction', 'next');
    const found: IrqAction[] = [];
    const add = (address: Addr): void => {
      const fault = this.#action.load(address);
      if (fault) throw new CorruptError(address, `struct irqaction is ${FAULT_TEXT[fault]}`);
      const name = this.#action.pointer(prog.offset('irqaction', 'name'));
      found.push({
        address,
        name: name === 0n ? undefined : this.#text(name, `an action of IRQ ${irq}`),
        handler: this.#action.pointer(prog.offset('irqaction', 'handler')),
        thread: this.#action.pointer(prog.offset('irqaction', 'thread')),
      });
    };
    try {
      add(first);
      for (const at of chainEntries(prog, first, `actions of IRQ ${irq}`, { end: 0n, link: next, max: MAX_ACTIONS })) {
        add(at);
      }
    } catch (e) {
      noteProblem(this.#problems, `actions of IRQ ${irq}`, e);
    }
    return found;
  }
}

/**
 * How often an interrupt came to a CPU: `kstat_irqs`, that counts in a `struct irqstat` since commit 86d2a2f51fba ("genirq:
 * Convert kstat_irqs to a struct", v6.10). @throws MemoryFault
 */
export function irqCount(prog: Program, { counts }: IrqDescriptor, cpu: number): number {
  if (counts === 0n) return 0;
  const inner = prog.findMember('irqstat', 'cnt')?.offset ?? 0;
  return prog.memory.u32(addrAdd(addrAdd(counts, perCpuOffset(prog, cpu)), inner));
}
