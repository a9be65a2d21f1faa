import { AnalysisError, MemoryFault } from '../base/errors.ts';
import type { Addr } from '../base/units.ts';
import type { AddressSpace } from '../memory/address-space.ts';
import { KallsymsNames } from './kallsyms-names.ts';
import { skipNames } from './kallsyms-stream.ts';
import type { FoundKallsyms, KallsymsTables } from './kallsyms-tables.ts';
import type { KallsymsTokens } from './kallsyms-tokens.ts';
import { LazyTable } from './lazy-table.ts';

/** The tables that VMCOREINFO does not name. */
type Unnamed = 'markers' | 'markerWidth' | 'seqsOfNames';

/**
 * Finds `kallsyms_markers` and `kallsyms_seqs_of_names` beside their named neighbours, and believes none without a look
 * at its content. The order was offsets, relative base, count, names, markers, [seqs,] tokens up to v6.3, and is count,
 * names, markers, tokens, offsets, [relative base,] seqs since Linux commit 404bad70fcf7, v6.4.
 */
export function findNeighbours(
  memory: AddressSpace,
  named: Omit<KallsymsTables, Unnamed>,
  tokens: KallsymsTokens,
): FoundKallsyms {
  const stream = new LazyTable(memory, named.names, named.namesLimit);
  const markers = findMarkers(memory, named, stream);
  const tables = {
    ...named,
    markers: markers?.at,
    markerWidth: markers?.width ?? (4 as const),
    seqsOfNames: undefined,
  };
  // Without markers every symbol is looked at anyway.
  for (const seqsOfNames of markers ? seqsCandidates(memory, tables, markers.end) : []) {
    const sorted = { ...tables, seqsOfNames };
    const names = new KallsymsNames(memory, sorted, tokens, stream);
    if (looksSorted(names)) return { tables: sorted, names };
  }
  return { tables, names: new KallsymsNames(memory, tables, tokens, stream) };
}

function looksSorted(names: KallsymsNames): boolean {
  try {
    return names.seqsLookSorted();
  } catch (e) {
    if (e instanceof AnalysisError) return false;
    throw e;
  }
}

function findMarkers(memory: AddressSpace, named: Omit<KallsymsTables, Unnamed>, stream: LazyTable) {
  const { count, names, tokenTable } = named;
  const entries = Math.ceil(count / 256);
  if (entries < 2) return undefined;
  const second = secondMarker(stream);
  for (const width of [4, 8] as const) {
    for (const end of [
      tokenTable,
      alignDown(tokenTable - BigInt(count * 3), 8n),
      alignDown(tokenTable - BigInt(count * 3), 4n),
    ]) {
      for (const pad of width === 4 ? [0, 4] : [0]) {
        const at = end - BigInt(entries * width + pad);
        if (at > names && isMarkers(memory, at, width, entries, second, named.namesLimit)) {
          return { at, width, end: at + BigInt(entries * width) };
        }
      }
    }
  }
  return undefined;
}

/** Where the 256th name begins; `undefined` when a page before it is lost. */
function secondMarker(stream: LazyTable): number | undefined {
  try {
    return skipNames(stream, 0, 256);
  } catch (e) {
    if (e instanceof MemoryFault) return undefined;
    throw e;
  }
}

function isMarkers(
  m: AddressSpace,
  at: Addr,
  width: 4 | 8,
  entries: number,
  second: number | undefined,
  limit: number,
): boolean {
  const raw = new Uint8Array(width);
  const view = new DataView(raw.buffer);
  const read = (i: number): number => {
    if (m.tryRead(at + BigInt(i * width), raw)) return -1;
    return width === 4 ? view.getUint32(0, m.littleEndian) : Number(view.getBigUint64(0, m.littleEndian));
  };
  if (read(0) !== 0 || read(1) !== (second ?? read(1))) return false;
  if (second !== undefined) {
    const last = read(entries - 1);
    return last >= second && last < limit;
  }
  // A name has at least two bytes and its length, and not more than some tens.
  for (let i = 1; i < entries; i++) {
    const step = read(i) - read(i - 1);
    if (step < 256 * 2 || step > 256 * 64) return false;
  }
  return read(entries - 1) < limit;
}

function seqsCandidates(memory: AddressSpace, tables: KallsymsTables, markersEnd: Addr): Addr[] {
  const size = BigInt(tables.count * 3);
  if (tables.addresses < tables.names) {
    return [alignUp(markersEnd, 8n), alignUp(markersEnd, 4n)].filter((at) => at + size <= tables.tokenTable);
  }
  const width = tables.encoding === 'absolute' ? memory.pointerSize : 4;
  const end = tables.addresses + BigInt(tables.count * width);
  if (tables.encoding === 'absolute' || tables.encoding === 'place') return [alignUp(end, 4n), alignUp(end, 8n)];
  return [alignUp(end, 8n) + 8n];
}

function alignUp(at: Addr, to: bigint): Addr {
  return (at + to - 1n) & -to;
}

function alignDown(at: Addr, to: bigint): Addr {
  return at & -to;
}
