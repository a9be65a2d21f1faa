import { addrAdd } from '../base/u64.ts';
import type { Addr } from '../base/units.ts';
import type { Problem } from '../program/ports.ts';
import type { Program } from '../program/program.ts';
import { listBothWays } from './list.ts';
import { attempt } from './note-problem.ts';

/** Buses below buses: 256 numbers a domain bound any real chain. */
const MAX_DEPTH = 256;

/** A device: `struct pci_dev`. */
export interface PciDevice {
  readonly address: Addr;
  /** `0000:00:1f.2` */
  readonly name: string;
  /** Base class and sub-class: 0x0600 is a host bridge. */
  readonly class: number;
  readonly vendor: number;
  readonly device: number;
  /** `PCI_EXP_TYPE_...`: bits 7:4 of the PCI Express capabilities register; 0 also for a device without them. */
  readonly expressType: number;
  /** Offset of its PCI Express capability in configuration space; 0 for none. */
  readonly expressCapability: number;
}

/** A bus: `struct pci_bus`. */
export interface PciBus {
  readonly address: Addr;
  /** `struct pci_bus` above; 0n for a root bus. */
  readonly parent: Addr;
  /** `0000:00` */
  readonly name: string;
  readonly devices: readonly PciDevice[];
  readonly buses: readonly PciBus[];
}

export interface PciBuses {
  readonly roots: readonly PciBus[];
  readonly problems: readonly Problem[];
}

/** The PCI buses from `pci_root_buses` down. @throws NotFoundError */
export function pciBuses(prog: Program): PciBuses {
  const walk = new PciWalk(prog);
  return { roots: walk.list(prog.symbol('pci_root_buses'), 'pci_root_buses', 0), problems: walk.problems };
}

class PciWalk {
  readonly problems: Problem[] = [];
  readonly #program: Program;
  readonly #seen = new Set<Addr>();

  constructor(program: Program) {
    this.#program = program;
  }

  list(head: Addr, what: string, depth: number): PciBus[] {
    return this.#entries(head, what, 'pci_bus', 'node', (at) => this.#bus(at, depth));
  }

  #entries<T>(head: Addr, what: string, type: string, member: string, read: (at: Addr) => T | undefined): T[] {
    const prog = this.#program;
    const offset = prog.offset(type, member);
    const { entries, damage } = listBothWays(prog, head, what);
    for (const why of damage) this.problems.push({ what, why });
    const found: T[] = [];
    for (const node of entries) {
      const one = attempt(this.problems, `an entry of ${what}`, () => read(addrAdd(node, -offset)));
      if (one !== undefined) found.push(one);
    }
    return found;
  }

  #bus(address: Addr, depth: number): PciBus | undefined {
    if (this.#seen.has(address) || depth > MAX_DEPTH) {
      this.problems.push({ what: 'PCI buses', why: 'a bus is reached twice' });
      return undefined;
    }
    this.#seen.add(address);
    const prog = this.#program;
    const bus = prog.at('pci_bus', address);
    const name = this.#deviceName(bus.get('dev').address);
    const inside = (member: string): Addr => bus.get(member).address;
    return {
      address,
      parent: bus.get('parent').toBigInt(),
      name,
      devices: this.#entries(inside('devices'), `devices of ${name}`, 'pci_dev', 'bus_list', (at) => this.#device(at)),
      buses: this.list(inside('children'), `buses below ${name}`, depth + 1),
    };
  }

  #device(address: Addr): PciDevice {
    const device = this.#program.at('pci_dev', address);
    const number = (member: string): number => device.get(member).toNumber();
    return {
      address,
      name: this.#deviceName(device.get('dev').address),
      class: number('class') >>> 8,
      vendor: number('vendor'),
      device: number('device'),
      expressType: (number('pcie_flags_reg') >>> 4) & 15,
      expressCapability: number('pcie_cap'),
    };
  }

  /** `dev_name()`: of the kobject; `init_name` is for before it has one. */
  #deviceName(device: Addr): string {
    const name = this.#program.at('device', device).get('kobj.name').toBigInt();
    return name === 0n ? '' : this.#program.memory.cString(name, 64);
  }
}
