import { FAULT_TEXT, type FaultReason } from '../base/errors.ts';
import type { Pfn } from '../base/units.ts';
import type { Problem } from '../program/ports.ts';
import type { Program } from '../program/program.ts';
import { attempt } from './note-problem.ts';
import { pageUse } from './page-use.ts';

/** What memory is used for, as far as its page descriptors tell. */
const MEMORY_KINDS = ['image', 'slab', 'table', 'anonymous', 'file', 'free', 'kernel', 'unknown'] as const;
export type MemoryKind = (typeof MEMORY_KINDS)[number];

/** Pages of one kind: those in the dump, and the others by the reason why they are not. */
export interface PresenceCount {
  readonly kind: MemoryKind;
  readonly present: number;
  readonly missing: ReadonlyMap<FaultReason, number>;
}

/** How much of the machine's memory a dump holds. */
export interface MemoryPresence {
  /** Pages that the machine had, as far as the dump tells. */
  readonly pages: number;
  /** Every n-th page was looked at; numbers are estimates unless it is 1. */
  readonly every: number;
  readonly counts: readonly PresenceCount[];
  readonly problems: readonly Problem[];
}

/** So many pages are looked at; of a larger machine, evenly spread ones. */
const MOST = 250_000;

/**
 * Looks for each page of the machine and at what its descriptor says of its use. `kernel` is memory of the kernel that is no
 * slab and no page table; `unknown` has no descriptor in the dump. Never throws for damage.
 */
export function memoryPresence(prog: Program): MemoryPresence {
  const problems: Problem[] = [];
  const size = prog.pageSize;
  const ranges = prog.physical.ranges();
  const pages = ranges.reduce((sum, r) => sum + Math.max(0, Math.floor(r.end / size) - Math.ceil(r.start / size)), 0);
  // odd, so that it does not fall in step with anything of the memory
  const every = pages <= MOST ? 1 : Math.ceil(pages / MOST) | 1;
  const kinds = new Map<MemoryKind, { present: number; missing: Map<FaultReason, number> }>();
  const kindOf = kindReader(prog, problems);
  let number = 0;
  for (const { start, end } of ranges) {
    for (let frame = Math.ceil(start / size); (frame + 1) * size <= end; frame++) {
      if (number++ % every !== 0) continue;
      const kind = kindOf(frame);
      const count = kinds.get(kind) ?? { present: 0, missing: new Map<FaultReason, number>() };
      kinds.set(kind, count);
      const chunk = prog.physical.chunk(frame * size);
      if (typeof chunk === 'object') count.present++;
      else count.missing.set(chunk, (count.missing.get(chunk) ?? 0) + 1);
    }
  }
  const counts = MEMORY_KINDS.flatMap((kind) => {
    const count = kinds.get(kind);
    return count ? [{ kind, ...scaled(count, every) }] : [];
  });
  return { pages, every, counts, problems };
}

function scaled(
  { present, missing }: { present: number; missing: ReadonlyMap<FaultReason, number> },
  every: number,
): Omit<PresenceCount, 'kind'> {
  return { present: present * every, missing: new Map([...missing].map(([why, n]) => [why, n * every])) };
}

/** The kind of a page frame. */
function kindReader(prog: Program, problems: Problem[]): (frame: Pfn) => MemoryKind {
  const image = prog.map.linear[0];
  const size = prog.pageSize;
  const first = image ? Math.floor(image.phys / size) : 0;
  const last = image ? first + Math.floor(Number(image.end - image.start) / size) : 0;
  let lost = 0;
  return (frame) => {
    if (frame >= first && frame < last) return 'image';
    if (lost > 16 && problems.length > 0) return 'unknown';
    const before = problems.length;
    const use = attempt(problems, 'use of the pages', () => pageUse(prog, frame));
    if (problems.length > before) lost++;
    if (!use) return 'unknown';
    switch (use.kind) {
      case 'slab':
      case 'table':
      case 'anonymous':
      case 'file':
        return use.kind;
      case 'buddy':
      case 'unused':
        return 'free';
      default:
        return 'kernel';
    }
  };
}

/** What makedumpfile leaves out, by the bits of its level (`-d`). Source: makedumpfile(8). */
const LEVELS = ['pages of zeros', 'unmapped cache pages', 'cache pages', 'user pages', 'free pages'] as const;

/** The kinds of pages that a filter level names. */
export function levelTexts(level: number): string[] {
  return LEVELS.filter((_, bit) => (level >> bit) & 1);
}

/** A reason in words. */
export function missingText(why: FaultReason): string {
  return FAULT_TEXT[why];
}
