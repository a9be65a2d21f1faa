import { CorruptError, FAULT_TEXT, type FaultReason } from '../base/errors.ts';
import { hex } from '../base/hex.ts';
import { addrAdd } from '../base/u64.ts';
import type { Addr } from '../base/units.ts';
import type { Program } from '../program/program.ts';
import { isKernelPointer, KernelStruct } from './kernel-struct.ts';

const MAX_NODES = 1_000_000;
/** A red-black tree of 2^63 nodes is at most 126 levels deep. */
const MAX_DEPTH = 128;
/** The two lowest bits of `__rb_parent_color` are the colour (include/linux/rbtree_augmented.h). */
const COLOR = 3n;

/**
 * The nodes of a red-black tree in order: addresses of the `rb_node` inside each entry.
 * @param root address of a `struct rb_root` (or `rb_root_cached`, which begins with one)
 * @throws CorruptError after the nodes that could be reached; a lost subtree does not hide the others
 */
export function* rbtreeEntries(prog: Program, root: Addr, what: string): Generator<Addr> {
  let lost: CorruptError | undefined;
  for (const node of walk(prog, prog.memory.ulong(root), what, 'in-order')) {
    if (node instanceof CorruptError) lost ??= node;
    else yield node.address;
  }
  if (lost) throw lost;
}

/** A node and how it is reached from the root. */
export interface RbtreeNode {
  /** `struct rb_node *` */
  readonly address: Addr;
  /** `l` and `r` for each step down; '' for the root. */
  readonly path: string;
}

/** What a red-black tree holds, and where it is broken. */
export interface RbtreeWalk {
  readonly nodes: readonly RbtreeNode[];
  readonly damage: readonly string[];
}

/** From the root down before what hangs below (`pre-order`), or sorted (`in-order`). */
export type RbtreeOrder = 'pre-order' | 'in-order';

/**
 * The nodes of the tree below one of its nodes, with the way to each. Augmented trees are the same.
 * @param top `struct rb_node *`, 0n for an empty tree
 * @throws NotFoundError when the types are unknown
 */
export function rbtreeNodes(prog: Program, top: Addr, what: string, order: RbtreeOrder): RbtreeWalk {
  const nodes: RbtreeNode[] = [];
  const damage: string[] = [];
  for (const node of walk(prog, top, what, order)) {
    if (node instanceof CorruptError) damage.push(node.message);
    else nodes.push(node);
  }
  return { nodes, damage };
}

/**
 * The nodes of a `struct rb_root_cached` in order. Where subtrees cannot be reached from the root, the leftmost node that
 * it remembers is followed to the right along the parents as well, and what that adds comes first.
 * @param root address of a `struct rb_root_cached`
 */
export function rbtreeCachedEntries(prog: Program, root: Addr, what: string): RbtreeWalk {
  const found = rbtreeNodes(prog, prog.memory.ulong(root), what, 'in-order');
  if (found.damage.length === 0) return found;
  const leftmost = prog.memory.ulong(addrAdd(root, prog.offset('rb_root_cached', 'rb_leftmost')));
  const known = new Set(found.nodes.map((n) => n.address));
  const more: RbtreeNode[] = [];
  for (const address of fromLeftmost(prog, leftmost)) {
    if (known.has(address)) break;
    more.push({ address, path: '?' });
  }
  return { nodes: [...more, ...found.nodes], damage: found.damage };
}

interface Step {
  readonly node: RbtreeNode;
  readonly right: Addr;
}

/** Nodes, and what is lost where; iterative, since a damaged tree may be deep. */
function* walk(prog: Program, top: Addr, what: string, order: RbtreeOrder): Generator<RbtreeNode | CorruptError> {
  const left = prog.offset('rb_node', 'rb_left');
  const right = prog.offset('rb_node', 'rb_right');
  const raw = new KernelStruct(prog, prog.type('rb_node').size);
  const seen = new Set<Addr>();
  const above: Step[] = [];
  let at = top;
  let path = '';
  for (;;) {
    while (at !== 0n) {
      const why = refuse(prog, at, seen, path.length) ?? unread(raw.load(at));
      if (why !== undefined) {
        yield new CorruptError(at, `${what}: tree node: ${why}, ${seen.size} nodes read before`);
        break;
      }
      seen.add(at);
      const node = { address: at, path };
      above.push({ node, right: raw.pointer(right) });
      at = raw.pointer(left);
      path += 'l';
      if (order === 'pre-order') yield node;
    }
    const last = above.pop();
    if (!last) return;
    if (order === 'in-order') yield last.node;
    at = last.right;
    path = `${last.node.path}r`;
  }
}

/** Successors along parents and right children, as rb_next of lib/rbtree.c finds them, until something is missing. */
function* fromLeftmost(prog: Program, leftmost: Addr): Generator<Addr> {
  const left = prog.offset('rb_node', 'rb_left');
  const right = prog.offset('rb_node', 'rb_right');
  const parent = prog.offset('rb_node', '__rb_parent_color');
  const raw = new KernelStruct(prog, prog.type('rb_node').size);
  const seen = new Set<Addr>();
  const load = (at: Addr): boolean => isKernelPointer(prog, at) && raw.load(at) === undefined;
  let at = leftmost;
  while (!seen.has(at) && seen.size < MAX_NODES && load(at)) {
    seen.add(at);
    yield at;
    let down = raw.pointer(right);
    let steps = 0;
    if (down !== 0n) {
      for (at = down; load(at) && steps < MAX_DEPTH; at = down, steps++) {
        down = raw.pointer(left);
        if (down === 0n) break;
      }
      continue;
    }
    let up = raw.pointer(parent) & ~COLOR;
    for (; load(up) && raw.pointer(right) === at && steps < MAX_DEPTH; steps++) {
      at = up;
      up = raw.pointer(parent) & ~COLOR;
    }
    at = up;
  }
}

function unread(fault: FaultReason | undefined): string | undefined {
  return fault && FAULT_TEXT[fault];
}

function refuse(prog: Program, at: Addr, seen: Set<Addr>, depth: number): string | undefined {
  if (!isKernelPointer(prog, at)) return `${hex(at)} is no kernel pointer`;
  if (seen.has(at)) return 'the tree runs into itself';
  if (depth >= MAX_DEPTH || seen.size >= MAX_NODES)
    return `more than ${depth >= MAX_DEPTH ? MAX_DEPTH : MAX_NODES} nodes`;
  return undefined;
}
