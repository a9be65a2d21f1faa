import type { Block } from './block.ts';
import type { CrashCode, CrashReport, ReportTask } from './crash-report.ts';
import { FORCED } from './debug-doubts.ts';
import { examinedObjectBlocks } from './examined-object-data.ts';
import { faultBlocks } from './fault-lines.ts';
import { findingBlocks, findingSentence, topFinding } from './finding-blocks.ts';
import { formatSize } from './format-size.ts';
import { formatDate, formatDuration, formatLogTime } from './format-time.ts';
import { memoryBlocks } from './memory-blocks.ts';
import { sourceText } from './source-text.ts';
import { waitGraphSection } from './wait-graph-blocks.ts';

const UNKNOWN = '(unknown)';
/** Frames of the crashed task that are shown; a deeper stack is in the JSON. */
const FRAMES = 40;
/** Records of the log that are shown, those of registers counted but left out. */
const LOG_LINES = 32;

/** A crash report for people. */
export function* crashReportBlocks(report: CrashReport): Iterable<Block> {
  yield { kind: 'heading', text: title(report) };
  yield { kind: 'facts', width: 8, facts: crashFacts(report) };
  yield* findingBlocks(report.findings, 'en');
  if (report.fault) yield* faultBlocks(report.fault, 'en');
  yield* stackBlocks(report);
  yield* examinedObjectBlocks(report.objects, 'en');
  yield* logBlocks(report);
  yield* cpuBlocks(report);
  yield { kind: 'heading', text: 'Machine' };
  yield { kind: 'facts', width: 8, facts: machineFacts(report) };
  yield* blockedBlocks(report);
  yield* waitGraphSection(report.waits, 'en');
  yield* memoryBlocks(report, 'en');
  yield* gapBlocks(report);
}

function title({ crash }: CrashReport): string {
  const where = crash.function === null ? '' : ` in ${place(crash)}`;
  return `Kernel crash: ${crash.kind ?? 'cause unknown'}${where}`;
}

function place(crash: CrashReport['crash']): string {
  const size = crash.size === null ? '' : `/0x${crash.size.toString(16)}`;
  const module = crash.module === null ? '' : ` [${crash.module}]`;
  return `${crash.function}+0x${(crash.offset ?? 0).toString(16)}${size}${module}`;
}

function crashFacts({ crash, system, findings }: CrashReport): [string, string][] {
  const top = topFinding(findings);
  const facts: [string, string][] = top ? [['Why', findingSentence(top, 'en')]] : [];
  facts.push(['What', crash.message ?? crash.panic ?? 'the log holds no fatal report']);
  if (crash.panic !== null && crash.panic !== crash.message) facts.push(['Panic', crash.panic]);
  const after = system.uptimeSeconds === null ? '' : `, ${formatDuration(system.uptimeSeconds)} after boot`;
  facts.push(['When', (system.dateSeconds === null ? '(date unknown)' : formatDate(system.dateSeconds)) + after]);
  facts.push(['Where', crash.function === null ? (crash.pc ?? UNKNOWN) : place(crash)]);
  if (crash.file !== undefined)
    facts.push(['Line', `${crash.file}:${crash.line ?? 0}${crash.doubt === undefined ? '' : FORCED}`]);
  facts.push(['Context', crash.contextText]);
  if (crash.title !== null) facts.push(['Title', crash.title]);
  if (crash.signature !== null) facts.push(['Same as', crash.signature]);
  const { disagreement } = crash;
  if (disagreement) facts.push(['Doubt', disagreementText(disagreement)]);
  return facts;
}

/** Functions that are named of each side. */
const NAMED = 6;

function disagreementText({ onlyInLog, onlyInMemory }: NonNullable<CrashReport['crash']['disagreement']>): string {
  const list = (names: readonly string[]): string =>
    names.slice(0, NAMED).join(', ') + (names.length > NAMED ? ` and ${names.length - NAMED} more` : '');
  const parts = [
    onlyInLog.length > 0 ? `only the log's trace has ${list(onlyInLog)}` : '',
    onlyInMemory.length > 0 ? `only the stack in memory has ${list(onlyInMemory)}` : '',
  ];
  return parts.filter((p) => p !== '').join('; ');
}

