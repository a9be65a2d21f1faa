import type { LogLine } from '../log/log-line.ts';
import { readCode } from './code-bytes.ts';
import { contextOf } from './crash-context.ts';
import { readFault } from './fault-facts.ts';
import { readLocks } from './lock-list.ts';
import { readModules } from './module-list.ts';
import { readOom } from './oom-facts.ts';
import type { OopsReport } from './oops-report.ts';
import { readRegisters } from './register-values.ts';
import { type ReportBody, readBody } from './report-body.ts';
import type { ReportKind } from './report-kind.ts';
import type { OpenReport } from './report-scanner.ts';
import { stackOfReport } from './report-stack.ts';
import { titleOf } from './report-title.ts';
import { readReporter } from './reporter.ts';
import { signatureOf } from './signature.ts';

/** Lines behind the first in which registers, fault and code stand. */
const HEAD = 120;
const SOURCE = /^(?:.*\bat |WARNING: )((?:[\w.+-]+\/){0,12}[\w.+-]+\.(?:c|h|S|rs)):(\d{1,6})\b/;

/** What was read of a report, parsed; undefined when it turns out to be none. */
export function buildReport(open: OpenReport): OopsReport | undefined {
  const lines = open.lines.slice(0, open.lastMeant);
  const own = ownLines(open, lines);
  const from = Math.max(
    0,
    own.findIndex((l) => l.text.includes(open.start.text)),
  );
  const { stackOf } = open.start.formats[0]?.format ?? {};
  const body = readBody(own, from + 1, stackOf);
  const sure = open.caller === undefined ? unmixed(own, from) : own;
  const name = titleOf(open.start, sure, from, sure === own ? body : readBody(sure, from + 1, stackOf));
  if (name.format.strict && name.corrupted !== false) return undefined;
  const texts = own.map((l) => l.text);
  const first = own[from] as LogLine;
  const panic = texts.find((t) => t.startsWith('Kernel panic'));
  return {
    kind: name.format.kind,
    title: name.title,
    altTitles: name.altTitles,
    type: name.type,
    frame: name.frame,
    corrupted: name.corrupted,
    suppressed: name.format.suppressed ?? false,
    panicked: panic !== undefined,
    severity: name.format.severity,
    signature: signatureOf(name.format.kind, stackOfReport(body)),
    message: open.start.text,
    firstLine: (lines[0] as LogLine).number,
    lastLine: (lines.at(-1) as LogLine).number,
    ...(first.seconds !== undefined && { seconds: first.seconds }),
    ...(first.caller !== undefined && { caller: first.caller }),
    reporter: readReporter(texts),
    ...(panic !== undefined && { panic }),
    ...detailsOf(name.format.kind, texts, from, open.start.text),
    ...stacksOf(body),
    lines: texts,
  };
}

type Details = Pick<OopsReport, 'source' | 'registers' | 'fault' | 'code' | 'modules' | 'locks' | 'oom'>;

/** Kinds of reports that a fault of the CPU leads to. */
const FAULTS: ReadonlySet<ReportKind> = new Set<ReportKind>([
  'alignment',
  'double-fault',
  'exception',
  'null-deref',
  'page-fault',
  'protection-fault',
  'stack-overflow',
]);

function detailsOf(kind: ReportKind, texts: readonly string[], from: number, message: string): Details {
  const head = texts.slice(from, from + HEAD);
  const source = SOURCE.exec(message);
  const fault = FAULTS.has(kind) ? readFault(head) : undefined;
  const code = readCode(head);
  const oom = kind === 'oom' ? readOom(texts) : undefined;
  return {
    ...(source && { source: { file: source[1] as string, line: Number(source[2]) } }),
    registers: readRegisters(head),
    ...(fault && { fault }),
    ...(code && { code }),
    modules: readModules(texts),
    locks: readLocks(texts),
    ...(oom && { oom }),
  };
}

function stacksOf(body: ReportBody): Pick<OopsReport, 'traces' | 'mainTrace' | 'place' | 'context'> {
  const main = body.traces.findIndex((t) => t.role === 'call');
  const trace = body.traces[main];
  return {
    traces: body.traces,
    ...(main >= 0 && { mainTrace: main }),
    ...(body.place && { place: body.place }),
    ...(trace && { context: contextOf(trace) }),
  };
}

/** Reports with a stack of their own that come from memory allocation and faults in any task. */
const OTHER_STACK = /vmalloc: allocation failure|FAULT_INJECTION: forcing a failure|FAULT_FLAG_ALLOW_RETRY missing/;

/** The lines up to where those of another task begin, which the report's own can't be told from without callers. */
function unmixed(own: readonly LogLine[], from: number): readonly LogLine[] {
  const other = own.findIndex((line, i) => i > from && OTHER_STACK.test(line.text));
  return other < 0 ? own : own.slice(0, other);
}

/** The lines that its caller printed; all of them when others were asked for their stacks. */
function ownLines(open: OpenReport, lines: readonly LogLine[]): readonly LogLine[] {
  if (open.caller === undefined) return lines;
  const asking = lines.findIndex((l) => l.caller === open.caller && l.text.includes('Sending NMI '));
  return lines.filter((l, i) => l.caller === open.caller || (asking >= 0 && i > asking && l.caller?.startsWith('C')));
}
