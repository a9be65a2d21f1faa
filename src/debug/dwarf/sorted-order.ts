/** The indices of `starts` in ascending order of its values. */
export function sortedOrder(starts: Float64Array): Uint32Array {
  const n = starts.length;
  const low = starts.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const high = starts.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  if ((high - low + 1) * n > Number.MAX_SAFE_INTEGER) {
    return Uint32Array.from(starts, (_, i) => i).sort((a, b) => (starts[a] as number) - (starts[b] as number));
  }
  // Start and index in one number: sorting numbers is many times faster than calling a comparison.
  const keys = Float64Array.from(starts, (start, i) => (start - low) * n + i).sort();
  return Uint32Array.from(keys, (key) => key % n);
}
