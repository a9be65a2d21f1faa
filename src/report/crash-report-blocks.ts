import type { Language, Phrase } from '../base/phrase.ts';
import type { Block } from './block.ts';
import { crashFacts, crashTitle, machineFacts } from './crash-facts.ts';
import type { CrashCode, CrashReport, ReportTask } from './crash-report.ts';
import { examinedObjectBlocks } from './examined-object-data.ts';
import { faultBlocks } from './fault-lines.ts';
import { findingBlocks } from './finding-blocks.ts';
import { formatLogTime } from './format-time.ts';
import { memoryBlocks } from './memory-blocks.ts';
import { nextStepBlocks, nextStepTitles } from './next-step-blocks.ts';
import { isCutOff } from './report-draft.ts';
import { sourceText } from './source-text.ts';
import { withTitlesIn } from './table-titles.ts';
import { waitGraphSection } from './wait-graph-blocks.ts';
import { WORDS } from './words.ts';

/** Frames of the crashed task that are shown; a deeper stack is in the JSON. */
const FRAMES = 40;
/** Records of the log that are shown, those of registers counted but left out. */
const LOG_LINES = 32;

/** A crash report for people. */
export function crashReportBlocks(report: CrashReport, language: Language = 'en'): Iterable<Block> {
  return withTitlesIn(reportBlocks(report, language), language);
}

function* reportBlocks(report: CrashReport, language: Language): Iterable<Block> {
  yield { kind: 'heading', text: crashTitle(report, language) };
  yield { kind: 'facts', width: 8, facts: crashFacts(report, language) };
  yield* findingBlocks(report.findings, language);
  yield* nextStepTitles(report.nextSteps ?? [], language);
  if (report.fault) yield* faultBlocks(report.fault, language);
  yield* stackBlocks(report, language);
  yield* examinedObjectBlocks(report.objects, language);
  yield* logBlocks(report, language);
  yield* cpuBlocks(report, language);
  yield { kind: 'heading', text: WORDS.machine[language] };
  yield { kind: 'facts', width: 8, facts: machineFacts(report, language) };
  yield* blockedBlocks(report, language);
  yield* waitGraphSection(report.waits, language);
  yield* memoryBlocks(report, language);
  yield* nextStepBlocks(report.nextSteps ?? [], language);
  yield* gapBlocks(report, language);
}

function* stackBlocks(report: CrashReport, language: Language): Iterable<Block> {
  const { stack, crash } = report;
  if (!stack && isCutOff(report, 'stack')) return;
  yield { kind: 'heading', text: WORDS.stack[language] };
  if (!stack) yield { kind: 'text', text: WORDS.noTask[language] };
  else yield { kind: 'stack', stack, style: { offsets: 'of-size', lines: true, registers: false, limit: FRAMES } };
  if (crash.code) {
    const memory = crash.code.from === 'memory';
    yield { kind: 'heading', text: (memory ? WORDS.code : WORDS.codeFromLog)[language] };
    yield { kind: 'lines', lines: codeLines(crash.code) };
  }
  if (crash.source) {
    yield { kind: 'heading', text: WORDS.source[language] };
    yield { kind: 'lines', lines: sourceText(crash.source, crash.line ?? 0) };
  }
}

/** One instruction a line, the one that trapped behind `>`. */
function codeLines({ instructions }: CrashCode): string[] {
  const places = instructions.map((i) => i.place ?? i.address);
  const width = Math.max(...places.map((p) => p.length));
  const bytes = Math.max(...instructions.map((i) => i.bytes.length));
  return instructions.map((i, n) => {
    const place = (places[n] as string).padEnd(width);
    return `${i.trap ? '>' : ' '} ${place}  ${i.bytes.padEnd(bytes)}  ${i.text.replaceAll('\t', ' ')}`.trimEnd();
  });
}

