import type { Phrase } from '../base/phrase.ts';
import type { CrashReport, MissingPart } from './crash-report.ts';
import { phraseSchema } from './finding-data.ts';
import { arrayOf, object, optional, type Schema, string } from './schema.ts';

/** Members of a report in the order in which they are made: what ended and why first. */
const PARTS = {
  system: { en: 'the machine', zh: '机器' },
  log: { en: 'the log', zh: '日志' },
  crash: { en: 'the place of the crash', zh: '崩溃位置' },
  stack: { en: 'the stack of the crashed task', zh: '崩溃任务的栈' },
  fault: { en: 'the explanation of the fault', zh: '对故障的解释' },
  findings: { en: 'all findings', zh: '全部结论' },
  objects: { en: 'the objects that the dying code worked with', zh: '出错代码所使用的对象' },
  tasks: { en: 'the tasks', zh: '任务' },
  cpus: { en: 'the other CPUs', zh: '其他 CPU' },
  modules: { en: 'the modules', zh: '模块' },
  memory: { en: 'the use of memory', zh: '内存用量' },
  waits: { en: 'who waits for whom', zh: '谁在等谁' },
  memoryJudgement: { en: 'the judgement of memory', zh: '对内存的判断' },
  pageCache: { en: 'the files in the page cache', zh: '页缓存中的文件' },
  storage: { en: 'the storage', zh: '存储' },
  nextSteps: { en: 'the next steps', zh: '后续步骤' },
} as const satisfies Partial<Record<keyof CrashReport, Phrase>>;

/** A member of a report that is made at one go. */
export type ReportPart = keyof typeof PARTS;

export const REPORT_PARTS = Object.keys(PARTS) as readonly ReportPart[];

/** Why a report is not whole. */
export interface CutData {
  readonly why: string;
  readonly phrase?: Phrase;
  readonly parts: readonly string[];
}

export const cutSchema: Schema = object('Only in a report that was stopped before it was whole.', {
  why: string('What stopped it.'),
  phrase: optional(phraseSchema('The same in every language.')),
  parts: arrayOf('Members that were not made, or not to their end: that they are empty says nothing.', string('Name.')),
});

/** A report while it is made: valid at any time, empty where it is not made yet. */
export interface ReportDraft {
  readonly report: CrashReport;
  /** Parts that are not whole. */
  readonly pending: readonly ReportPart[];
}

/** The draft as what is left of a report that was stopped. @param more how the rest can be had */
export function cutReport({ report, pending }: ReportDraft, why: Phrase, more?: Phrase): CrashReport {
  const names = pending.map((part) => PARTS[part]);
  const reason: Phrase = {
    en: `it was stopped: ${why.en}; not made: ${names.map((n) => n.en).join(', ')}`,
    zh: `被中止：${why.zh}；未完成：${names.map((n) => n.zh).join('、')}`,
  };
  const phrases = { what: REPORT, why: reason, ...(more && { remedy: more }) };
  const part: MissingPart = { what: REPORT.en, why: reason.en, remedy: more?.en ?? null, phrases };
  return { ...report, missing: [part, ...report.missing], cut: { why: why.en, phrase: why, parts: pending } };
}

const REPORT: Phrase = { en: 'the rest of this report', zh: '本报告的其余部分' };

/** Whether a part is not whole: where it is empty, it must not be told as if there were nothing. */
export function isCutOff(report: CrashReport, part: ReportPart): boolean {
  return report.cut?.parts.includes(part) === true;
}

const NOTHING_OF_CRASH: CrashReport['crash'] = {
  kind: null,
  title: null,
  signature: null,
  message: null,
  panic: null,
  function: null,
  offset: null,
  size: null,
  module: null,
  pc: null,
  context: 'unknown',
  contextText: 'context unknown',
  contextPhrase: { en: 'context unknown', zh: '上下文未知' },
  preemptCount: null,
};

const NOTHING_OF_SYSTEM: CrashReport['system'] = {
  release: null,
  version: null,
  machine: null,
  nodename: null,
  hardware: null,
  cpus: null,
  memoryBytes: null,
  dateSeconds: null,
  uptimeSeconds: null,
  loadAverage: null,
  tainted: null,
  commandLine: null,
};

/** A report in which nothing is made. */
export function emptyReport(pageBytes: number): CrashReport {
  const overcommit = { mode: null, ratio: null, kbytes: null, ram: null, hugetlb: 0 };
  return {
    schema: 1,
    crash: NOTHING_OF_CRASH,
    findings: [],
    objects: [],
    system: NOTHING_OF_SYSTEM,
    stack: null,
    log: { records: [], before: 0, after: 0 },
    cpus: [],
    memory: {},
    memoryJudgement: {
      pageBytes,
      watermarks: { minFreeKiB: null, scaleFactor: null, zones: [], allocations: [] },
      overcommit: { ...overcommit, swap: null, limit: null, committed: null },
      swap: { total: null, free: null },
      balance: { total: null, held: {}, unaccounted: null },
      slab: [],
      processes: { totalPages: null, count: 0, processes: [] },
      reclaim: [],
      groups: [],
    },
    pageCache: { pageBytes, pages: 0, fileCount: 0, inodes: 0, cut: false, filesystems: [], files: [] },
    storage: { filesystems: [], requests: [] },
    tasks: { total: null, states: {}, blocked: [] },
    waits: { waits: [], total: 0, resources: [], cycles: [], roots: [] },
    modules: { total: null, tainting: [] },
    missing: [],
  };
}
