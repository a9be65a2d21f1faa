import type { Phrase } from '../base/phrase.ts';
import { type ExaminedObjectData, examinedObjectsSchema } from './examined-object-data.ts';
import { type FaultData, faultSchema } from './fault-data.ts';
import { findingsSchema, phraseSchema, type RankedFinding } from './finding-data.ts';
import { type LogTimeline, logTimelineSchema } from './log-timeline.ts';
import { type MemoryJudgement, memoryJudgementSchema } from './memory-judgement-schema.ts';
import { type NextStep, nextStepsSchema } from './next-step.ts';
import { type PageCacheData, pageCacheSchema } from './page-cache-data.ts';
import { type ProblemData, problemsSchema } from './problems.ts';
import { type CutData, cutSchema } from './report-draft.ts';
import {
  arrayOf,
  boolean,
  hexString,
  integer,
  nullable,
  number,
  object,
  oneOf,
  optional,
  record,
  type Schema,
  secret,
  string,
} from './schema.ts';
import { type SourceLines, sourceLinesSchema } from './source-text.ts';
import { type TaskStack, taskStackSchema } from './stack-data.ts';
import { type StorageData, storageSchema } from './storage-schema.ts';
import type { WaitGraphData } from './wait-graph-data.ts';
import { waitGraphSchema } from './wait-graph-schema.ts';

interface ReportLogLine {
  readonly timestampNs: string;
  readonly level: number;
  readonly text: string;
}

export interface ReportTask {
  readonly pid: number;
  readonly comm: string;
  readonly task: string;
  readonly cpu: number;
  readonly state: string;
  /** Innermost functions, innermost first. */
  readonly functions: readonly string[];
}

/** Machine code around the instruction at which it died. */
export interface CrashCode {
  /** Where the bytes are from: the memory of the dump, or the `Code:` line of the log. */
  readonly from: 'memory' | 'log';
  readonly instructions: readonly {
    readonly address: string;
    /** `symbol+0x12`; null where no symbol is. */
    readonly place: string | null;
    readonly bytes: string;
    readonly text: string;
    /** The one that trapped. */
    readonly trap: boolean;
  }[];
}

/** What the dump does not tell. */
export interface MissingPart {
  readonly what: string;
  readonly why: string;
  readonly remedy: string | null;
  /** The same in every language; what is absent is the program's own message. */
  readonly phrases?: { readonly what?: Phrase; readonly why?: Phrase; readonly remedy?: Phrase };
}

/** What the report of one dump says. Equal for equal memory, whatever the file is like. */
export interface CrashReport {
  readonly schema: 1;
  readonly crash: {
    readonly kind: string | null;
    /** Class and culprit, by the stack in memory; null when the log holds no report. */
    readonly title: string | null;
    /** The same for the same crash, in a dump or in text. */
    readonly signature: string | null;
    /** What the trace of the log and the stack in memory do not share. */
    readonly disagreement?: { readonly onlyInLog: readonly string[]; readonly onlyInMemory: readonly string[] };
    readonly message: string | null;
    readonly panic: string | null;
    readonly function: string | null;
    readonly offset: number | null;
    readonly size: number | null;
    readonly module: string | null;
    readonly pc: string | null;
    readonly context: 'process' | 'softirq' | 'hardirq' | 'nmi' | 'unknown';
    readonly contextText: string;
    readonly contextPhrase?: Phrase;
    readonly preemptCount: string | null;
    /** Place in the source, inlined calls included; only with debug information. */
    readonly file?: string;
    readonly line?: number;
    readonly source?: SourceLines;
    /** Why file and line may be wrong. */
    readonly doubt?: string;
    /** Only where a CPU was interrupted. */
    readonly code?: CrashCode;
  };
  /** Why it died, most telling first. */
  readonly findings: readonly RankedFinding[];
  readonly nextSteps?: readonly NextStep[];
  /** Why the CPU trapped, where it did and that can be told. */
  readonly fault?: FaultData;
  /** What the dying code worked with. */
  readonly objects: readonly ExaminedObjectData[];
  readonly system: {
    readonly release: string | null;
    readonly version: string | null;
    readonly machine: string | null;
    readonly nodename: string | null;
    readonly hardware: string | null;
    readonly cpus: number | null;
    readonly memoryBytes: number | null;
    readonly dateSeconds: number | null;
    readonly uptimeSeconds: number | null;
    readonly loadAverage: readonly string[] | null;
    readonly tainted: string | null;
    readonly commandLine: string | null;
  };
  readonly stack: TaskStack | null;
  readonly log: {
    readonly records: readonly ReportLogLine[];
    /** How many records the log holds before and after the excerpt. */
    readonly before: number;
    readonly after: number;
    readonly timeline?: LogTimeline;
  };
  readonly cpus: readonly ReportTask[];
  readonly memory: Readonly<Record<string, number>>;
  readonly memoryJudgement: MemoryJudgement;
  readonly pageCache: PageCacheData;
  readonly storage: StorageData;
  readonly tasks: {
    readonly total: number | null;
    readonly states: Readonly<Record<string, number>>;
    readonly blocked: readonly ReportTask[];
  };
  /** Who waits for whom. */
  readonly waits: WaitGraphData;
  readonly modules: {
    readonly total: number | null;
    readonly tainting: readonly { readonly name: string; readonly taints: string; readonly version: string | null }[];
  };
  readonly missing: readonly MissingPart[];
  readonly problems?: readonly ProblemData[];
  /** Only in a report that was stopped before it was whole. */
  readonly cut?: CutData;
}

