import type { CallTrace, TraceFrame } from '../oops/call-trace.ts';
import type { ReportGroup } from '../oops/log-verdict.ts';
import type { OopsReport } from '../oops/oops-report.ts';
import type { PrintedFrame } from '../oops/trace-frame.ts';
import {
  arrayOf,
  boolean,
  integer,
  nullable,
  number,
  object,
  oneOf,
  optional,
  record,
  type Schema,
  string,
} from './schema.ts';

/** A frame with what debug information adds to it. */
export interface LoggedFrame extends Omit<TraceFrame, 'caller'> {
  /** File and line, inlined callers first: `mm/slab.h:229 in f < mm/slub.c:2966`. */
  readonly source?: string;
}

export interface LoggedTrace extends Omit<CallTrace, 'frames'> {
  readonly frames: readonly LoggedFrame[];
}

/** One report of the kernel, or several equal ones, as JSON. */
export interface LoggedReportData
  extends Pick<
    OopsReport,
    | 'altTitles'
    | 'code'
    | 'context'
    | 'fault'
    | 'firstLine'
    | 'frame'
    | 'kind'
    | 'lastLine'
    | 'locks'
    | 'message'
    | 'modules'
    | 'oom'
    | 'panicked'
    | 'place'
    | 'registers'
    | 'reporter'
    | 'severity'
    | 'signature'
    | 'source'
    | 'suppressed'
    | 'title'
    | 'type'
  > {
  readonly corrupted: boolean;
  readonly corruptedReason: string | null;
  readonly panic: string | null;
  readonly seconds: number | null;
  readonly traces: readonly LoggedTrace[];
  /** Index in `traces` of the one that the culprit comes from. */
  readonly mainTrace: number | null;
  readonly count: number;
  readonly lastSeconds: number | null;
  readonly cpus: readonly number[];
  readonly tasks: readonly { readonly pid: number; readonly comm: string }[];
}

/** What debug information adds to a frame; undefined: nothing. */
export type SourceOfFrame = (frame: PrintedFrame) => string | undefined;

export function loggedReport(group: ReportGroup, source: SourceOfFrame = () => undefined): LoggedReportData {
  const { first } = group;
  return {
    title: first.title,
    altTitles: first.altTitles,
    type: first.type,
    frame: first.frame,
    corrupted: first.corrupted !== false,
    corruptedReason: first.corrupted === false ? null : first.corrupted,
    suppressed: first.suppressed,
    panicked: first.panicked,
    severity: first.severity,
    signature: first.signature,
    kind: first.kind,
    message: first.message,
    panic: first.panic ?? null,
    seconds: first.seconds ?? null,
    firstLine: first.firstLine,
    lastLine: first.lastLine,
    count: group.count,
    lastSeconds: group.lastSeconds ?? null,
    cpus: group.cpus,
    tasks: group.tasks,
    reporter: first.reporter,
    ...(first.source && { source: first.source }),
    ...(first.place && { place: withSource(first.place, source) }),
    ...(first.context && { context: first.context }),
    ...(first.fault && { fault: first.fault }),
    registers: first.registers,
    ...(first.code && { code: first.code }),
    traces: first.traces.map((trace) => ({ ...trace, frames: trace.frames.map((frame) => withSource(frame, source)) })),
    mainTrace: first.mainTrace ?? null,
    modules: first.modules,
    locks: first.locks,
    ...(first.oom && { oom: first.oom }),
  };
}

function withSource<F extends PrintedFrame>(frame: F, source: SourceOfFrame): Omit<F, 'caller'> & { source?: string } {
  const { caller: _, ...own } = frame;
  const text = source(frame);
  return text === undefined ? own : { ...own, source: text };
}

const printed = {
  function: string('Function, as printed.'),
  offset: optional(integer('Bytes from its start.')),
  size: optional(integer('Its bytes.')),
  module: optional(string('Module; absent for the kernel itself.')),
  buildId: optional(string('Build-id of the module.')),
  address: optional(string('Address as printed.')),
  guess: optional(boolean('The kernel marked it `?`: found on the stack, not by unwinding.')),
  file: optional(string('Source file, when the log had it.')),
  line: optional(integer('Line in it.')),
  inlined: optional(boolean('Inlined into the next one.')),
  source: optional(string('File and line from debug information, inlined callers first.')),
};

const contexts = ['task', 'irq', 'softirq', 'nmi', 'exception'];
const frame = object('A line of it.', { ...printed, context: oneOf('Which stack it lies on.', contexts) });

const trace: Schema = object('A stack.', {
  role: oneOf('`call`: of a CPU or task; `memory`: where an object was allocated or freed.', ['call', 'memory']),
  title: string('Words of the kernel before it.'),
  cpu: optional(integer('CPU.')),
  pid: optional(integer('Process id.')),
  frames: arrayOf('Innermost first.', frame),
  interrupted: optional(integer('Index of the first frame of what an interrupt or exception interrupted.')),
  endsInUser: optional(boolean('It goes down to user space.')),
});

