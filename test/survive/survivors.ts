import type { ByteSource } from '../../src/base/byte-source.ts';
import { AnalysisError } from '../../src/base/errors.ts';
import { openCase } from '../../src/diagnosis/open-case.ts';
import { openImage } from '../../src/dump/open-image.ts';
import { logRecords } from '../../src/kernel/printk.ts';
import { taskTable } from '../../src/kernel/task.ts';
import { nodeCodecs } from '../../src/node/codecs.ts';
import { openProgram } from '../../src/open.ts';
import type { DumpImage } from '../../src/program/ports.ts';
import type { Program } from '../../src/program/program.ts';
import { watchedMemory } from '../build/patched-memory.ts';

const PAGE = 4096;
type Part = 'log' | 'stack' | 'tasks';

/** What a whole dump tells, and the page frames that each part of it was made of. */
export interface Whole {
  readonly tasks: ReadonlySet<string>;
  readonly records: readonly string[];
  readonly frames: readonly string[];
  readonly pages: Readonly<Record<Part, ReadonlySet<number>>>;
}

interface Answers {
  readonly tasks: readonly string[];
  readonly records: readonly string[];
  readonly frames: readonly string[];
}

const ask: Readonly<Record<Part, (prog: Program) => string[]>> = {
  log: (prog) => logRecords(prog).records.map((r) => `${r.timestampNs} ${r.text}`),
  tasks: (prog) => taskTable(prog).tasks.map((t) => `${t.pid} ${t.comm} ${t.state}`),
  stack: (prog) => (openCase(prog).stack?.frames ?? []).map((f) => `${f.symbol}+${f.offset}`),
};

/** Opens a dump for one question only, so that the pages which are read are those that it needs. */
function answer(image: DumpImage, part: Part, onRead: (pfn: number) => void = () => {}): string[] {
  try {
    return ask[part](openProgram({ ...image, memory: watchedMemory(image.memory, onRead) }));
  } catch (e) {
    if (e instanceof AnalysisError) return [];
    throw e;
  }
}

export function wholeOf(sources: readonly ByteSource[]): Whole {
  const image = openImage(sources, nodeCodecs());
  const pages = { log: new Set<number>(), stack: new Set<number>(), tasks: new Set<number>() };
  const of = (part: Part): string[] =>
    answer(image, part, (pfn) => {
      // what the whole dump lacks too is not needed
      if (typeof image.memory.chunk(pfn * PAGE) === 'object') pages[part].add(pfn);
    });
  return { records: of('log'), tasks: new Set(of('tasks')), frames: of('stack'), pages };
}

/** How much of the whole dump's answers a cut one gives; `lost` names what it does not although all its pages are there. */
export function compareWithWhole(
  whole: Whole,
  sources: readonly ByteSource[],
): { readonly text: string; readonly lost: readonly string[] } {
  let image: DumpImage | undefined;
  try {
    image = openImage(sources, nodeCodecs());
  } catch (e) {
    if (!(e instanceof AnalysisError)) throw e;
    return { text: `nothing: ${e.message}`, lost: [] };
  }
  const now: Answers = {
    tasks: answer(image, 'tasks'),
    records: answer(image, 'log'),
    frames: answer(image, 'stack'),
  };
  const kept = {
    tasks: now.tasks.filter((t) => whole.tasks.has(t)).length,
    log: countOf(whole.records, now.records),
    stack: countOf(whole.frames, now.frames),
  };
  const all = { tasks: whole.tasks.size, log: whole.records.length, stack: whole.frames.length };
  const lost: string[] = [];
  const there: string[] = [];
  for (const part of ['tasks', 'log', 'stack'] as const) {
    const pages = [...whole.pages[part]];
    const present = pages.filter((pfn) => typeof image.memory.chunk(pfn * PAGE) === 'object').length;
    there.push(`${part} ${kept[part]}/${all[part]} (pages ${present}/${pages.length})`);
    if (present === pages.length && kept[part] < all[part]) lost.push(`${part}: ${kept[part]} of ${all[part]}`);
  }
  return { text: there.join(', '), lost };
}

function countOf(whole: readonly string[], now: readonly string[]): number {
  const has = new Set(now);
  return whole.filter((x) => has.has(x)).length;
}
