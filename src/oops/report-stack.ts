import { matchStart } from './match-start.ts';
import type { OopsReport } from './oops-report.ts';
import type { ReportBody } from './report-body.ts';
import { type ReportTitle, titleOf } from './report-title.ts';
import { signatureOf } from './signature.ts';
import type { PrintedFrame } from './trace-frame.ts';

/** The stack from the place of the CPU on, innermost first; what a trace shows of the way into the report is left out. */
export function stackOfReport(report: Pick<OopsReport, 'traces' | 'place'>): PrintedFrame[] {
  const frames = report.traces.find((t) => t.role === 'call')?.frames ?? [];
  const { place } = report;
  if (!place) return [...frames];
  const at = frames.findIndex((f) => !f.guess && f.function === place.function && f.offset === place.offset);
  return at < 0 ? [place, ...frames] : frames.slice(at);
}

/** A report's name by a stack that was had in another way. */
export interface RenamedReport extends Pick<ReportTitle, 'title' | 'altTitles' | 'frame'> {
  readonly signature: string;
}

/**
 * Title and signature of a report when its stack is this one: unwound from memory, for example.
 * @param frames from the place where it happened on, innermost first
 */
export function renameReport(report: OopsReport, frames: readonly PrintedFrame[]): RenamedReport {
  const start = matchStart(report.message);
  const signature = signatureOf(report.kind, frames);
  if (!start) return { title: report.title, altTitles: report.altTitles, frame: report.frame, signature };
  const own = report.lines.map((text, number) => ({ number, text }));
  const from = Math.max(
    0,
    report.lines.findIndex((l) => l.includes(start.text)),
  );
  const body: ReportBody = {
    traces: [{ role: 'call', title: '', frames: frames.map((f) => ({ ...f, context: 'task' })) }],
    headed: new Set(),
    nowhere: false,
    placeIsNext: false,
    lockPlaces: [],
    heldPlaces: [],
    emptyFirst: false,
    emptyMemory: false,
    headers: 1,
  };
  const named = titleOf(start, own, from, body);
  return { title: named.title, altTitles: named.altTitles, frame: named.frame, signature };
}
