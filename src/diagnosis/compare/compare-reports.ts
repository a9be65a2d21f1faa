import type { Phrase } from '../../base/phrase.ts';
import type { ComparedDump, Comparison } from '../../report/comparison-data.ts';
import type { CrashReport } from '../../report/crash-report.ts';
import { formatSize } from '../../report/format-size.ts';
import { formatDuration } from '../../report/format-time.ts';
import { commonFindings } from './common-findings.ts';
import { type Death, deathOf } from './death.ts';
import { groupDeaths } from './group-deaths.ts';

/** Several deaths compared. @param reports each with the name that the answer calls it by */
export function compareReports(
  reports: readonly { readonly name: string; readonly report: CrashReport }[],
): Comparison {
  const deaths = reports.map(({ name, report }) => deathOf(name, report));
  const facts = FACTS.map(({ what, of }) => ({ what, values: deaths.map((d) => of(d)) }));
  const told = facts.filter((f) => f.values.some((v) => v !== null));
  return {
    dumps: deaths.map(dumpOf),
    groups: groupDeaths(deaths),
    findings: commonFindings(deaths),
    common: told.filter((f) => same(f.values)),
    different: told.filter((f) => !same(f.values)),
  };
}

function same(values: readonly (string | null)[]): boolean {
  return values.every((v) => v === values[0]);
}

function dumpOf({ name, report, cause, place, functions }: Death): ComparedDump {
  const { crash, system, memory } = report;
  return {
    name,
    release: system.release,
    kind: crash.kind,
    function: place,
    cause: cause?.title ?? null,
    signature: functions.slice(0, 4),
    freeKiB: memory.MemFree ?? null,
    uptimeSeconds: system.uptimeSeconds,
  };
}

interface Question {
  readonly what: Phrase;
  readonly of: (death: Death) => string | null;
}

const kib = (value: number | undefined): string | null => (value === undefined ? null : formatSize(1024 * value));

/** What is held beside each other. */
const FACTS: readonly Question[] = [
  { what: { en: 'Kernel', zh: '内核' }, of: (d) => d.report.system.release },
  { what: { en: 'Machine', zh: '机器' }, of: (d) => d.report.system.machine },
  { what: { en: 'Hardware', zh: '硬件' }, of: (d) => d.report.system.hardware },
  { what: { en: 'Host', zh: '主机' }, of: (d) => d.report.system.nodename },
  { what: { en: 'CPUs', zh: 'CPU 数' }, of: (d) => text(d.report.system.cpus) },
  { what: { en: 'Memory', zh: '内存' }, of: (d) => kib(d.report.memory.MemTotal) },
  { what: { en: 'Free memory', zh: '空闲内存' }, of: (d) => kib(d.report.memory.MemFree) },
  { what: { en: 'Page cache', zh: '页缓存' }, of: (d) => kib(d.report.memory.Cached) },
  { what: { en: 'Slab', zh: 'slab' }, of: (d) => kib(d.report.memory.Slab) },
  { what: { en: 'Swap', zh: '交换空间' }, of: (d) => kib(d.report.memory.SwapTotal) },
  { what: { en: 'Kind', zh: '种类' }, of: (d) => d.report.crash.kind },
  { what: { en: 'Died in', zh: '死于' }, of: (d) => d.place },
  { what: { en: 'Signature', zh: '特征' }, of: (d) => d.report.crash.signature },
  { what: { en: 'Context', zh: '上下文' }, of: (d) => d.report.crash.context },
  { what: { en: 'Finding', zh: '结论' }, of: (d) => d.cause?.rule ?? null },
  { what: { en: 'Slab cache', zh: 'slab 缓存' }, of: (d) => d.cause?.subject?.cache ?? null },
  { what: { en: 'Blamed module', zh: '相关模块' }, of: (d) => d.cause?.subject?.module ?? null },
  { what: { en: 'Task', zh: '任务' }, of: (d) => d.report.stack?.comm ?? null },
  { what: { en: 'CPU', zh: 'CPU' }, of: (d) => text(d.report.stack?.cpu ?? null) },
  { what: { en: 'Uptime', zh: '运行时间' }, of: (d) => uptime(d) },
  { what: { en: 'Taint', zh: '污染' }, of: (d) => d.report.system.tainted },
  { what: { en: 'Tainting modules', zh: '污染内核的模块' }, of: (d) => modules(d) },
  { what: { en: 'Command line', zh: '命令行' }, of: (d) => d.report.system.commandLine },
];

function text(value: number | null): string | null {
  return value === null ? null : String(value);
}

function uptime(d: Death): string | null {
  const { uptimeSeconds } = d.report.system;
  return uptimeSeconds === null ? null : formatDuration(uptimeSeconds);
}

function modules(d: Death): string | null {
  const names = d.report.modules.tainting.map((m) => m.name).sort();
  return names.length === 0 ? null : names.join(' ');
}
