import { jsonText } from '../base/json-text.ts';
import type { CrashReport } from '../report/crash-report.ts';
import { crashReportBlocks } from '../report/crash-report-blocks.ts';
import { renderMarkdown } from '../report/render-markdown.ts';
import { renderText } from '../report/render-text.ts';
import { cutReport, type ReportDraft } from '../report/report-draft.ts';
import type { OutputRequest, Request } from './arguments.ts';
import { INTERRUPTED, Interrupted } from './interrupt.ts';
import { obtainReport } from './obtain-report.ts';
import { writeReport } from './write-report.ts';

type ReportRequest = Extract<Request, { kind: 'report' }>;

/** Writes the report; returns the exit status. @throws Interrupted when what was found until then is written */
export async function runReport(request: ReportRequest): Promise<number> {
  let draft: ReportDraft | undefined;
  const onDraft = (made: ReportDraft): void => {
    draft = made;
  };
  try {
    await writeCrashReport(request, await obtainReport(request, { locals: request.format === 'html', onDraft }));
  } catch (e) {
    if (e instanceof Interrupted && draft) await writeCrashReport(request, cutReport(draft, INTERRUPTED));
    throw e;
  }
  return 0;
}

/** Writes a report in the form that was asked for. */
export async function writeCrashReport(request: ReportRequest, made: CrashReport): Promise<void> {
  const report = request.redact ? await redacted(made, request.redact === 'all') : made;
  const html = request.format === 'html' ? await import('../report/html/render-html.ts') : undefined;
  writeReport(request, (colour) =>
    html ? [html.renderHtml(report, request.language)] : render(report, request, colour),
  );
}

async function redacted(report: CrashReport, all: boolean): Promise<CrashReport> {
  return (await import('../report/redact/redact-report.ts')).redactReport(report, { all });
}

function render(report: CrashReport, { format, language }: OutputRequest, colour: boolean): Iterable<string> {
  if (format === 'json') return [`${jsonText(report, 2)}\n`];
  const blocks = crashReportBlocks(report, language);
  return format === 'md' ? renderMarkdown(blocks) : renderText(blocks, { colour });
}
