import { FAULT_TEXT } from '../base/errors.ts';
import { hex } from '../base/hex.ts';
import { addrAdd } from '../base/u64.ts';
import type { Addr, Bytes } from '../base/units.ts';
import type { Program } from '../program/program.ts';

const MAX_NODES = 10_000_000;

/** A chain of pointers of any make, as a user describes it. */
export interface LinkedListShape {
  /** What the first link lies in. */
  readonly start: Addr;
  /** Where in `start` the first link is. */
  readonly startLink: Bytes;
  /** Where the link is in what a link leads to. */
  readonly link: Bytes;
  /** `start` is an entry itself, not only a head. */
  readonly startIsEntry: boolean;
  /** A link that leads here ends the list; NULL and the first entry always do. */
  readonly ends: readonly Addr[];
  /** Notice loops with two pointers instead of a set, however long the list. */
  readonly brent?: boolean;
}

/** What a list holds, and why it ends. */
export interface LinkedListWalk {
  /** What the links lead to, in order. */
  readonly nodes: readonly Addr[];
  /** Why it ended before its end: a node that cannot be read, or one that was met before. */
  readonly damage: string | undefined;
}

/**
 * Follows a chain of pointers. It ends at NULL, at one of `ends`, or where it comes back to its first entry.
 * @param shape how the chain is made
 */
export function linkedList(prog: Program, shape: LinkedListShape): LinkedListWalk {
  const nodes: Addr[] = shape.startIsEntry ? [shape.start] : [];
  const seen = shape.brent ? new Brent() : new Met();
  const ends = new Set(shape.ends);
  let first: Addr | undefined = shape.startIsEntry ? shape.start : undefined;
  let next = read(prog, addrAdd(shape.start, shape.startLink));
  while (typeof next === 'bigint') {
    if (next === 0n || ends.has(next) || next === first) return { nodes, damage: undefined };
    if (seen.again(next)) return { nodes, damage: `the list runs into itself at ${hex(next)}${seen.loop(nodes)}` };
    if (nodes.length >= MAX_NODES) return { nodes, damage: `the list has no end after ${MAX_NODES} entries` };
    first ??= next;
    const following: Addr | string = read(prog, addrAdd(next, shape.link));
    if (typeof following === 'string') return { nodes, damage: `entry ${hex(next)}: ${following}` };
    nodes.push(next);
    next = following;
  }
  return { nodes, damage: `start ${hex(shape.start)}: ${next}` };
}

function read(prog: Program, at: Addr): Addr | string {
  const bytes = new Uint8Array(prog.arch.pointerSize);
  const fault = prog.memory.tryRead(at, bytes);
  if (fault) return `its link at ${hex(at)} is ${FAULT_TEXT[fault]}`;
  const view = new DataView(bytes.buffer);
  const little = prog.arch.littleEndian;
  return bytes.length === 8 ? view.getBigUint64(0, little) : BigInt(view.getUint32(0, little));
}

/** Notices a node that was met before by remembering all. */
class Met {
  readonly #seen = new Set<Addr>();

  again(node: Addr): boolean {
    if (this.#seen.has(node)) return true;
    this.#seen.add(node);
    return false;
  }

  loop(_nodes: readonly Addr[]): string {
    return '';
  }
}

/** R. P. Brent's method: a mark that jumps to the present node after 1, 2, 4, 8 ... steps. */
class Brent {
  #mark: Addr | undefined;
  #steps = 0;
  #power = 1;

  again(node: Addr): boolean {
    if (node === this.#mark) return true;
    this.#steps++;
    if (this.#steps === this.#power) {
      this.#mark = node;
      this.#power *= 2;
      this.#steps = 0;
    }
    return false;
  }

  /** The loop was gone round once or more before it was noticed: where it starts is told from the entries. */
  loop(nodes: readonly Addr[]): string {
    const length = this.#steps + 1;
    let start = 0;
    while (start + length < nodes.length && nodes[start] !== nodes[start + length]) start++;
    const at = nodes[start];
    return at === undefined ? '' : `: loop of ${length} entries from ${hex(at)}`;
  }
}
