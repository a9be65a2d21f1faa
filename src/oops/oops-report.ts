import type { CallTrace } from './call-trace.ts';
import type { CodeBytes } from './code-bytes.ts';
import type { TraceContextFacts } from './crash-context.ts';
import type { FaultFacts } from './fault-facts.ts';
import type { HeldLock } from './lock-list.ts';
import type { LinkedModule } from './module-list.ts';
import type { OomFacts } from './oom-facts.ts';
import type { ReportKind } from './report-kind.ts';
import type { TaintFlags } from './taint-letters.ts';
import type { PrintedFrame } from './trace-frame.ts';

/** Who ran when the report was made: the kernel's `CPU: 2 PID: 67 Comm: kswapd0` line (dump_stack_print_info, lib/dump_stack.c). */
export interface Reporter {
  readonly cpu?: number;
  readonly pid?: number;
  readonly uid?: number;
  readonly comm?: string;
  readonly taint?: TaintFlags;
  readonly release?: string;
  /** Rest of the version: build number and preemption model. */
  readonly version?: string;
  readonly hardware?: string;
  readonly workqueue?: string;
}

/** One report that the kernel printed, parsed. Text is as it was in the log: escape it where it is shown. */
export interface OopsReport {
  readonly kind: ReportKind;
  /** `KASAN: use-after-free Read in ip6_xmit`: class and culprit. */
  readonly title: string;
  /** Other titles that would be right as well. */
  readonly altTitles: readonly string[];
  /** Class of bug in the names of syzkaller's reports (`HANG`, `KASAN-READ`); empty: other. */
  readonly type: string;
  /** The culprit: first function that is not machinery. Empty when the kind has none, `corrupted` when it should have one. */
  readonly frame: string;
  /** Why the title cannot be trusted, or false. */
  readonly corrupted: false | string;
  /** An event that is no bug: an OOM kill, a crash that was asked for. */
  readonly suppressed: boolean;
  /** The kernel stopped with it. */
  readonly panicked: boolean;
  /** How bad it is: `fatal` killed a task or the kernel, `stuck` a hang, `warning` the kernel went on, `note` no bug. */
  readonly severity: Severity;
  /** 16 hex digits, the same for the same crash; see signature.ts. */
  readonly signature: string;
  /** First line of the report that names it. */
  readonly message: string;
  readonly firstLine: number;
  readonly lastLine: number;
  readonly seconds?: number;
  readonly caller?: string;
  readonly reporter: Reporter;
  /** `fs/dcache.c:338` of a WARNING or BUG. */
  readonly source?: { readonly file: string; readonly line: number };
  /** Text of the line with which the kernel stopped. */
  readonly panic?: string;
  readonly registers: Readonly<Record<string, string>>;
  readonly fault?: FaultFacts;
  readonly code?: CodeBytes;
  readonly traces: readonly CallTrace[];
  /** Index in `traces` of the first call trace: the one that the report is about. */
  readonly mainTrace?: number;
  /** Where the registers say that the CPU was, before any trace. */
  readonly place?: PrintedFrame;
  /** What the CPU was doing, by the main trace. */
  readonly context?: TraceContextFacts;
  readonly modules: readonly LinkedModule[];
  readonly locks: readonly HeldLock[];
  readonly oom?: OomFacts;
  /** The report's own lines, cut to a bounded number and length. */
  readonly lines: readonly string[];
}

export type Severity = 'fatal' | 'stuck' | 'warning' | 'note';
