import { FAULT_TEXT } from '../base/errors.ts';
import { hex } from '../base/hex.ts';
import type { Addr, Bytes } from '../base/units.ts';
import type { Program } from '../program/program.ts';
import { isKernelPointer, KernelStruct } from './kernel-struct.ts';

const MAX_ENTRIES = 4_194_304 * 2; // twice PID_MAX_LIMIT (include/linux/threads.h)
const MAX_NODES = 1_000_000;

/** What an index tree holds, and where it was broken. */
export interface IndexEntries {
  /** Pointers in the order of their index. */
  readonly pointers: readonly Addr[];
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
  readonly mark: number;
}

/**
 * Every pointer in an IDR.
 * @param idr `struct idr *`
 * @throws NotFoundError when the types are unknown; MemoryFault when the root cannot be read
 */
export function idrEntries(prog: Program, idr: Addr): IndexEntries {
  const shape = nodeShape(prog);
  // xa_head since commit f8d5d0cc145c ("xarray: Add definition of struct xarray", v4.20), rnode before.
  const root = prog.memory.ulong(idr + BigInt(prog.offset('idr', 'idr_rt.xa_head', 'idr_rt.rnode')));
  return walk(prog, shape, root);
}

/** Every pointer in an XArray. @param xarray `struct xarray *` */
export function xarrayEntries(prog: Program, xarray: Addr): IndexEntries {
  return walk(prog, nodeShape(prog), prog.memory.ulong(xarray + BigInt(prog.offset('xarray', 'xa_head'))));
}

/**
 * `struct xa_node` marks internal slots with binary 10 (include/linux/xarray.h, xa_mk_internal); its predecessor
 * `struct radix_tree_node` with 01 (RADIX_TREE_INTERNAL_NODE, to v4.19).
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
    mark: type === 'xa_node' ? 2 : 1,
  };
}

function walk(prog: Program, shape: NodeShape, root: Addr): IndexEntries {
  const pointers: Addr[] = [];
  const damage: string[] = [];
  const seen = new Set<Addr>();
  const visit = (slot: Addr, parentShift: number): void => {
    const low = Number(slot & 3n);
    if (slot === 0n || pointers.length >= MAX_ENTRIES) return;
    if (low === 0) {
      if (isKernelPointer(prog, slot)) pointers.push(slot);
      else damage.push(`slot holds ${hex(slot)}, no kernel pointer`);
      return;
    }
    const at = slot - BigInt(low);
    if (low !== shape.mark || at <= 4096n) return; // a value, or an internal entry such as XA_ZERO_ENTRY
    if (seen.size >= MAX_NODES) return;
    const children = readNode(prog, shape, at, parentShift, seen);
    if (typeof children === 'string') {
      damage.push(`node ${hex(at)}: ${children}`);
      return;
    }
    for (const child of children.slots) visit(child, children.shift);
  };
  visit(root, -1);
  return { pointers, damage };
}

function readNode(
  prog: Program,
  shape: NodeShape,
  at: Addr,
  parentShift: number,
  seen: Set<Addr>,
): { shift: number; slots: readonly Addr[] } | string {
  if (!isKernelPointer(prog, at)) return 'no kernel pointer';
  if (seen.has(at)) return 'reached twice';
  seen.add(at);
  const node = new KernelStruct(prog, shape.size);
  const fault = node.load(at);
  if (fault) return FAULT_TEXT[fault];
  const shift = node.u8(shape.shift);
  // Each level down the shift falls; this also bounds the depth of the recursion.
  if (shift >= 64 || (parentShift >= 0 && shift >= parentShift)) return `shift ${shift} below a node of ${parentShift}`;
  const slots: Addr[] = [];
  for (let i = 0; i < shape.slotCount; i++) slots.push(node.pointer(shape.slots + i * prog.arch.pointerSize));
  return { shift, slots };
}
