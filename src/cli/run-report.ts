import { closeSync, openSync } from 'node:fs';
import { isatty } from 'node:tty';
import { openDump } from '../node/open-dump.ts';
import type { CrashReport } from '../report/crash-report.ts';
import { crashReportBlocks } from '../report/crash-report-blocks.ts';
import { renderMarkdown } from '../report/render-markdown.ts';
import { renderText } from '../report/render-text.ts';
import { makeReport } from '../session/make-report.ts';
import type { ReportFormat, Request } from './arguments.ts';
import { DebugOnDemand } from './debug-on-demand.ts';
import { Output } from './output.ts';
import { Progress } from './progress.ts';
import { splitFiles } from './split-files.ts';

/** Writes the report; returns the exit status. */
export async function runReport(request: Extract<Request, { kind: 'report' }>): Promise<number> {
  const progress = new Progress();
  progress.start('opening the dump');
  const files = splitFiles(request);
  const dump = await openDump(files.dump, { onRead: progress.onRead });
  const debug = new DebugOnDemand(dump.program, { ...request.debug, noSearch: true }, files.debug);
  try {
    await debug.start();
    const source = await debug.source();
    progress.start('making the report');
    const toStdout = request.out === undefined || request.out === '-';
    const report = makeReport(dump.program, { lines: debug.explicit, ...(source && { source }) });
    progress.stop();
    const fd = toStdout ? 1 : openSync(request.out as string, 'w');
    const out = new Output(fd);
    const colour = toStdout && isatty(1) && process.env.NO_COLOR === undefined;
    for (const text of render(report, request.format, colour)) out.write(text);
    out.flush();
    if (!toStdout) closeSync(fd);
    return 0;
  } finally {
    progress.stop();
    debug.close();
    dump.close();
  }
}

function render(report: CrashReport, format: ReportFormat, colour: boolean): Iterable<string> {
  switch (format) {
    case 'text':
      return renderText(crashReportBlocks(report), { colour });
    case 'md':
      return renderMarkdown(crashReportBlocks(report));
    case 'json':
      return [`${JSON.stringify(report, null, 2)}\n`];
  }
}
