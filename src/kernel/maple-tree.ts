import { FAULT_TEXT } from '../base/errors.ts';
import { hex } from '../base/hex.ts';
import { perOwner } from '../base/lazy.ts';
import { addrAdd } from '../base/u64.ts';
import type { Addr, Bytes } from '../base/units.ts';
import type { Program } from '../program/program.ts';
import { isKernelPointer, KernelStruct } from './kernel-struct.ts';

const MAX_ENTRIES = 8_388_608;
const MAX_NODES = 1_000_000;
/** A tree of 2^64 entries with ten slots a node is 20 levels deep. */
const MAX_DEPTH = 24;
/** Bits of a pointer to a node that tell its type and that it is a node (MAPLE_NODE_MASK, lib/maple_tree.c). */
const NODE_MASK = 255n;
const TYPE_SHIFT = 3n;
const TYPE_MASK = 15n;
/** Low two bits of a root that leads to a node, as in an XArray. */
const IS_NODE = 2n;
const MAX_INDEX = 0xffffffffffffffffn;

/** A range of a maple tree with what it holds. */
export interface MapleEntry {
  /** First and last index, both inclusive. */
  readonly first: bigint;
  readonly last: bigint;
  /** As it stands in its slot; never 0n. */
  readonly value: Addr;
  /** Number of the slot on each level from the top; empty when the root itself holds the entry. */
  readonly path: readonly number[];
}

/** A slot of a node with its range; `value` is an entry of a leaf or a marked pointer to a node, 0n for a gap. */
export interface MapleSlot {
  readonly first: bigint;
  readonly last: bigint;
  readonly value: Addr;
}

/** A node as it stands. */
export interface MapleNode {
  /** `struct maple_node *` */
  readonly address: Addr;
  /** As `enum maple_type` names it: `maple_leaf_64`, `maple_arange_64`, ... and its number. */
  readonly type: string;
  readonly typeNumber: number;
  readonly depth: number;
  readonly first: bigint;
  readonly last: bigint;
  /** `parent`, with its marks. */
  readonly parent: Addr;
  /** Every slot, pivot and gap of the node, used or not, as they stand. */
  readonly slots: readonly Addr[];
  readonly pivots: readonly bigint[];
  readonly gaps: readonly bigint[];
  /** `meta.end` and `meta.gap` of a node that has them in a place of their own. */
  readonly meta: { readonly end: number; readonly gap: number } | undefined;
  readonly used: readonly MapleSlot[];
}

/** What a maple tree holds, and where it is broken. */
export interface MapleWalk {
  /** Ascending. */
  readonly entries: readonly MapleEntry[];
  /** From the top down, each before what hangs below it. */
  readonly nodes: readonly MapleNode[];
  /** One sentence a broken place. */
  readonly damage: readonly string[];
}

/** How the nodes of a type look; types without pivots hold one index a slot. */
interface Shape {
  readonly name: string;
  readonly leaf: boolean;
  readonly slots: Bytes;
  readonly slotCount: number;
  readonly pivots: Bytes;
  readonly pivotCount: number;
  readonly gaps: Bytes;
  readonly gapCount: number;
  readonly meta: Bytes | undefined;
}

/**
 * Every entry of a maple tree (lib/maple_tree.c; commit 54a611b60590 "Maple Tree: add new data structure", v6.1).
 * @param tree `struct maple_tree *`
 * @throws NotFoundError when the types are unknown; MemoryFault when the root cannot be read
 */
export function mapleEntries(prog: Program, tree: Addr): MapleWalk {
  return mapleEntriesBelow(prog, prog.memory.ulong(addrAdd(tree, prog.offset('maple_tree', 'ma_root'))));
}

/**
 * Every entry below a root.
 * @param root what `ma_root` holds: an entry of index 0, or a marked pointer to a node
 * @throws NotFoundError when the types are unknown
 */
export function mapleEntriesBelow(prog: Program, root: Addr): MapleWalk {
  const walk = new Walk(prog);
  if ((root & 3n) === IS_NODE && root > 4096n) walk.node(root, 0n, MAX_INDEX, 0);
  else if (root !== 0n) walk.entries.push({ first: 0n, last: 0n, value: root, path: [] });
  return walk;
}

/** By the number that a pointer to a node carries. */
const shapes = perOwner((prog: Program): readonly (Shape | undefined)[] => {
  const node = prog.type('maple_node').size;
  const word = prog.arch.pointerSize;
  const count = (path: string): number => {
    const place = prog.findMember('maple_node', path);
    return place ? Math.min(place.type.resolve().length, Math.floor((node - place.offset) / word)) : 0;
  };
  const shape = (name: string, prefix: string): Shape => ({
    name,
    leaf: name === 'maple_leaf_64' || name === 'maple_dense',
    slots: prog.offset('maple_node', `${prefix}slot`),
    slotCount: count(`${prefix}slot`),
    pivots: prog.findMember('maple_node', `${prefix}pivot`)?.offset ?? 0,
    pivotCount: count(`${prefix}pivot`),
    gaps: prog.findMember('maple_node', `${prefix}gap`)?.offset ?? 0,
    gapCount: count(`${prefix}gap`),
    meta: name === 'maple_arange_64' ? prog.findMember('maple_node', `${prefix}meta`)?.offset : undefined,
  });
  const known: Record<string, () => Shape> = {
    maple_dense: () => shape('maple_dense', ''),
    maple_leaf_64: () => shape('maple_leaf_64', 'mr64.'),
    maple_range_64: () => shape('maple_range_64', 'mr64.'),
    maple_arange_64: () => shape('maple_arange_64', 'ma64.'),
  };
  const out: (Shape | undefined)[] = [];
  for (const { name, value } of prog.type('maple_type').enumerators) {
    if (value < 16n) out[Number(value)] = known[name]?.();
  }
  return out;
});