function* logBlocks(report: CrashReport, language: Language): Iterable<Block> {
  if (isCutOff(report, 'log')) return;
  const { log } = report;
  yield { kind: 'heading', text: WORDS.log[language] };
  const lines: string[] = [];
  if (log.before > 0) lines.push(recordsBefore(log.before)[language]);
  let registers = 0;
  let shown = 0;
  for (const r of log.records) {
    if (shown === LOG_LINES) break;
    shown++;
    if (REGISTERS.test(r.text)) {
      registers++;
      continue;
    }
    if (registers > 0) lines.push(`${' '.repeat(15)}${elided(registers)[language]}`);
    registers = 0;
    const prefix = `[${formatLogTime(BigInt(r.timestampNs))}] `;
    const [first = '', ...rest] = r.text.split('\n');
    lines.push(prefix + first, ...rest.map((l) => ' '.repeat(prefix.length) + l));
  }
  if (registers > 0) lines.push(`${' '.repeat(15)}${elided(registers)[language]}`);
  const after = log.after + log.records.length - shown;
  if (after > 0) lines.push(recordsAfter(after)[language]);
  if (lines.length === 0) lines.push(WORDS.empty[language]);
  yield { kind: 'lines', lines };
}

/** Lines of registers and code bytes as kernels print them; the JSON has them. */
const REGISTERS = /^(?:R(?!IP)[A-Z0-9]{2}|x\d+ ?|[FCD]S|CR\d|DR\d|PKRU|Code|pstate|sp ?): ?/;

export function elided(count: number): Phrase {
  return { en: `... ${count} line${count === 1 ? '' : 's'} of registers`, zh: `... ${count} 行寄存器` };
}

export function recordsBefore(count: number): Phrase {
  return { en: `... ${count} records before`, zh: `... 之前有 ${count} 条记录` };
}

export function recordsAfter(count: number): Phrase {
  return { en: `... ${count} records after`, zh: `... 之后有 ${count} 条记录` };
}

function* cpuBlocks({ cpus, system }: CrashReport, language: Language): Iterable<Block> {
  if (cpus.length === 0) return;
  const others = (system.cpus ?? 0) - 1;
  yield { kind: 'heading', text: WORDS.otherCpus[language] + ofAll(cpus.length, others)[language] };
  yield { kind: 'lines', lines: cpus.map((t) => `CPU ${String(t.cpu).padEnd(3)} ${taskText(t, language)}`) };
}

function taskText(t: ReportTask, language: Language): string {
  const where = t.functions.length === 0 ? WORDS.noStack[language] : t.functions.join(' < ');
  return `${String(t.pid).padStart(7)} ${t.comm.padEnd(15)}  ${where}`;
}

function* blockedBlocks({ tasks }: CrashReport, language: Language): Iterable<Block> {
  if (tasks.blocked.length === 0) return;
  const total = tasks.states.UN ?? tasks.blocked.length;
  yield { kind: 'heading', text: WORDS.blocked[language] + ofAll(tasks.blocked.length, total)[language] };
  yield { kind: 'lines', lines: tasks.blocked.map((t) => taskText(t, language)) };
}

/** How many of all are shown; nothing when it is all of them. */
export function ofAll(shown: number, all: number): Phrase {
  if (all <= shown) return { en: '', zh: '' };
  return { en: ` (${shown} of ${all})`, zh: `（${all} 个中的 ${shown} 个）` };
}

function* gapBlocks(report: CrashReport, language: Language): Iterable<Block> {
  const items = gapTexts(report, language);
  if (items.length === 0) return;
  yield { kind: 'heading', text: WORDS.missing[language] };
  yield { kind: 'list', items };
}

/** What the dump does not tell, a sentence each. */
export function gapTexts({ missing, problems }: CrashReport, language: Language): string[] {
  const [colon, semicolon] = language === 'zh' ? ['：', '；'] : [': ', '; '];
  return [
    ...missing.map((m) => {
      const { what, why, remedy } = m.phrases ?? { what: undefined, why: undefined, remedy: undefined };
      const text = `${what?.[language] ?? m.what}${colon}${why?.[language] ?? m.why}`;
      return m.remedy === null ? text : `${text}${semicolon}${remedy?.[language] ?? m.remedy}`;
    }),
    ...(problems ?? []).map((p) => `${p.what}${colon}${p.why}`),
  ];
}
