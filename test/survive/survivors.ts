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
import { memoryOnly, watchedMemory } from '../build/patched-memory.ts';

const PAGE = 4096;
const PARTS = ['tasks', 'log', 'stack'] as const;
type Part = (typeof PARTS)[number];
type Answers = Readonly<Record<Part, readonly string[]>>;

/** What a whole dump tells, and the page frames that each part of it was made of. */
export interface Whole {
  readonly image: DumpImage;
  readonly answers: Answers;
  readonly pages: Readonly<Record<Part, ReadonlySet<number>>>;
  /** Page frames of the task structures, one for each task. */
  readonly taskPages: readonly number[];
}

/** What of it another dump tells. */
export interface Kept {
  /** What kept it from being opened. */
  readonly failed?: string;
  readonly parts: Readonly<Record<Part, PartKept>>;
  /** Tasks whose structure is there. */
  readonly tasksThere: number;
  /** Answers that lack something although every page that they were made of is there. */
  readonly lost: readonly string[];
}

interface PartKept {
  readonly kept: number;
  readonly all: number;
  readonly pagesThere: number;
  readonly pages: number;
}

const ask: Readonly<Record<Part, (prog: Program) => string[]>> = {
  log: (prog) => logRecords(prog).records.map((r) => r.text),
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

const isThere = (image: DumpImage, pfn: number): boolean => typeof image.memory.chunk(pfn * PAGE) === 'object';

export function wholeOf(sources: readonly ByteSource[]): Whole {
  const image = openImage(sources, nodeCodecs());
  const pages = { log: new Set<number>(), stack: new Set<number>(), tasks: new Set<number>() };
  const of = (part: Part): string[] =>
    answer(image, part, (pfn) => {
      // what the whole dump lacks too is not needed
      if (isThere(image, pfn)) pages[part].add(pfn);
    });
  const answers = { log: of('log'), tasks: [...new Set(of('tasks'))], stack: of('stack') };
  return { image, answers, pages, taskPages: taskPages(openProgram(image)) };
}

function taskPages(prog: Program): number[] {
  return taskTable(prog).tasks.map(({ address }) => {
    const where = prog.memory.translate(address);
    return typeof where === 'string' ? -1 : Math.floor(where.phys / PAGE);
  });
}

/** How much of the whole dump's answers a cut one gives. */
export function compareWithWhole(whole: Whole, sources: readonly ByteSource[]): Kept {
  try {
    return compareImages(whole, openImage(sources, nodeCodecs()));
  } catch (e) {
    if (!(e instanceof AnalysisError)) throw e;
    return { ...compareAnswers(whole, { tasks: [], log: [], stack: [] }, () => false), failed: e.message };
  }
}

function compareImages(whole: Whole, image: DumpImage): Kept {
  const now = { tasks: answer(image, 'tasks'), log: answer(image, 'log'), stack: answer(image, 'stack') };
  return compareAnswers(whole, now, (pfn) => isThere(image, pfn));
}

/** The answers of a dump that has nothing but the pages which each was made of: all must be the same. */
export function compareWithOwnPages(whole: Whole): Kept {
  const now = (part: Part): string[] =>
    answer({ ...whole.image, memory: memoryOnly(whole.image.memory, whole.pages[part]) }, part);
  return compareAnswers(whole, { tasks: now('tasks'), log: now('log'), stack: now('stack') }, () => true);
}

function compareAnswers(whole: Whole, now: Answers, there: (pfn: number) => boolean): Kept {
  const kept = (part: Part): PartKept => {
    const has = new Set(now[part]);
    const pages = [...whole.pages[part]];
    return {
      kept: whole.answers[part].filter((x) => has.has(x)).length,
      all: whole.answers[part].length,
      pagesThere: pages.filter(there).length,
      pages: pages.length,
    };
  };
  const parts = { tasks: kept('tasks'), log: kept('log'), stack: kept('stack') };
  const lost = PARTS.filter((p) => parts[p].pagesThere === parts[p].pages && parts[p].kept < parts[p].all);
  return {
    parts,
    tasksThere: whole.taskPages.filter(there).length,
    lost: lost.map((p) => `${p}: ${parts[p].kept} of ${parts[p].all}`),
  };
}