const reporter = object('Who ran.', {
  cpu: optional(integer('CPU.')),
  pid: optional(integer('Process id.')),
  uid: optional(integer('User id.')),
  comm: optional(string('Command name.')),
  taint: optional(
    object('Taint of the kernel.', {
      letters: string('Letters; empty when not tainted.'),
      meanings: arrayOf('The same in words.', string('One letter.')),
    }),
  ),
  release: optional(string('Kernel release.')),
  version: optional(string('Build number and the rest.')),
  hardware: optional(string('Vendor, product and BIOS.')),
  workqueue: optional(string('Workqueue and its function.')),
});

const fault = object('What the CPU said of a fault.', {
  address: optional(string('Address, `0x` and hexadecimal digits.')),
  access: optional(oneOf('What it tried.', ['read', 'write', 'execute'])),
  reason: optional(string('Why it failed, in words.')),
  code: optional(string('Syndrome or error code, as printed.')),
  fields: arrayOf(
    'Its fields.',
    object('One field.', {
      name: string('Name in the manual of the architecture.'),
      value: string('Value.'),
      meaning: optional(string('In words.')),
    }),
  ),
  pageTable: arrayOf(
    'Page-table entries.',
    object('One entry.', { level: string('`pgd` and so on.'), value: string('As printed.') }),
  ),
});

const oom = object('What the OOM killer said.', {
  invoker: optional(string('Task that asked for memory.')),
  gfp: optional(string('GFP flags.')),
  order: optional(integer('Order of the allocation.')),
  victim: optional(object('Who was killed.', { pid: integer('Process id.'), comm: string('Command name.') })),
  tasks: arrayOf(
    'Rows of the table of tasks.',
    object('A task.', {
      pid: integer('Process id.'),
      comm: string('Command name.'),
      totalVm: integer('Pages of its address space.'),
      rss: integer('Pages in memory.'),
      scoreAdjust: integer('oom_score_adj.'),
    }),
  ),
  constraint: optional(string('`CONSTRAINT_NONE` and so on.')),
  group: optional(string('The control group that was out of memory.')),
  groupUsageKiB: optional(integer('What it used.')),
  groupLimitKiB: optional(integer('What it might use.')),
});

export const loggedReportSchema: Schema = object('A report.', {
  title: string('Class and culprit in one line.'),
  altTitles: arrayOf('Other titles that would be right as well.', string('Title.')),
  type: string('Class of bug in the names of the test data of syzkaller (`HANG`, `KASAN-READ`); empty: other.'),
  frame: string('The culprit function; empty when the kind has none.'),
  corrupted: boolean('The report is cut or interleaved, so that its title cannot be trusted.'),
  corruptedReason: nullable(string('Why.')),
  suppressed: boolean('No bug: an OOM kill, a crash that was asked for.'),
  panicked: boolean('The kernel stopped with it.'),
  severity: oneOf('How bad it is.', ['fatal', 'stuck', 'warning', 'note']),
  signature: string('16 hexadecimal digits, the same for the same crash.'),
  kind: string('Which part of the kernel speaks.'),
  message: string('First line of it.'),
  panic: nullable(string('Line with which the kernel stopped.')),
  seconds: nullable(number('Time since boot.')),
  firstLine: integer('Its first line in the input.'),
  lastLine: integer('Its last line.'),
  count: integer('How many equal ones there are.'),
  lastSeconds: nullable(number('Time of the last of them.')),
  cpus: arrayOf('CPUs that they came from.', integer('CPU.')),
  tasks: arrayOf(
    'Tasks that they came from.',
    object('A task.', { pid: integer('Process id.'), comm: string('Command name.') }),
  ),
  reporter,
  source: optional(
    object('Place in the source that a warning or an assertion names.', {
      file: string('File.'),
      line: integer('Line.'),
    }),
  ),
  place: optional(object('Where the registers say that the CPU was.', printed)),
  context: optional(
    object('What the CPU was doing, by the main trace.', {
      kind: oneOf('Context.', contexts),
      irqStack: boolean('It ran on the stack of interrupts.'),
      interrupted: optional(
        object('What was interrupted.', {
          function: string('Innermost function of it.'),
          during: string('What it was doing: `user page fault`, `system call` and so on.'),
        }),
      ),
      text: string('The same in words.'),
    }),
  ),
  fault: optional(fault),
  registers: record('Registers by name.', string('As printed.')),
  code: optional(
    object('Machine code around the trap.', {
      units: arrayOf('Bytes or words.', string('Hexadecimal digits.')),
      trap: optional(integer('Index of the one that trapped.')),
    }),
  ),
  traces: arrayOf('Stacks, in the order of the report.', trace),
  mainTrace: nullable(integer('Index of the one that the culprit comes from.')),
  modules: arrayOf(
    'Modules that were loaded.',
    object('A module.', { name: string('Name.'), flags: string('Taint letters, `+` loading, `-` unloading.') }),
  ),
  locks: arrayOf(
    'Locks held.',
    object('A lock.', {
      holder: string('Task.'),
      lock: string('Class and state.'),
      at: optional(string('Function that took it.')),
    }),
  ),
  oom: optional(oom),
});
