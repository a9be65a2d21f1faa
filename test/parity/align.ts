/** Where two sequences differ: `a[aFrom..aTo)` stands where `b[bFrom..bTo)` does; one of them may be empty. */
export interface Hunk {
  readonly aFrom: number;
  readonly aTo: number;
  readonly bFrom: number;
  readonly bTo: number;
}

/** Cells of the table that a stretch may take before it is split or given up. */
const TABLE_LIMIT = 4_000_000;

/**
 * The differences of two sequences of lines along a longest common subsequence. Long stretches are split at lines that
 * stand once in both (as `patience` diff does), so that 100,000 lines take a moment.
 */
export function align(a: readonly string[], b: readonly string[]): Hunk[] {
  const hunks: Hunk[] = [];
  stretch(a, 0, a.length, b, 0, b.length, hunks);
  return merged(hunks);
}

function stretch(
  a: readonly string[],
  aFrom: number,
  aTo: number,
  b: readonly string[],
  bFrom: number,
  bTo: number,
  out: Hunk[],
): void {
  while (aFrom < aTo && bFrom < bTo && a[aFrom] === b[bFrom]) {
    aFrom++;
    bFrom++;
  }
  while (aFrom < aTo && bFrom < bTo && a[aTo - 1] === b[bTo - 1]) {
    aTo--;
    bTo--;
  }
  if (aFrom === aTo && bFrom === bTo) return;
  if (aFrom === aTo || bFrom === bTo) {
    out.push({ aFrom, aTo, bFrom, bTo });
    return;
  }
  if ((aTo - aFrom) * (bTo - bFrom) <= TABLE_LIMIT) {
    byTable(a, aFrom, aTo, b, bFrom, bTo, out);
    return;
  }
  const anchors = uniqueAnchors(a, aFrom, aTo, b, bFrom, bTo);
  if (anchors.length === 0) {
    out.push({ aFrom, aTo, bFrom, bTo });
    return;
  }
  let [i, j] = [aFrom, bFrom];
  for (const [x, y] of anchors) {
    stretch(a, i, x, b, j, y, out);
    [i, j] = [x + 1, y + 1];
  }
  stretch(a, i, aTo, b, j, bTo, out);
}

/** Longest common subsequence by the usual table. */
function byTable(
  a: readonly string[],
  aFrom: number,
  aTo: number,
  b: readonly string[],
  bFrom: number,
  bTo: number,
  out: Hunk[],
): void {
  const rows = aTo - aFrom;
  const columns = bTo - bFrom;
  const width = columns + 1;
  const best = new Uint16Array((rows + 1) * width);
  for (let i = rows - 1; i >= 0; i--) {
    for (let j = columns - 1; j >= 0; j--) {
      const at = i * width + j;
      best[at] =
        a[aFrom + i] === b[bFrom + j]
          ? (best[at + width + 1] as number) + 1
          : Math.max(best[at + width] as number, best[at + 1] as number);
    }
  }
  let [i, j, hi, hj] = [0, 0, 0, 0];
  const close = (): void => {
    if (i > hi || j > hj) out.push({ aFrom: aFrom + hi, aTo: aFrom + i, bFrom: bFrom + hj, bTo: bFrom + j });
  };
  while (i < rows && j < columns) {
    const at = i * width + j;
    if (a[aFrom + i] === b[bFrom + j]) {
      close();
      i++;
      j++;
      [hi, hj] = [i, j];
    } else if ((best[at + width] as number) >= (best[at + 1] as number)) i++;
    else j++;
  }
  [i, j] = [rows, columns];
  close();
}

/** Pairs of lines that stand once in both, the longest run of them that rises in both. */
function uniqueAnchors(
  a: readonly string[],
  aFrom: number,
  aTo: number,
  b: readonly string[],
  bFrom: number,
  bTo: number,
): [number, number][] {
  const places = new Map<string, { a: number; b: number }>();
  for (let i = aFrom; i < aTo; i++) {
    const line = a[i] as string;
    const seen = places.get(line);
    if (seen) seen.a = -2;
    else places.set(line, { a: i, b: -1 });
  }
  for (let j = bFrom; j < bTo; j++) {
    const seen = places.get(b[j] as string);
    if (seen) seen.b = seen.b === -1 ? j : -2;
  }
  const pairs = [...places.values()].filter((p) => p.a >= 0 && p.b >= 0);
  return rising(pairs.map((p): [number, number] => [p.a, p.b]));
}

function rising(pairs: readonly [number, number][]): [number, number][] {
  const tails: number[] = [];
  const before = new Int32Array(pairs.length).fill(-1);
  pairs.forEach(([, y], k) => {
    let low = 0;
    let high = tails.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((pairs[tails[middle] as number]?.[1] ?? 0) < y) low = middle + 1;
      else high = middle;
    }
    if (low > 0) before[k] = tails[low - 1] as number;
    tails[low] = k;
  });
  const chain: [number, number][] = [];
  for (let k = tails.at(-1) ?? -1; k >= 0; k = before[k] as number) chain.push(pairs[k] as [number, number]);
  return chain.reverse();
}

/** Neighbouring hunks as one. */
function merged(hunks: readonly Hunk[]): Hunk[] {
  const out: Hunk[] = [];
  for (const h of hunks) {
    const last = out.at(-1);
    if (last && last.aTo === h.aFrom && last.bTo === h.bFrom) {
      out[out.length - 1] = { aFrom: last.aFrom, aTo: h.aTo, bFrom: last.bFrom, bTo: h.bTo };
    } else out.push(h);
  }
  return out;
}
