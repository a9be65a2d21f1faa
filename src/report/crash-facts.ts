import type { Language, Phrase } from '../base/phrase.ts';
import type { CrashReport } from './crash-report.ts';
import { wasNoticed } from './death-place.ts';
import { FORCED } from './debug-doubts.ts';
import { findingSentence, topFinding } from './finding-blocks.ts';
import { formatSize } from './format-size.ts';
import { formatDate, formatDuration } from './format-time.ts';
import { type CutData, isCutOff } from './report-draft.ts';
import { kindPhrase, taintPhrase, WORDS } from './words.ts';

type Facts = [name: string, value: string][];

/** `Kernel crash: BUG assertion in __slab_free+0x118/0x2d0` */
export function crashTitle(report: CrashReport, language: Language): string {
  const { crash, findings } = report;
  const kind = kindPhrase(crash.kind)[language];
  const place = crash.function === null ? '' : crashPlace(crash);
  const where = wasNoticed(report) ? (blamedPlace(findings) ?? '') : place;
  return language === 'zh'
    ? `内核崩溃：${kind}${where && `，位于 ${where}`}`
    : `Kernel crash: ${kind}${where && ` in ${where}`}`;
}

/** The function that the first finding blames: `takes_b [module]`. */
function blamedPlace(findings: CrashReport['findings']): string | undefined {
  const { function: name, module } = topFinding(findings)?.subject ?? {};
  if (name === undefined) return undefined;
  return module === undefined ? name : `${name} [${module}]`;
}

/** `function+0x10/0x20 [module]` */
export function crashPlace(crash: CrashReport['crash']): string {
  const size = crash.size === null ? '' : `/0x${crash.size.toString(16)}`;
  const module = crash.module === null ? '' : ` [${crash.module}]`;
  return `${crash.function}+0x${(crash.offset ?? 0).toString(16)}${size}${module}`;
}

/** When it died, and how long after boot. */
export function crashTime({ system }: CrashReport, language: Language): string {
  const date = system.dateSeconds === null ? WORDS.noDate[language] : formatDate(system.dateSeconds, language);
  if (system.uptimeSeconds === null) return date;
  const up = formatDuration(system.uptimeSeconds);
  return language === 'zh' ? `${date}，启动后 ${up.replace(' days,', ' 天')}` : `${date}, ${up} after boot`;
}

/** What and where it died, in few words. */
export function crashFacts(report: CrashReport, language: Language): Facts {
  const { crash, findings } = report;
  const top = topFinding(findings);
  const facts: Facts = top ? [[WORDS.why[language], findingSentence(top, language)]] : [];
  if (report.cut) facts.unshift([WORDS.cut[language], cutSentence(report.cut)[language]]);
  facts.push([WORDS.what[language], crash.message ?? crash.panic ?? noMessage(report)[language]]);
  if (crash.panic !== null && crash.panic !== crash.message) facts.push([WORDS.panic[language], crash.panic]);
  facts.push([WORDS.when[language], crashTime(report, language)]);
  facts.push([
    WORDS.where[language],
    crash.function === null ? (crash.pc ?? WORDS.unknown[language]) : crashPlace(crash),
  ]);
  if (crash.file !== undefined) {
    facts.push([WORDS.line[language], `${crash.file}:${crash.line ?? 0}${crash.doubt === undefined ? '' : FORCED}`]);
  }
  facts.push([WORDS.context[language], contextText(crash, language)]);
  if (crash.title !== null) facts.push([WORDS.title[language], crash.title]);
  if (crash.signature !== null) facts.push([WORDS.signature[language], crash.signature]);
  if (crash.disagreement) facts.push([WORDS.doubt[language], disagreementText(crash.disagreement, language)]);
  return facts;
}

/** That the report is not whole. */
export function cutSentence({ why, phrase }: CutData): Phrase {
  return {
    en: `this report is not complete: ${phrase?.en ?? why}`,
    zh: `本报告不完整：${phrase?.zh ?? why}`,
  };
}

/** What stands for the message of the kernel where there is none. */
export function noMessage(report: CrashReport): Phrase {
  return isCutOff(report, 'log') ? WORDS.unknown : WORDS.noReport;
}

/** Functions that are named of each side. */
const NAMED = 6;

/** Where the log's trace and the stack in memory tell different functions. */
function disagreementText(
  { onlyInLog, onlyInMemory }: NonNullable<CrashReport['crash']['disagreement']>,
  language: Language,
): string {
  const list = (names: readonly string[]): string => {
    const shown = names.slice(0, NAMED).join(', ');
    const more = names.length - NAMED;
    if (more <= 0) return shown;
    return language === 'zh' ? `${shown}，另有 ${more} 个` : `${shown} and ${more} more`;
  };
  const parts: Phrase[] = [];
  if (onlyInLog.length > 0) {
    const names = list(onlyInLog);
    parts.push({ en: `only the log's trace has ${names}`, zh: `只有日志的调用栈含 ${names}` });
  }
  if (onlyInMemory.length > 0) {
    const names = list(onlyInMemory);
    parts.push({ en: `only the stack in memory has ${names}`, zh: `只有内存中的栈含 ${names}` });
  }
  return parts.map((p) => p[language]).join(language === 'zh' ? '；' : '; ');
}

/** In what context it died. */
export function contextText(crash: CrashReport['crash'], language: Language): string {
  return crash.contextPhrase?.[language] ?? crash.contextText;
}

/** The machine and what ran on it. */
export function machineFacts(report: CrashReport, language: Language): Facts {
  const { system, memory, tasks, modules } = report;
  const facts: Facts = [];
  const add = (name: keyof typeof WORDS, value: string | null): void => {
    if (value !== null) facts.push([WORDS[name][language], value]);
  };
  add('kernel', [system.release ?? WORDS.unknown[language], system.version].filter((p) => p !== null).join(' '));
  const cpus = system.cpus === null ? '' : cpuCount(system.cpus, language);
  const size = system.memoryBytes === null ? '' : formatSize(system.memoryBytes);
  add('machine', [system.machine ?? WORDS.unknown[language], cpus, size].filter((part) => part !== '').join(', '));
  add('hardware', system.hardware);
  add('host', system.nodename);
  add('taint', (system.tainted === null ? WORDS.unknown : taintPhrase(system.tainted))[language]);
  add('load', system.loadAverage?.join(', ') ?? null);
  const kib = Object.entries(memory).map(([name, value]) => `${name} ${formatSize(value * 1024)}`);
  if (kib.length > 0) add('memory', kib.join(', '));
  const states = Object.entries(tasks.states).map(([state, n]) => `${n} ${state}`);
  add('tasks', `${tasks.total ?? WORDS.unknown[language]}${states.length > 0 ? `: ${states.join(', ')}` : ''}`);
  const named = modules.tainting.map((m) => `${m.name} (${m.taints})${m.version === null ? '' : ` ${m.version}`}`);
  const total = String(modules.total ?? WORDS.unknown[language]);
  add('modules', named.length > 0 ? `${total}; ${WORDS.tainting[language]}: ${named.join(', ')}` : total);
  add('booted', system.commandLine);
  return facts;
}

function cpuCount(n: number, language: Language): string {
  return language === 'zh' ? `${n} 个 CPU` : `${n} CPU${n === 1 ? '' : 's'}`;
}
