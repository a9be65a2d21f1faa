import { jsonText } from '../base/json-text.ts';
import { printableLine } from '../base/text.ts';
import { logRecords } from '../kernel/printk.ts';
import { isDumpFile } from '../node/is-dump.ts';
import { isTerminal } from '../node/is-terminal.ts';
import { logChunks } from '../node/log-files.ts';
import type { LogReport } from '../report/log-report.ts';
import { logReportBlocks } from '../report/log-report-blocks.ts';
import { renderText } from '../report/render-text.ts';
import { LogEngine, type LogReportOptions } from '../session/log-engine.ts';
import type { Request } from './arguments.ts';
import { breakable, breakableWait } from './interrupt.ts';
import { OopsLines } from './oops-lines.ts';
import { openWithProgress } from './open-with-progress.ts';
import { Output, writeAll } from './output.ts';
import { Progress } from './progress.ts';
import { splitFiles } from './split-files.ts';

const WHAT = 'while reading the log';

/** Explains the reports of logs, or of the log in a dump; returns the exit status. */
export async function runOops(request: Extract<Request, { kind: 'oops' }>): Promise<number> {
  const files = splitFiles(request);
  const lines = new OopsLines({ ...request.debug, given: files.debug });
  try {
    const report = await breakableWait(readAll(files.dump, lines), WHAT);
    write(report, request);
    for (const note of lines.notes()) writeAll(2, `inquest: ${printableLine(note)}\n`);
    return 0;
  } finally {
    lines.close();
  }
}

async function readAll(paths: readonly string[], lines: OopsLines): Promise<LogReport> {
  await lines.prepare();
  const engine = new LogEngine();
  const options: LogReportOptions = { files: paths, source: (report) => lines.sourceOf(report) };
  if (paths.some(isDumpFile)) return readDump(paths, engine, options);
  const problems: { what: string; why: string }[] = [];
  for await (const chunk of logChunks(paths, (problem) => problems.push(problem))) engine.push(chunk);
  return breakable(() => engine.end({ ...options, problems }), WHAT);
}

/** The records of a dump's log as dmesg prints them. */
async function readDump(paths: readonly string[], engine: LogEngine, options: LogReportOptions): Promise<LogReport> {
  const dump = await openWithProgress(paths, new Progress());
  try {
    const { records, problems } = logRecords(dump.program);
    for (const { timestampNs, level, caller, text } of records) {
      const micros = timestampNs / 1000n;
      const stamp = `${micros / 1000000n}.${String(micros % 1000000n).padStart(6, '0')}`;
      const prefix = `<${level}>[${stamp}]${caller === undefined ? '' : `[${caller}]`} `;
      engine.push(
        Buffer.from(
          `${text
            .split('\n')
            .map((line) => prefix + line)
            .join('\n')}\n`,
        ),
      );
    }
    return breakable(() => engine.end({ ...options, problems }), WHAT);
  } finally {
    dump.close();
  }
}

function write(report: LogReport, { json, all }: { json: boolean; all: boolean }): void {
  const out = new Output(1);
  if (json) out.write(`${jsonText(report, 2)}\n`);
  else {
    const colour = isTerminal(1) && process.env.NO_COLOR === undefined;
    for (const text of renderText(logReportBlocks(report, all), { colour })) out.write(text);
  }
  out.flush();
}