function* stackBlocks({ stack, crash }: CrashReport): Iterable<Block> {
  yield { kind: 'heading', text: 'Stack of the crashed task' };
  if (!stack) yield { kind: 'text', text: 'The dump does not tell which task crashed.' };
  else yield { kind: 'stack', stack, style: { offsets: 'of-size', lines: true, registers: false, limit: FRAMES } };
  if (crash.code) {
    const memory = crash.code.from === 'memory';
    yield { kind: 'heading', text: memory ? 'Code' : 'Code (from the log)' };
    yield { kind: 'lines', lines: codeLines(crash.code) };
  }
  if (crash.source) {
    yield { kind: 'heading', text: 'Source' };
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

function* logBlocks({ log }: CrashReport): Iterable<Block> {
  yield { kind: 'heading', text: 'Log' };
  const lines: string[] = [];
  if (log.before > 0) lines.push(`... ${log.before} records before`);
  let registers = 0;
  let shown = 0;
  for (const r of log.records) {
    if (shown === LOG_LINES) break;
    shown++;
    if (REGISTERS.test(r.text)) {
      registers++;
      continue;
    }
    if (registers > 0) lines.push(elided(registers));
    registers = 0;
    const prefix = `[${formatLogTime(BigInt(r.timestampNs))}] `;
    const [first = '', ...rest] = r.text.split('\n');
    lines.push(prefix + first, ...rest.map((l) => ' '.repeat(prefix.length) + l));
  }
  if (registers > 0) lines.push(elided(registers));
  const after = log.after + log.records.length - shown;
  if (after > 0) lines.push(`... ${after} records after`);
  if (lines.length === 0) lines.push('(empty)');
  yield { kind: 'lines', lines };
}

/** Lines of registers and code bytes as kernels print them; the JSON has them. */
const REGISTERS = /^(?:R(?!IP)[A-Z0-9]{2}|x\d+ ?|[FCD]S|CR\d|DR\d|PKRU|Code|pstate|sp ?): ?/;

function elided(count: number): string {
  return `${' '.repeat(15)}... ${count} line${count === 1 ? '' : 's'} of registers`;
}

function* cpuBlocks({ cpus, system }: CrashReport): Iterable<Block> {
  if (cpus.length === 0) return;
  const others = (system.cpus ?? 0) - 1;
  yield { kind: 'heading', text: `Other CPUs${others > cpus.length ? ` (${cpus.length} of ${others})` : ''}` };
  yield { kind: 'lines', lines: cpus.map((t) => `CPU ${String(t.cpu).padEnd(3)} ${taskText(t)}`) };
}

function taskText(t: ReportTask): string {
  const where = t.functions.length === 0 ? '(no stack)' : t.functions.join(' < ');
  return `${String(t.pid).padStart(7)} ${t.comm.padEnd(15)}  ${where}`;
}

function machineFacts({ system, memory, tasks, modules }: CrashReport): [string, string][] {
  const facts: [string, string][] = [
    ['Kernel', `${system.release ?? UNKNOWN} ${system.version ?? ''}`.trimEnd()],
    [
      'Machine',
      [system.machine ?? UNKNOWN, cpuCount(system.cpus), memoryText(system.memoryBytes)].filter(Boolean).join(', '),
    ],
  ];
  if (system.hardware !== null) facts.push(['Hardware', system.hardware]);
  if (system.nodename !== null) facts.push(['Host', system.nodename]);
  facts.push(['Taint', system.tainted === null ? UNKNOWN : taintText(system.tainted)]);
  if (system.loadAverage) facts.push(['Load', system.loadAverage.join(', ')]);
  const use = Object.entries(memory).map(([name, kib]) => `${name} ${formatSize(kib * 1024)}`);
  if (use.length > 0) facts.push(['Memory', use.join(', ')]);
  const states = Object.entries(tasks.states).map(([state, n]) => `${n} ${state}`);
  facts.push(['Tasks', `${tasks.total ?? UNKNOWN}${states.length > 0 ? `: ${states.join(', ')}` : ''}`]);
  const tainting = modules.tainting.map((m) => `${m.name} (${m.taints})${m.version === null ? '' : ` ${m.version}`}`);
  facts.push([
    'Modules',
    `${modules.total ?? UNKNOWN}${tainting.length > 0 ? `; tainting: ${tainting.join(', ')}` : ''}`,
  ]);
  if (system.commandLine !== null) facts.push(['Booted', system.commandLine]);
  return facts;
}

function cpuCount(n: number | null): string {
  return n === null ? '' : `${n} CPU${n === 1 ? '' : 's'}`;
}

function memoryText(bytes: number | null): string {
  return bytes === null ? '' : formatSize(bytes);
}

/** Documentation/admin-guide/tainted-kernels.rst */
const TAINTS: Readonly<Record<string, string>> = {
  P: 'proprietary module',
  F: 'module force-loaded',
  S: 'out of specification',
  R: 'module force-unloaded',
  M: 'machine check',
  B: 'bad page',
  U: 'asked for by user',
  D: 'died before',
  A: 'ACPI table overridden',
  W: 'warned before',
  C: 'staging driver',
  I: 'firmware bug worked around',
  O: 'out-of-tree module',
  E: 'unsigned module',
  L: 'soft lockup before',
  K: 'live-patched',
  X: 'auxiliary',
  T: 'randomised structures',
  N: 'in-kernel test',
  J: 'fwctl',
};

function taintText(letters: string): string {
  if (letters === '') return 'none';
  return `${letters} (${[...letters].map((l) => TAINTS[l] ?? l).join(', ')})`;
}

function* blockedBlocks({ tasks }: CrashReport): Iterable<Block> {
  if (tasks.blocked.length === 0) return;
  const total = tasks.states.UN ?? tasks.blocked.length;
  const more = total > tasks.blocked.length ? ` (${tasks.blocked.length} of ${total})` : '';
  yield { kind: 'heading', text: `Tasks in uninterruptible sleep${more}` };
  yield { kind: 'lines', lines: tasks.blocked.map(taskText) };
}

function* gapBlocks({ missing, problems }: CrashReport): Iterable<Block> {
  const items = [
    ...missing.map((m) => `${m.what}: ${m.why}${m.remedy === null ? '' : `; ${m.remedy}`}`),
    ...(problems ?? []).map((p) => `${p.what}: ${p.why}`),
  ];
  if (items.length === 0) return;
  yield { kind: 'heading', text: 'Missing' };
  yield { kind: 'list', items };
}
