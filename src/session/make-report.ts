import { attempt } from '../base/attempt.ts';
import { hex64 } from '../base/hex.ts';
import { crashContext } from '../diagnosis/crash-context.ts';
import type { CrashSite } from '../diagnosis/crash-site.ts';
import { diagnose } from '../diagnosis/diagnose.ts';
import { examinedObjectsData } from '../diagnosis/examined-objects-data.ts';
import { nextSteps } from '../diagnosis/next-steps/next-steps.ts';
import { stepFacts } from '../diagnosis/next-steps/step-facts.ts';
import { openCase } from '../diagnosis/open-case.ts';
import { toldCrash } from '../diagnosis/told-crash.ts';
import { faultData } from '../fault/chain-data.ts';
import { memoryInfo } from '../kernel/meminfo.ts';
import { modules } from '../kernel/module.ts';
import type { PanicFacts } from '../kernel/panic.ts';
import { presentCpus } from '../kernel/percpu.ts';
import { logRecords } from '../kernel/printk.ts';
import { currentTask } from '../kernel/sched.ts';
import { type SystemFacts, systemFacts } from '../kernel/system.ts';
import { findTask, type TaskRecord, taskTable } from '../kernel/task.ts';
import { waitGraph } from '../kernel/wait-graph.ts';
import type { Program } from '../program/program.ts';
import type { CrashReport, ReportTask } from '../report/crash-report.ts';
import { logTimeline } from '../report/log-timeline.ts';
import { problemsOf } from '../report/problems.ts';
import { type SourceFinder, sourceLines } from '../report/source-text.ts';
import type { FrameData, TaskStack } from '../report/stack-data.ts';
import { stackOf } from '../report/stack-of.ts';
import type { StackDataOptions } from '../report/task-stack.ts';
import { waitGraphData } from '../report/wait-graph-data.ts';
import { rules } from '../rules/index.ts';
import { crashCode } from './crash-code.ts';
import { memoryParts } from './memory-parts.ts';
import { missingParts } from './missing-parts.ts';

/** Records of the log before the first fatal one, and from it on, that the report shows. */
const BEFORE = 3;
const FROM = 60;
const MAX_BLOCKED = 8;
const MAX_CPUS = 8;
const MAX_WAITS = 24;
/** Innermost functions of a task that is only mentioned. */
const BRIEF = 4;

/** What a host adds to a report. */
export interface ReportOptions {
  /** The program has debug information that was named for it: the stack gets files, lines and inlined calls. */
  readonly lines?: boolean;
  /** With lines: arguments and local variables of every frame too. */
  readonly locals?: boolean;
  /** Source text; shown around the place of the crash. */
  readonly source?: SourceFinder;
}

