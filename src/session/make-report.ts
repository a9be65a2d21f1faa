import { diagnose } from '../diagnosis/diagnose.ts';
import { examinedObjectsData } from '../diagnosis/examined-objects-data.ts';
import { nextSteps } from '../diagnosis/next-steps/next-steps.ts';
import { stepFacts } from '../diagnosis/next-steps/step-facts.ts';
import { openCase } from '../diagnosis/open-case.ts';
import { faultData } from '../fault/chain-data.ts';
import { memoryInfo } from '../kernel/meminfo.ts';
import { modules } from '../kernel/module.ts';
import { logRecords } from '../kernel/printk.ts';
import { type SystemFacts, systemFacts } from '../kernel/system.ts';
import { taskTable } from '../kernel/task.ts';
import { waitGraph } from '../kernel/wait-graph.ts';
import type { Problem } from '../program/ports.ts';
import type { Program } from '../program/program.ts';
import type { CrashReport } from '../report/crash-report.ts';
import { memoryJudgement } from '../report/memory-judgement-data.ts';
import { reportPageCache } from '../report/page-cache-data.ts';
import { problemsOf } from '../report/problems.ts';
import { emptyReport, REPORT_PARTS, type ReportDraft, type ReportPart } from '../report/report-draft.ts';
import type { SourceFinder } from '../report/source-text.ts';
import { stackOf } from '../report/stack-of.ts';
import { storageData } from '../report/storage-data.ts';
import type { StackDataOptions } from '../report/task-stack.ts';
import { waitGraphData } from '../report/wait-graph-data.ts';
import { rules } from '../rules/index.ts';
import { missingParts } from './missing-parts.ts';
import { crashPart, crashSource, loggedCrash } from './report-crash.ts';
import { logPart } from './report-log.ts';
import { memoryPart, systemPart } from './report-system.ts';
import { countOf, otherCpus, tasksPart } from './report-tasks.ts';

const MAX_WAITS = 24;

/** What a host adds to a report. */
export interface ReportOptions {
  /** The program has debug information that was named for it: the stack gets files, lines and inlined calls. */
  readonly lines?: boolean;
  /** With lines: arguments and local variables of every frame too. */
  readonly locals?: boolean;
  /** Source text; shown around the place of the crash. */
  readonly source?: SourceFinder;
  /** Told of every step: what is left when the making is stopped. */
  readonly onDraft?: (draft: ReportDraft) => void;
}

/** The report of one crash. Nothing that is broken keeps it from being made: each part may be missing. */
export function makeReport(prog: Program, options: ReportOptions = {}): CrashReport {
  return new ReportMaker(prog, options).make();
}

/** Makes the parts one after the other, so that what is made is there when a later one is stopped. */
class ReportMaker {
  readonly #prog: Program;
  readonly #options: ReportOptions;
  readonly #pending = new Set<ReportPart>(REPORT_PARTS);
  readonly #problems: Partial<Record<(typeof TOLD)[number], readonly Problem[]>> = {};
  readonly #facts: SystemFacts;
  #report: CrashReport;

  constructor(prog: Program, options: ReportOptions) {
    this.#prog = prog;
    this.#options = options;
    this.#report = emptyReport(prog.pageSize);
    this.#facts = systemFacts(prog);
  }

  make(): CrashReport {
    this.#machineAndLog();
    this.#death();
    this.#diagnosis();
    this.#tasks();
    this.#memory();
    const whole = this.#withGaps();
    const steps = nextSteps(stepFacts(this.#prog, whole));
    return steps.length === 0 ? whole : { ...whole, nextSteps: steps };
  }

  #machineAndLog(): void {
    this.#problems.system = this.#facts.problems;
    this.#done(['system'], { system: systemPart(this.#facts) });
    const of = openCase(this.#prog);
    this.#problems.log = logRecords(this.#prog).problems;
    const crash = { ...this.#report.crash, ...loggedCrash(of) };
    this.#done(['log'], { log: logPart(of.log, of.fatal?.index), crash });
  }

  #death(): void {
    const of = openCase(this.#prog);
    const { crashed, stack, place } = of;
    const crash = crashPart(of);
    this.#done(this.#options.lines ? [] : ['crash', 'stack'], { crash, stack: stack ?? null });
    if (!this.#options.lines) return;
    const shown = crashed && of.unwound ? stackOf(this.#prog, crashed, linesOf(this.#options)) : stack;
    const source = place && shown && crashSource(shown, place, this.#options.source);
    this.#done(['crash', 'stack'], { crash: { ...crash, ...source }, stack: shown ?? null });
  }

  #diagnosis(): void {
    const of = openCase(this.#prog);
    this.#done(['fault'], of.chain && { fault: faultData(of.chain) });
    const { findings, problems } = diagnose(of, rules, (found) => this.#done([], { findings: found }));
    this.#problems.diagnosis = problems;
    this.#done(['findings'], { findings });
    this.#done(['objects'], { objects: examinedObjectsData(of) });
  }

  #tasks(): void {
    const { panic, crashed } = openCase(this.#prog);
    this.#problems.tasks = taskTable(this.#prog).problems;
    this.#done(['tasks'], { tasks: tasksPart(this.#prog) });
    this.#done(['cpus'], { cpus: otherCpus(this.#prog, panic, crashed) });
    const mods = modules(this.#prog);
    const tainting = mods.modules
      .filter((m) => m.taints !== '')
      .map((m) => ({ name: m.name, taints: m.taints, version: m.version ?? null }));
    this.#problems.modules = mods.problems;
    this.#done(['modules'], { modules: { total: countOf(mods.modules, mods.problems), tainting } });
    const graph = waitGraph(this.#prog);
    this.#problems.waits = graph.problems;
    this.#done(['waits'], { waits: waitGraphData(this.#prog, graph, { limit: MAX_WAITS }) });
  }

  /** Memory, files in memory, and storage. */
  #memory(): void {
    const memory = memoryInfo(this.#prog);
    this.#problems.memory = memory.problems;
    this.#done(['memory'], { memory: memoryPart(memory) });
    const { problems: own, ...judgement } = memoryJudgement(this.#prog);
    this.#done(['memoryJudgement'], { memoryJudgement: { ...judgement, ...problemsOf(own) } });
    const files = reportPageCache(this.#prog);
    const problems = problemsOf(own, files.problems);
    this.#done(['pageCache'], { memoryJudgement: { ...judgement, ...problems }, pageCache: files.data });
    this.#done(['storage'], { storage: storageData(this.#prog) });
  }

  /** @param parts those that are whole now */
  #done(parts: readonly ReportPart[], members: Partial<CrashReport> | undefined): void {
    for (const part of parts) this.#pending.delete(part);
    this.#report = { ...this.#report, ...members };
    this.#options.onDraft?.({ report: this.#withGaps(), pending: [...this.#pending] });
  }

  #withGaps(): CrashReport {
    const problems = problemsOf(...TOLD.map((name) => this.#problems[name]));
    const stack = this.#report.stack ?? undefined;
    const missing = missingParts(this.#prog, this.#facts, stack, problems.problems ?? []);
    return { ...this.#report, missing, ...problems };
  }
}

/** Whose problems are told, in this order. */
const TOLD = ['system', 'log', 'tasks', 'modules', 'memory', 'waits', 'diagnosis'] as const;

/** A stack for a page that opens: everything of each frame that is known. */
function linesOf({ locals, source }: ReportOptions): StackDataOptions {
  return locals === true ? { lines: true, locals, source } : { lines: true };
}
