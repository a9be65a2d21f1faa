import { CorruptError, FAULT_TEXT, type FaultReason } from '../base/errors.ts';
import { hex } from '../base/hex.ts';
import type { Addr } from '../base/units.ts';
import type { Program } from '../program/program.ts';
import { isKernelPointer, KernelStruct } from './kernel-struct.ts';

const MAX_NODES = 1_000_000;
/** A red-black tree of 2^63 nodes is at most 126 levels deep. */
const MAX_DEPTH = 128;

/**
 * The nodes of a red-black tree in order: addresses of the `rb_node` inside each entry.
 * @param root address of a `struct rb_root` (or `rb_root_cached`, which begins with one)
 * @throws CorruptError after the nodes that could be reached; a lost subtree does not hide the others
 */
export function* rbtreeEntries(prog: Program, root: Addr, what: string): Generator<Addr> {
  const left = prog.offset('rb_node', 'rb_left');
  const right = prog.offset('rb_node', 'rb_right');
  const node = new KernelStruct(prog, prog.type('rb_node').size);
  const seen = new Set<Addr>();
  const path: { at: Addr; right: Addr }[] = [];
  let lost: CorruptError | undefined;
  let at = prog.memory.ulong(root);
  for (;;) {
    while (at !== 0n) {
      const why = refuse(at, seen, path.length) ?? unread(node.load(at));
      if (why !== undefined) {
        lost ??= new CorruptError(at, `${what}: tree node: ${why}, ${seen.size} nodes read before`);
        break;
      }
      seen.add(at);
      path.push({ at, right: node.pointer(right) });
      at = node.pointer(left);
    }
    const top = path.pop();
    if (!top) break;
    yield top.at;
    at = top.right;
  }
  if (lost) throw lost;
}

function unread(fault: FaultReason | undefined): string | undefined {
  return fault && FAULT_TEXT[fault];
}

function refuse(at: Addr, seen: Set<Addr>, depth: number): string | undefined {
  if (!isKernelPointer(at)) return `${hex(at)} is no kernel pointer`;
  if (seen.has(at)) return 'the tree runs into itself';
  if (depth >= MAX_DEPTH || seen.size >= MAX_NODES)
    return `more than ${depth >= MAX_DEPTH ? MAX_DEPTH : MAX_NODES} nodes`;
  return undefined;
}