/** The report of one crash. Nothing that is broken keeps it from being made: each part may be missing. */
export function makeReport(prog: Program, options: ReportOptions = {}): CrashReport {
  const facts = systemFacts(prog);
  const of = openCase(prog);
  const { panic, fatal, crashed, stack, place: site } = of;
  const log = logRecords(prog);
  const table = taskTable(prog);
  const mods = modules(prog);
  const memory = memoryInfo(prog);
  const shown = crashed && of.unwound && options.lines ? stackOf(prog, crashed, linesOf(options)) : stack;
  const code = crashCode(prog, site && stack?.frames[site.index], logFrom(log.records, fatal?.index));
  const diagnosis = diagnose(of, rules);
  const told = toldCrash(fatal?.dying, of.unwound && stack, site);
  const problems = problemsOf(
    facts.problems,
    log.problems,
    table.problems,
    mods.problems,
    memory.problems,
    waitGraph(prog).problems,
    diagnosis.problems,
  );
  const report: CrashReport = {
    schema: 1,
    crash: {
      kind: fatal?.kind ?? null,
      title: told?.title ?? null,
      signature: told?.signature ?? null,
      ...(told?.disagreement && { disagreement: told.disagreement }),
      message: (fatal && log.records[fatal.index]?.text.split('\n')[0]) ?? null,
      ...crashPlace(stack, site, panic),
      ...(code && { code }),
      ...(site && shown && options.lines && crashSource(shown, site, options.source)),
      ...crashContext(crashed ?? loggedTask(stack), panic.cpu, stack, site, of.preemptCount),
    },
    findings: diagnosis.findings,
    ...(of.chain && { fault: faultData(of.chain) }),
    objects: examinedObjectsData(of),
    system: systemOf(facts),
    stack: shown ?? null,
    log: excerpt(log.records, fatal?.index),
    cpus: otherCpus(prog, panic, crashed),
    memory: memoryOf(memory),
    ...memoryParts(prog),
    tasks: {
      total: countOf(table.tasks, table.problems),
      states: countStates(table.tasks),
      blocked: blocked(prog, table.tasks),
    },
    waits: waitGraphData(prog, waitGraph(prog), { limit: MAX_WAITS }),
    modules: {
      total: countOf(mods.modules, mods.problems),
      tainting: mods.modules
        .filter((m) => m.taints !== '')
        .map((m) => ({ name: m.name, taints: m.taints, version: m.version ?? null })),
    },
    missing: missingParts(prog, facts, shown, problems.problems ?? []),
    ...problems,
  };
  const steps = nextSteps(stepFacts(prog, report));
  return steps.length === 0 ? report : { ...report, nextSteps: steps };
}

/** A stack for a page that opens: everything of each frame that is known. */
function linesOf({ locals, source }: ReportOptions): StackDataOptions {
  return locals === true ? { lines: true, locals, source } : { lines: true };
}

/** Who died by the log, where memory does not tell. */
function loggedTask(stack: TaskStack | undefined): Pick<TaskRecord, 'comm' | 'pid' | 'cpu' | 'idle'> | undefined {
  return stack && { comm: stack.comm, pid: stack.pid, cpu: stack.cpu, idle: stack.pid === 0 };
}

function crashPlace(
  stack: TaskStack | undefined,
  site: CrashSite | undefined,
  panic: PanicFacts,
): Pick<CrashReport['crash'], 'panic' | 'function' | 'offset' | 'size' | 'module' | 'pc'> {
  const frame: FrameData | undefined = site && stack?.frames[site.index];
  return {
    panic: panic.message ?? null,
    function: frame?.symbol ?? null,
    offset: frame?.offset ?? null,
    size: frame?.size ?? null,
    module: frame?.module ?? null,
    pc: frame?.pc ?? null,
  };
}

/** Lines of source around the crash. */
const SOURCE_BEFORE = 4;
const SOURCE_AFTER = 3;

/** The innermost place in the source of the frame in which it died. @param stack with inlined calls */
function crashSource(
  stack: TaskStack,
  site: CrashSite,
  finder: SourceFinder | undefined,
): Partial<CrashReport['crash']> {
  let real = -1;
  let first = 0;
  for (const [i, frame] of stack.frames.entries()) {
    if (frame.inlined) continue;
    if (++real === site.index) break;
    first = i + 1;
  }
  const place = stack.frames.slice(first).find((f) => f.file !== null || !f.inlined);
  if (!place || place.file === null || place.line === null) return {};
  const text = finder?.find(place.file);
  return {
    file: place.file,
    line: place.line,
    ...(place.doubt !== undefined && { doubt: place.doubt }),
    ...(text && {
      source: sourceLines(text, { line: place.line, function: place.symbol }, SOURCE_BEFORE, SOURCE_AFTER),
    }),
  };
}

function systemOf(facts: SystemFacts): CrashReport['system'] {
  return {
    release: facts.release ?? null,
    version: facts.version ?? null,
    machine: facts.machine ?? null,
    nodename: facts.nodename ?? null,
    hardware: facts.hostHardware ?? null,
    cpus: facts.cpusPresent ?? null,
    memoryBytes: facts.memoryBytes ?? null,
    dateSeconds: facts.date ?? null,
    uptimeSeconds: facts.uptimeSeconds ?? null,
    loadAverage: facts.loadAverage ?? null,
    tainted: facts.tainted?.letters ?? null,
    commandLine: facts.commandLine ?? null,
  };
}

