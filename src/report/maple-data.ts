import { hex64 } from '../base/hex.ts';
import { arrayOf, hexString, integer, object, type Schema, string } from './schema.ts';

/** A node as the walker of the kernel's trees gives it. */
interface MapleNodeSource {
  readonly address: bigint;
  readonly type: string;
  readonly typeNumber: number;
  readonly depth: number;
  readonly first: bigint;
  readonly last: bigint;
  readonly parent: bigint;
  readonly slots: readonly bigint[];
  readonly pivots: readonly bigint[];
  readonly gaps: readonly bigint[];
  readonly meta: { readonly end: number; readonly gap: number } | undefined;
  readonly used: readonly { readonly first: bigint; readonly last: bigint; readonly value: bigint }[];
}

interface MapleNodeData {
  readonly node: string;
  readonly type: string;
  readonly typeNumber: number;
  readonly depth: number;
  readonly first: string;
  readonly last: string;
  readonly parent: string;
  readonly slots: readonly string[];
  readonly pivots: readonly string[];
  readonly gaps: readonly string[];
  readonly end: number;
  readonly gap: number;
  readonly used: readonly { readonly first: string; readonly last: string; readonly value: string }[];
}

/** A maple tree as JSON. */
export interface MapleTreeData {
  readonly tree: string;
  readonly flags: number;
  readonly height: number;
  readonly root: string;
  readonly nodes: readonly MapleNodeData[];
}

const words = (what: string): Schema => arrayOf(what, hexString('As it stands.'));

export const mapleTreeSchema: Schema = object('The maple tree (`-v`).', {
  tree: hexString('Address of `struct maple_tree`; zero when a node was given.'),
  flags: integer('`ma_flags`.'),
  height: integer('Levels, from `ma_flags`.'),
  root: hexString('`ma_root`.'),
  nodes: arrayOf(
    'From the top down.',
    object('A node.', {
      node: hexString('Address of `struct maple_node`.'),
      type: string('`enum maple_type`.'),
      typeNumber: integer('Its number.'),
      depth: integer('Levels above it.'),
      first: hexString('First index of its range.'),
      last: hexString('Last index.'),
      parent: hexString('`parent`.'),
      slots: words('Every slot.'),
      pivots: words('Every pivot.'),
      gaps: words('Every gap.'),
      end: integer('`meta.end`, of a node that has one in a place of its own.'),
      gap: integer('`meta.gap`.'),
      used: arrayOf(
        'The slots in use.',
        object('A slot.', {
          first: hexString('First index.'),
          last: hexString('Last index.'),
          value: hexString('An entry, in other nodes than leaves a marked pointer to a node; zero for a gap.'),
        }),
      ),
    }),
  ),
});

/** The height is kept in the flags (MT_FLAGS_HEIGHT_OFFSET and _MASK, include/linux/maple_tree.h). */
export function mapleTreeData(
  tree: { readonly tree: bigint; readonly flags: number; readonly root: bigint },
  walk: { readonly nodes: readonly MapleNodeSource[] },
): MapleTreeData {
  return {
    tree: hex64(tree.tree),
    flags: tree.flags,
    height: (tree.flags & 0x7c) >> 2,
    root: hex64(tree.root),
    nodes: walk.nodes.map((n) => ({
      node: hex64(n.address),
      type: n.type,
      typeNumber: n.typeNumber,
      depth: n.depth,
      first: hex64(n.first),
      last: hex64(n.last),
      parent: hex64(n.parent),
      slots: n.slots.map(hex64),
      pivots: n.pivots.map(hex64),
      gaps: n.gaps.map(hex64),
      end: n.meta?.end ?? 0,
      gap: n.meta?.gap ?? 0,
      used: n.used.map((u) => ({ first: hex64(u.first), last: hex64(u.last), value: hex64(u.value) })),
    })),
  };
}

/** As the kernel's own mt_dump writes a tree. */
export function* mapleLines(tree: MapleTreeData, radix: number): Generator<string> {
  const flags = tree.flags.toString(16).toUpperCase();
  yield `maple_tree(${short(tree.tree)}) flags ${flags}, height ${tree.height} root 0x${short(tree.root)}`;
  yield '';
  const byAddress = new Map(tree.nodes.map((n) => [n.node, n]));
  const top = tree.nodes[0];
  if (top) yield* nodeLines(top, byAddress, radix);
  else if (BigInt(tree.root) !== 0n) yield `0: ${value(tree.root)}`;
}

function* nodeLines(node: MapleNodeData, nodes: ReadonlyMap<string, MapleNodeData>, radix: number): Generator<string> {
  const indent = '  '.repeat(node.depth);
  const head = `node 0x${short(node.node)} depth ${node.depth} type ${node.typeNumber} parent 0x${short(node.parent)}`;
  yield `${indent}${range(node, radix)}: ${head} contents: ${contents(node, radix)}`;
  const leaf = node.type === 'maple_leaf_64' || node.type === 'maple_dense';
  for (const slot of node.used) {
    const below = leaf ? undefined : nodes.get(hex64(BigInt(slot.value) & ~255n));
    if (below) yield* nodeLines(below, nodes, radix);
    else yield `${indent}  ${range(slot, radix)}: ${value(slot.value)}`;
  }
}

function range(r: { readonly first: string; readonly last: string }, radix: number): string {
  return r.first === r.last ? number(r.first, radix) : `${number(r.first, radix)}-${number(r.last, radix)}`;
}

function contents(node: MapleNodeData, radix: number): string {
  const parts: string[] = [];
  if (node.gaps.length > 0)
    parts.push(...node.gaps.map((g) => number(g, radix)), '|', `${hexByte(node.end)} ${hexByte(node.gap)}|`);
  node.slots.forEach((slot, i) => {
    const pivot = node.pivots[i];
    parts.push(BigInt(slot) === 0n ? '(nil)' : value(slot));
    if (pivot !== undefined) parts.push(number(pivot, radix));
  });
  return parts.join(' ');
}

function hexByte(n: number): string {
  return n.toString(16).padStart(2, '0').toUpperCase();
}

function value(hex: string): string {
  return `0x${short(hex)}`;
}

function number(hex: string, radix: number): string {
  return radix === 16 ? `0x${short(hex)}` : BigInt(hex).toString();
}

function short(hex: string): string {
  return BigInt(hex).toString(16);
}
