/** A node of a graph that is to be drawn. */
export interface GraphNode {
  readonly id: string;
}

export interface GraphEdge {
  readonly from: string;
  readonly to: string;
}

export interface PlacedNode<N> {
  readonly node: N;
  /** Column, from the left. */
  readonly layer: number;
  /** Place in its column, from the top. */
  readonly row: number;
}

export interface GraphLayout<N> {
  readonly nodes: readonly PlacedNode<N>[];
  /** Edges that lead back to the left: each closes a cycle. */
  readonly back: ReadonlySet<GraphEdge>;
  readonly layers: number;
  readonly rows: number;
}

const SWEEPS = 4;

/**
 * Nodes in columns, so that edges lead to the right: an edge that closes a cycle is taken out first, each node stands one
 * column behind the last of those that lead to it, and the rows follow the mean of their neighbours'.
 */
export function layoutGraph<N extends GraphNode>(nodes: readonly N[], edges: readonly GraphEdge[]): GraphLayout<N> {
  const known = new Set(nodes.map((n) => n.id));
  const real = edges.filter((e) => known.has(e.from) && known.has(e.to));
  const back = backEdges(nodes, real);
  const forward = real.filter((e) => !back.has(e));
  const layer = layersOf(nodes, forward);
  const columns: N[][] = [];
  for (const n of nodes) {
    const at = layer.get(n.id) ?? 0;
    while (columns.length <= at) columns.push([]);
    columns[at]?.push(n);
  }
  const row = rowsOf(columns, forward);
  const placed = nodes.map((node) => ({ node, layer: layer.get(node.id) ?? 0, row: row.get(node.id) ?? 0 }));
  return { nodes: placed, back, layers: columns.length, rows: Math.max(1, ...columns.map((c) => c.length)) };
}

/** Edges to a node that is on the way down already. Without recursion: a chain may be long. */
function backEdges(nodes: readonly GraphNode[], edges: readonly GraphEdge[]): Set<GraphEdge> {
  const out = new Map<string, GraphEdge[]>();
  for (const e of edges) out.set(e.from, [...(out.get(e.from) ?? []), e]);
  const back = new Set<GraphEdge>();
  const state = new Map<string, 'open' | 'done'>();
  for (const { id } of nodes) {
    if (state.has(id)) continue;
    state.set(id, 'open');
    const way = [{ id, next: 0 }];
    for (let top = way.at(-1); top; top = way.at(-1)) {
      const edge = out.get(top.id)?.[top.next++];
      if (!edge) {
        state.set(top.id, 'done');
        way.pop();
      } else if (state.get(edge.to) === 'open') back.add(edge);
      else if (!state.has(edge.to)) {
        state.set(edge.to, 'open');
        way.push({ id: edge.to, next: 0 });
      }
    }
  }
  return back;
}

function layersOf(nodes: readonly GraphNode[], edges: readonly GraphEdge[]): Map<string, number> {
  const layer = new Map(nodes.map((n) => [n.id, 0]));
  // Without cycles no way is longer than there are nodes.
  for (let round = 0; round < nodes.length; round++) {
    let moved = false;
    for (const { from, to } of edges) {
      const least = (layer.get(from) ?? 0) + 1;
      if ((layer.get(to) ?? 0) >= least) continue;
      layer.set(to, least);
      moved = true;
    }
    if (!moved) break;
  }
  return layer;
}

function rowsOf(columns: readonly (readonly GraphNode[])[], edges: readonly GraphEdge[]): Map<string, number> {
  const near = new Map<string, string[]>();
  for (const { from, to } of edges) {
    near.set(from, [...(near.get(from) ?? []), to]);
    near.set(to, [...(near.get(to) ?? []), from]);
  }
  const row = new Map<string, number>();
  for (const column of columns) column.forEach((n, i) => void row.set(n.id, i));
  const mean = (id: string): number => {
    const rows = (near.get(id) ?? []).map((n) => row.get(n) ?? 0);
    return rows.length === 0 ? (row.get(id) ?? 0) : rows.reduce((a, b) => a + b, 0) / rows.length;
  };
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    for (const column of columns) {
      const order = [...column].sort((a, b) => mean(a.id) - mean(b.id));
      order.forEach((n, i) => void row.set(n.id, i));
    }
  }
  return row;
}