class Walk implements MapleWalk {
  readonly entries: MapleEntry[] = [];
  readonly nodes: MapleNode[] = [];
  readonly damage: string[] = [];
  readonly #shapes: readonly (Shape | undefined)[];
  readonly #raw: KernelStruct;
  readonly #parent: Bytes;
  readonly #word: Bytes;
  readonly #seen = new Set<Addr>();
  readonly #path: number[] = [];

  constructor(prog: Program) {
    this.#shapes = shapes(prog);
    this.#raw = new KernelStruct(prog, prog.type('maple_node').size);
    this.#parent = prog.offset('maple_node', 'parent');
    this.#word = prog.arch.pointerSize;
  }

  node(entry: Addr, first: bigint, last: bigint, depth: number): void {
    const address = entry & ~NODE_MASK;
    const number = Number((entry >> TYPE_SHIFT) & TYPE_MASK);
    const shape = this.#shapes[number];
    const why = this.#refuse(address, number, depth);
    if (why !== undefined || !shape) {
      this.damage.push(`maple node ${hex(address)}: ${why}`);
      return;
    }
    const node = this.#read(address, shape, number, { first, last, depth });
    this.nodes.push(node);
    if ((node.parent & ~NODE_MASK) === address) this.damage.push(`maple node ${hex(address)}: it is no longer in use`);
    node.used.forEach((slot, i) => {
      this.#path.push(i);
      if (shape.leaf) this.#add(slot);
      else if (slot.value !== 0n) this.node(slot.value, slot.first, slot.last, depth + 1);
      this.#path.pop();
    });
  }

  #add({ first, last, value }: MapleSlot): void {
    if (value !== 0n && this.entries.length < MAX_ENTRIES) {
      this.entries.push({ first, last, value, path: [...this.#path] });
    }
  }

  /** Copies the node, or tells why it is none. */
  #refuse(address: Addr, number: number, depth: number): string | undefined {
    if (!isKernelPointer(this.#raw.program, address)) return 'no kernel pointer';
    if (!this.#shapes[number]) return `type ${number} is unknown`;
    if (depth >= MAX_DEPTH) return `more than ${MAX_DEPTH} levels`;
    if (this.#seen.has(address)) return 'reached twice';
    if (this.#seen.size >= MAX_NODES) return `more than ${MAX_NODES} nodes`;
    this.#seen.add(address);
    const fault = this.#raw.load(address);
    return fault && FAULT_TEXT[fault];
  }

  #read(
    address: Addr,
    shape: Shape,
    typeNumber: number,
    place: { first: bigint; last: bigint; depth: number },
  ): MapleNode {
    const raw = this.#raw;
    const words = (at: Bytes, count: number): Addr[] =>
      Array.from({ length: count }, (_, i) => raw.pointer(at + i * this.#word));
    const slots = words(shape.slots, shape.slotCount);
    const pivots = words(shape.pivots, shape.pivotCount);
    return {
      address,
      type: shape.name,
      typeNumber,
      ...place,
      parent: raw.pointer(this.#parent),
      slots,
      pivots,
      gaps: words(shape.gaps, shape.gapCount),
      meta: shape.meta === undefined ? undefined : { end: raw.u8(shape.meta), gap: raw.u8(shape.meta + 1) },
      used:
        shape.pivotCount === 0
          ? slots.map((value, i) => ({ first: place.first + BigInt(i), last: place.first + BigInt(i), value }))
          : this.#ranges(address, slots, pivots, place.first, place.last),
    };
  }

  /** The slots up to the one that reaches the end of the node's range: a pivot is the last index of its slot. */
  #ranges(at: Addr, slots: readonly Addr[], pivots: readonly bigint[], first: bigint, end: bigint): MapleSlot[] {
    const used: MapleSlot[] = [];
    let from = first;
    for (let i = 0; i < slots.length; i++) {
      const value = slots[i] as Addr;
      const pivot = pivots[i];
      if (pivot === undefined && value === 0n && end !== MAX_INDEX) break;
      // An unused pivot is 0; the slot before it then ends with the node.
      const last = pivot === undefined || (pivot === 0n && i > 0) ? end : pivot;
      if (pivot === 0n && i > 0 && value === 0n) break;
      if (last > end || last < from) {
        this.damage.push(`maple node ${hex(at)}: pivot ${i} is ${hex(last)}, outside of ${hex(from)} to ${hex(end)}`);
        break;
      }
      used.push({ first: from, last, value });
      if (last === end) break;
      from = last + 1n;
    }
    return used;
  }
}
