import type { Architecture } from '../../src/program/ports.ts';
import type { Program } from '../../src/program/program.ts';
import type { CType, Enumerator } from '../../src/types/c-type.ts';
import { arrayType, structType, u32Type, u64Type } from './c-types.ts';
import { TestKernel } from './test-program.ts';

const ARCH: Architecture = {
  name: 'test',
  elfMachine: 0,
  pointerSize: 8,
  littleEndian: true,
  recognise: () => true,
  registers: [],
  kernelMap: () => {
    throw new Error('a test kernel brings its own map');
  },
};

/** Where a member is: its offset, and its type when it is not a word of 8 bytes. */
export type Place = number | readonly [offset: number, type: CType | number];

/** A struct that answers exactly the given member paths. */
export function flatType(name: string, size: number, members: Readonly<Record<string, Place>>): CType {
  const type: CType = {
    ...structType(name, size, {}),
    resolve: () => type,
    findMember(path) {
      const place = Object.hasOwn(members, path) ? members[path] : undefined;
      if (place === undefined) return undefined;
      const [offset, type] = typeof place === 'number' ? [place, u64Type] : place;
      return { offset, type: typeof type === 'number' ? sized(type) : type, bit: 0, bitSize: 0 };
    },
  };
  return type;
}

function sized(size: number): CType {
  return size === 4 ? u32Type : size === 8 ? u64Type : arrayType({ ...u32Type, size: 1 }, size);
}

/** Memory of a made-up kernel: structures are put into it one after the other. */
export class KernelMemory {
  readonly kernel = new TestKernel();
  readonly littleEndian: boolean;
  #next = TestKernel.BASE + 0x1000n;

  constructor(littleEndian = true) {
    this.littleEndian = littleEndian;
  }

  /** Zeroed room for an object; it never crosses a page when it fits one. */
  alloc(size: number, align = 64): bigint {
    const step = BigInt(align);
    let at = ((this.#next + step - 1n) / step) * step;
    if (size <= 4096 && at / 4096n !== (at + BigInt(size) - 1n) / 4096n) at = (at / 4096n + 1n) * 4096n;
    this.#next = at + BigInt(size);
    this.kernel.fill(at, size + 4096);
    return at;
  }

  /** A page of its own, for tests that take it away. */
  allocPage(): bigint {
    return this.alloc(4096, 4096);
  }

  u64(at: bigint, value: bigint | number): void {
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setBigUint64(0, BigInt.asUintN(64, BigInt(value)), this.littleEndian);
    this.bytes(at, bytes);
  }

  u32(at: bigint, value: number): void {
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setInt32(0, value | 0, this.littleEndian);
    this.bytes(at, bytes);
  }

  u16(at: bigint, value: number): void {
    const [low, high] = [value & 255, value >> 8];
    this.bytes(at, this.littleEndian ? Uint8Array.of(low, high) : Uint8Array.of(high, low));
  }

  u8(at: bigint, value: number): void {
    this.bytes(at, Uint8Array.of(value));
  }

  bytes(at: bigint, bytes: Uint8Array): void {
    this.kernel.memory.write(Number(at - TestKernel.BASE), bytes);
  }

  text(at: bigint, text: string): void {
    this.bytes(at, new TextEncoder().encode(`${text}\0`));
  }

  /** A string of its own. */
  string(text: string): bigint {
    const at = this.alloc(text.length + 1, 8);
    this.text(at, text);
    return at;
  }

  /** Links heads and nodes of `struct list_head` to a circle. */
  circle(...nodes: bigint[]): void {
    nodes.forEach((node, i) => {
      const next = nodes[(i + 1) % nodes.length] as bigint;
      this.u64(node, next);
      this.u64(next + 8n, node);
    });
  }

  /** Takes the page at `at` out of the dump. */
  drop(at: bigint): void {
    this.kernel.memory.drop(Number(at - TestKernel.BASE));
  }

  /** Physical address of an object. */
  physical(at: bigint): number {
    return Number(at - TestKernel.BASE);
  }

  type(name: string, size: number, members: Readonly<Record<string, Place>>): void {
    this.kernel.type(flatType(name, size, members));
  }

  enumeration(name: string, ...names: string[]): void {
    const enumerators: Enumerator[] = names.map((item, i) => ({ name: item, value: BigInt(i) }));
    const type: CType = { ...structType(name, 4, {}), kind: 'enum', enumerators, resolve: () => type };
    this.kernel.type(type);
  }

  /** A variable of the kernel. */
  symbol(name: string, address: bigint, size = 0): bigint {
    return this.kernel.symbol(name, address, size, 'D');
  }

  /** `count` CPUs with per-CPU areas of a page each; returns the areas. Per-CPU symbols are offsets into them. */
  cpus(count: number): bigint[] {
    const areas = Array.from({ length: count }, () => this.allocPage());
    const offsets = this.symbol('__per_cpu_offset', this.alloc(count * 8));
    areas.forEach((area, i) => {
      this.u64(offsets + BigInt(i) * 8n, area);
    });
    this.u32(this.symbol('nr_cpu_ids', this.alloc(4)), count);
    for (const mask of ['possible', 'present', 'online']) {
      this.u64(this.symbol(`__cpu_${mask}_mask`, this.alloc(8)), (1n << BigInt(count)) - 1n);
    }
    return areas;
  }

  vmcoreinfo(...lines: string[]): void {
    this.kernel.vmcoreinfo += `${lines.join('\n')}\n`;
  }

  program(): Program {
    return this.kernel.program({ ...ARCH, littleEndian: this.littleEndian });
  }
}