const task: Schema = object('A task and where it is.', {
  pid: integer('Process id.'),
  comm: string('Command name.'),
  task: hexString('Address of `struct task_struct`.'),
  cpu: integer('CPU it runs or last ran on.'),
  state: string('State in the letters of crash.'),
  functions: arrayOf('Its innermost functions.', string('`function+offset/size [module]`.')),
});

export const crashReportSchema: Schema = object('The report of one crash.', {
  schema: integer('Version of this shape.'),
  crash: object('What died, and where.', {
    kind: nullable(string('What kind of death, in words; null when the log does not tell.')),
    title: nullable(string('Class and culprit, by the stack in memory: `KASAN: use-after-free Read in f`.')),
    signature: nullable(string('16 hex digits, the same for the same crash, in a dump or in text.')),
    disagreement: optional(
      object('What the call trace of the log and the stack in memory do not share.', {
        onlyInLog: arrayOf('Functions that only the log has.', string('Name.')),
        onlyInMemory: arrayOf('Functions that only the memory has.', string('Name.')),
      }),
    ),
    message: nullable(string('First line of the report of the kernel itself.')),
    panic: nullable(string('The line with which the kernel stopped.')),
    function: nullable(string('Function in which it died.')),
    offset: nullable(integer('Bytes from the start of it.')),
    size: nullable(integer('Bytes of it.')),
    module: nullable(string('Module; null for the kernel itself.')),
    pc: nullable(hexString('Address.')),
    context: oneOf('What the CPU was doing.', ['process', 'softirq', 'hardirq', 'nmi', 'unknown']),
    contextText: string('The same in words, with the task and CPU.'),
    contextPhrase: optional(phraseSchema('The same in every language.')),
    preemptCount: nullable(hexString('The preempt count of that CPU.')),
    file: optional(secret('path', string('Source file, with debug information.'))),
    line: optional(integer('Line in it.')),
    source: optional(sourceLinesSchema),
    doubt: optional(string('Why file and line may be wrong: they come from a file of another build.')),
    code: optional(
      object('Machine code around the instruction at which it died.', {
        from: oneOf('Where the bytes are from.', ['memory', 'log']),
        instructions: arrayOf(
          'Ascending by address.',
          object('An instruction.', {
            address: hexString('Where it is.'),
            place: nullable(string('`symbol+0x12`; null where no symbol is.')),
            bytes: string('Machine code, two digits a byte.'),
            text: string('Name and operands with symbols.'),
            trap: boolean('Whether it is the one that trapped.'),
          }),
        ),
      }),
    ),
  }),
  findings: findingsSchema,
  nextSteps: optional(nextStepsSchema),
  fault: optional(faultSchema),
  objects: examinedObjectsSchema,
  system: object('The machine.', {
    release: nullable(string('Kernel release.')),
    version: nullable(string('Kernel version.')),
    machine: nullable(string('As `uname -m`.')),
    nodename: nullable(secret('host', string('Host name.'))),
    hardware: nullable(string('Vendor, product and BIOS.')),
    cpus: nullable(integer('CPUs present.')),
    memoryBytes: nullable(integer('Memory.')),
    dateSeconds: nullable(number('Time of the crash in seconds since the epoch.')),
    uptimeSeconds: nullable(number('Seconds since boot.')),
    loadAverage: nullable(arrayOf('Over 1, 5 and 15 minutes.', string('Two decimals.'))),
    tainted: nullable(string('Taint letters, empty when not tainted.')),
    commandLine: nullable(secret('kernel-command-line', string('Kernel command line.'))),
  }),
  stack: { ...taskStackSchema, type: ['object', 'null'] },
  log: object('The log around the first fatal report.', {
    records: arrayOf(
      'Records.',
      object('A record.', {
        timestampNs: hexString('Nanoseconds since boot.'),
        level: integer('0 emergency to 7 debug.'),
        text: string('The message.'),
      }),
    ),
    before: integer('Records before the excerpt.'),
    after: integer('Records after the excerpt.'),
    timeline: optional(logTimelineSchema),
  }),
  cpus: arrayOf('What the other CPUs were doing.', task),
  memory: record('Memory use in KiB, named as in /proc/meminfo.', integer('KiB.')),
  memoryJudgement: memoryJudgementSchema,
  pageCache: pageCacheSchema,
  storage: storageSchema,
  tasks: object('Tasks in brief.', {
    total: nullable(integer('How many, threads and idle tasks included; null when none could be read.')),
    states: record('Number of tasks by state.', integer('Tasks.')),
    blocked: arrayOf('Tasks in uninterruptible sleep.', task),
  }),
  waits: waitGraphSchema,
  modules: object('Modules in brief.', {
    total: nullable(integer('How many are loaded; null when they could not be read.')),
    tainting: arrayOf(
      'Those that taint the kernel.',
      object('A module.', {
        name: string('Name.'),
        taints: string('Taint letters.'),
        version: nullable(string('MODULE_VERSION.')),
      }),
    ),
  }),
  missing: arrayOf(
    'What the dump does not tell and what would add it.',
    object('A gap.', {
      what: string('What is missing.'),
      why: string('Why.'),
      remedy: nullable(string('What would add it.')),
      phrases: optional(
        object('The same in every language; what is absent is a message of the program.', {
          what: optional(phraseSchema('What is missing.')),
          why: optional(phraseSchema('Why.')),
          remedy: optional(phraseSchema('What would add it.')),
        }),
      ),
    }),
  ),
  problems: { optional: problemsSchema },
  cut: optional(cutSchema),
});
