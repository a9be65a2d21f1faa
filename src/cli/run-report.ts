import { jsonText } from '../base/json-text.ts';
import type { CrashReport } from '../report/crash-report.ts';
import { crashReportBlocks } from '../report/crash-report-blocks.ts';
import { renderMarkdown } from '../report/render-markdown.ts';
import { renderText } from '../report/render-text.ts';
import type { OutputRequest, Request } from './arguments.ts';
import { obtainReport } from './obtain-report.ts';
import { writeReport } from './write-report.ts';

/** Writes the report; returns the exit status. */
export async function runReport(request: Extract<Request, { kind: 'report' }>): Promise<number> {
  const made = await obtainReport(request, { locals: request.format === 'html' });
  const report = request.redact ? await redacted(made, request.redact === 'all') : made;
  const html = request.format === 'html' ? await import('../report/html/render-html.ts') : undefined;
  writeReport(request, (colour) =>
    html ? [html.renderHtml(report, request.language)] : render(report, request, colour),
  );
  return 0;
}

async function redacted(report: CrashReport, all: boolean): Promise<CrashReport> {
  return (await import('../report/redact/redact-report.ts')).redactReport(report, { all });
}

function render(report: CrashReport, { format, language }: OutputRequest, colour: boolean): Iterable<string> {
  if (format === 'json') return [`${jsonText(report, 2)}\n`];
  const blocks = crashReportBlocks(report, language);
  return format === 'md' ? renderMarkdown(blocks) : renderText(blocks, { colour });
}
