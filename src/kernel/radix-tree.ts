import { FAULT_TEXT } from '../base/errors.ts';
import { hex } from '../base/hex.ts';
import type { Addr, Bytes } from '../base/units.ts';
import type { Program } from '../program/program.ts';
import { isKernelPointer, KernelStruct } from './kernel-struct.ts';

const MAX_ENTRIES = 8_388_608;
const MAX_NODES = 1_000_000;

/** An entry of a radix tree or XArray. */
export interface IndexedEntry {
  readonly index: bigint;
  /** As it stands in its slot: a pointer, or a value whose low bits say that it is none (see `kind`). */
  readonly value: Addr;
  /** `value` entries hold a number instead of a pointer, for example the shadow of an evicted page. */
  readonly kind: 'pointer' | 'value';
  /** Number of the slot on each level from the top; empty when the root itself holds the entry. */
  readonly path: readonly number[];
}

/** What an index tree holds, and where it is broken. */
export interface IndexedEntries {
  /** Ascending by index. */
  readonly entries: readonly IndexedEntry[];
  /** One sentence a broken place. */
  readonly damage: readonly string[];
}

/** How the nodes of this kernel look and how it marks a pointer to one. */
interface NodeShape {
  readonly size: Bytes;
  readonly shift: Bytes;
  readonly slots: Bytes;
  readonly slotCount: number;
  /** Low two bits of a slot that leads to a node. */
  readonly nodeMark: number;
}

/**
 * Every entry of a radix tree.
 * @param root `struct radix_tree_root *` (since v4.20 another name of `struct xarray`, commit f8d5d0cc145c "xarray: Add
 * definition of struct xarray")
 * @throws NotFoundError when the types are unknown; MemoryFault when the root cannot be read
 */
export function radixTreeItems(prog: Program, root: Addr): IndexedEntries {
  const old = prog.findType('radix_tree_root') && prog.findMember('radix_tree_root', 'rnode');
  const offset = old?.offset ?? prog.offset('xarray', 'xa_head');
  return indexedItems(prog, prog.memory.ulong(root + BigInt(offset)));
}

/**
 * Every entry below a slot.
 * @param slot what the root holds (`xa_head`, `rnode`): an entry, or a marked pointer to a node; the address of a node
 * without its mark is taken as one too when `asNode` is given
 * @throws NotFoundError when the types are unknown
 */
export function indexedItems(prog: Program, slot: Addr, asNode = false): IndexedEntries {
  const walk = new IndexWalk(prog, nodeShape(prog));
  const plain = asNode && slot !== 0n && (slot & 3n) === 0n;
  walk.visit(plain ? slot + BigInt(walk.shape.nodeMark) : slot, 0n, -1);
  return walk;
}

/**
 * `struct xa_node` marks internal slots with binary 10 and values with 1 (include/linux/xarray.h); its predecessor
 * `struct radix_tree_node` marks nodes with 01 and exceptional entries with 10 (include/linux/radix-tree.h, to v4.19).
 */
function nodeShape(prog: Program): NodeShape {
  const type = prog.findType('xa_node') ? 'xa_node' : 'radix_tree_node';
  const slots = prog.findMember(type, 'slots');
  const slotCount = slots ? slots.type.resolve().length : 0;
  const size = prog.type(type).size;
  const at = prog.offset(type, 'slots');
  return {
    size,
    shift: prog.offset(type, 'shift'),
    slots: at,
    slotCount: Math.min(slotCount, Math.floor((size - at) / prog.arch.pointerSize)),
    nodeMark: type === 'xa_node' ? 2 : 1,
  };
}

class IndexWalk implements IndexedEntries {
  readonly entries: IndexedEntry[] = [];
  readonly damage: string[] = [];
  readonly shape: NodeShape;
  readonly #program: Program;
  readonly #seen = new Set<Addr>();
  readonly #path: number[] = [];

  constructor(program: Program, shape: NodeShape) {
    this.#program = program;
    this.shape = shape;
  }

  visit(slot: Addr, index: bigint, parentShift: number): void {
    const low = Number(slot & 3n);
    if (slot === 0n || this.entries.length >= MAX_ENTRIES) return;
    if (low === 0) {
      if (isKernelPointer(this.#program, slot)) this.#add(index, slot, 'pointer');
      else this.damage.push(`slot ${index} holds ${hex(slot)}, no kernel pointer`);
      return;
    }
    const { nodeMark } = this.shape;
    if (low !== nodeMark) {
      // A value: bit 0 of an XArray's, bit 1 of a radix tree's.
      if (nodeMark === 1 ? low === 2 : (low & 1) === 1) this.#add(index, slot, 'value');
      return;
    }
    const at = slot - BigInt(nodeMark);
    if (at <= 4096n) return; // a sibling of a wide entry, or an internal entry such as XA_ZERO_ENTRY
    this.#node(at, index, parentShift);
  }

  #add(index: bigint, value: Addr, kind: IndexedEntry['kind']): void {
    this.entries.push({ index, value, kind, path: [...this.#path] });
  }

  #node(at: Addr, index: bigint, parentShift: number): void {
    const node = this.#read(at, parentShift);
    if (typeof node === 'string') {
      this.damage.push(`node ${hex(at)}: ${node}`);
      return;
    }
    for (let i = 0; i < node.slots.length; i++) {
      const slot = node.slots[i] as Addr;
      if (slot === 0n) continue;
      this.#path.push(i);
      this.visit(slot, index + (BigInt(i) << BigInt(node.shift)), node.shift);
      this.#path.pop();
    }
  }

  #read(at: Addr, parentShift: number): { shift: number; slots: readonly Addr[] } | string {
    const { shape } = this;
    if (!isKernelPointer(this.#program, at)) return 'no kernel pointer';
    if (this.#seen.has(at)) return 'reached twice';
    if (this.#seen.size >= MAX_NODES) return `more than ${MAX_NODES} nodes`;
    this.#seen.add(at);
    const raw = new KernelStruct(this.#program, shape.size);
    const fault = raw.load(at);
    if (fault) return FAULT_TEXT[fault];
    const shift = raw.u8(shape.shift);
    // Each level down the shift falls; this also bounds the depth of the recursion.
    if (shift >= 64 || (parentShift >= 0 && shift >= parentShift)) {
      return `shift ${shift} below a node of ${parentShift}`;
    }
    const slots: Addr[] = [];
    const step = this.#program.arch.pointerSize;
    for (let i = 0; i < shape.slotCount; i++) slots.push(raw.pointer(shape.slots + i * step));
    return { shift, slots };
  }
}
