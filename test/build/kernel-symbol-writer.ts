/** Writes `__ksymtab` and `__ksymtab_strings`: entries of three s32 distances, each run sorted by name. */
export function writeKernelSymbols(at: bigint, runs: readonly (readonly (readonly [string, bigint])[])[]): Uint8Array {
  const entries = runs.flatMap((run) => [...run].sort(([a], [b]) => (a < b ? -1 : 1)));
  const strings: number[] = [0, 0];
  const table = new DataView(new ArrayBuffer(entries.length * 12));
  entries.forEach(([name, value], i) => {
    const entry = i * 12;
    table.setInt32(entry, Number(value - at) - entry, true);
    table.setInt32(entry + 4, table.byteLength + strings.length - (entry + 4), true);
    table.setInt32(entry + 8, table.byteLength - (entry + 8), true);
    for (const c of `${name}\0`) strings.push(c.charCodeAt(0));
  });
  const out = new Uint8Array(table.byteLength + strings.length);
  out.set(new Uint8Array(table.buffer));
  out.set(strings, table.byteLength);
  return out;
}
