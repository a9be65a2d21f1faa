import { AnalysisError } from '../../base/errors.ts';
import type { Addr, Bytes } from '../../base/units.ts';
import type { PatchSite } from '../../program/ports.ts';
import type { Program } from '../../program/program.ts';

/** Groups of records, and records of all; a kernel has some ten thousand records in all. */
const MAX_PAGES = 0x10000;
const MAX_RECORDS = 0x100000;

/**
 * The places that function tracing rewrites, of the kernel and its modules, ascending inside each group: `ftrace_pages_start`
 * leads to a list of `struct ftrace_page`, each with `index` records of `struct dyn_ftrace`.
 * Source: kernel/trace/ftrace.c, include/linux/ftrace.h.
 */
function readRecords(prog: Program, start: Addr): readonly BigUint64Array[] {
  const found: BigUint64Array[] = [];
  try {
    const { memory } = prog;
    const page = {
      next: BigInt(prog.offset('ftrace_page', 'next')),
      records: BigInt(prog.offset('ftrace_page', 'records')),
      index: BigInt(prog.offset('ftrace_page', 'index')),
    };
    const stride = prog.type('struct dyn_ftrace').size;
    const ip = prog.offset('dyn_ftrace', 'ip');
    const seen = new Set<Addr>();
    let total = 0;
    for (let at = memory.ulong(start); at !== 0n && !seen.has(at) && seen.size < MAX_PAGES; ) {
      seen.add(at);
      const count = memory.u32(at + page.index);
      total += count;
      if (total > MAX_RECORDS) break;
      const bytes = memory.bytes(memory.ulong(at + page.records), count * stride);
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      found.push(
        BigUint64Array.from({ length: count }, (_, i) => view.getBigUint64(i * stride + ip, prog.arch.littleEndian)),
      );
      at = memory.ulong(at + page.next);
    }
  } catch (e) {
    if (!(e instanceof AnalysisError)) throw e; // without tracing, or damaged: what there is
  }
  return found;
}

const kept = new WeakMap<Program, readonly BigUint64Array[]>();

/** Where the record points, and before it: arm64 saves the link register there (Linux commit 3b23e4991fb6, v5.5). */
const BEFORE = 4;
const SIZE = 9;

/** The places of function tracing in `size` bytes at a run-time address. @param pages address of `ftrace_pages_start` */
export function ftraceSites(prog: Program, pages: Addr, start: Addr, size: Bytes): PatchSite[] {
  const found: PatchSite[] = [];
  const groups = kept.get(prog) ?? readRecords(prog, pages);
  kept.set(prog, groups);
  const end = start + BigInt(size + BEFORE);
  for (const group of groups) {
    for (let i = firstFrom(group, start - BigInt(SIZE)); i < group.length; i++) {
      const ip = group[i] as bigint;
      if (ip >= end) break;
      found.push({ offset: Number(ip - start) - BEFORE, size: SIZE, kind: 'ftrace' });
    }
  }
  return found;
}

function firstFrom(group: BigUint64Array, at: Addr): number {
  let low = 0;
  let high = group.length;
  while (low < high) {
    const mid = (low + high) >>> 1;
    if ((group[mid] as bigint) < at) low = mid + 1;
    else high = mid;
  }
  return low;
}
