import type { LogLine } from '../log/log-line.ts';
import type { OopsReport } from './oops-report.ts';
import { readBody } from './report-body.ts';
import type { OpenReport } from './report-scanner.ts';
import { titleOf } from './report-title.ts';
import { readReporter } from './reporter.ts';
import { signatureOf } from './signature.ts';

/** What was read of a report, parsed. */
export function buildReport(open: OpenReport): OopsReport {
  const lines = open.lines.slice(0, open.lastMeant);
  const own = ownLines(open, lines);
  const from = Math.max(
    0,
    own.findIndex((l) => l.text.includes(open.start.text)),
  );
  const body = readBody(own, from + 1, open.start.formats[0]?.format.stackOf);
  const name = titleOf(open, own, from, body);
  const panic = own.find((l) => l.text.startsWith('Kernel panic'))?.text;
  const main = body.traces.findIndex((t) => t.role === 'call');
  const first = own[from] as LogLine;
  const trace = main < 0 ? undefined : body.traces[main];
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
    signature: signatureOf(name.format.kind, [...(body.place ? [body.place] : []), ...(trace?.frames ?? [])]),
    message: open.start.text,
    firstLine: (lines[0] as LogLine).number,
    lastLine: (lines.at(-1) as LogLine).number,
    ...(first.seconds !== undefined && { seconds: first.seconds }),
    ...(first.caller !== undefined && { caller: first.caller }),
    reporter: readReporter(own),
    ...(panic !== undefined && { panic }),
    registers: {},
    traces: body.traces,
    ...(main >= 0 && { mainTrace: main }),
    modules: [],
    memory: [],
    locks: [],
    lines: own.map((l) => l.text),
  };
}

/** The lines that its caller printed; all of them when others were asked for their stacks. */
function ownLines(open: OpenReport, lines: readonly LogLine[]): readonly LogLine[] {
  if (open.caller === undefined) return lines;
  return lines.filter((l) => l.caller === open.caller);
}