type Records = ReturnType<typeof logRecords>['records'];

/** Lines from the first fatal record on, as far as the report shows them. */
function logFrom(records: Records, fatal: number | undefined): string[] {
  return fatal === undefined ? [] : records.slice(fatal, fatal + FROM).flatMap((r) => r.text.split('\n'));
}

/** Around the first fatal record; the end of the log when there is none. */
function excerpt(records: Records, fatal: number | undefined): CrashReport['log'] {
  const start = Math.max(0, fatal === undefined ? records.length - FROM : fatal - BEFORE);
  const end = Math.min(records.length, fatal === undefined ? records.length : fatal + FROM);
  const timeline = logTimeline(records, fatal);
  return {
    records: records
      .slice(start, end)
      .map((r) => ({ timestampNs: hex64(r.timestampNs), level: r.level, text: r.text })),
    before: start,
    after: records.length - end,
    ...(timeline && { timeline }),
  };
}

/** The busy ones first: there may be hundreds. */
function otherCpus(prog: Program, panic: PanicFacts, crashed: TaskRecord | undefined): ReportTask[] {
  const found: TaskRecord[] = [];
  for (const cpu of attempt(() => presentCpus(prog)) ?? []) {
    if (cpu === (panic.cpu ?? crashed?.cpu)) continue;
    const address = attempt(() => currentTask(prog, cpu));
    const task = address === undefined ? undefined : findTask(prog, address);
    if (task) found.push({ ...task, cpu });
  }
  const busyFirst = [...found.filter((t) => !t.idle), ...found.filter((t) => t.idle)];
  return busyFirst.slice(0, MAX_CPUS).map((t) => brief(prog, t));
}

function blocked(prog: Program, tasks: readonly TaskRecord[]): ReportTask[] {
  return tasks
    .filter((t) => t.state === 'UN')
    .slice(0, MAX_BLOCKED)
    .map((t) => brief(prog, t));
}

/** How a sleeping task went to sleep says nothing: every one of them did it that way. */
const SLEEPING =
  /^(?:__schedule|schedule|__switch_to(?:_asm)?|schedule_timeout|io_schedule|schedule_preempt_disabled)$/;

function brief(prog: Program, task: TaskRecord): ReportTask {
  const frames = stackOf(prog, task).frames.filter((f) => f.symbol !== null && !SLEEPING.test(f.symbol));
  return {
    pid: task.pid,
    comm: task.comm,
    task: hex64(task.address),
    cpu: task.cpu,
    state: task.state,
    functions: frames.slice(0, BRIEF).map((f) => `${f.symbol}${f.module === null ? '' : ` [${f.module}]`}`),
  };
}

/** No entries and a reason for it: how many there are is not known. */
function countOf(found: readonly unknown[], problems: readonly unknown[]): number | null {
  return found.length === 0 && problems.length > 0 ? null : found.length;
}

function countStates(tasks: readonly TaskRecord[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const state of tasks.map((t) => t.state).sort()) counts[state] = (counts[state] ?? 0) + 1;
  return counts;
}

/** What of /proc/meminfo a first look needs. */
function memoryOf(memory: ReturnType<typeof memoryInfo>): Record<string, number> {
  const shown = {
    MemTotal: memory.totalKiB,
    MemFree: memory.freeKiB,
    MemAvailable: memory.availableKiB,
    Cached: memory.cachedKiB,
    Slab: memory.slabKiB,
    AnonPages: memory.anonPagesKiB,
    SwapTotal: memory.swapTotalKiB,
    SwapFree: memory.swapFreeKiB,
  };
  const known: Record<string, number> = {};
  for (const [name, value] of Object.entries(shown)) if (value !== undefined) known[name] = value;
  return known;
}
