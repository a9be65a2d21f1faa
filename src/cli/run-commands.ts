import { readFileSync } from 'node:fs';
import { UsageError } from '../base/errors.ts';
import { openDump } from '../node/open-dump.ts';
import { renderText } from '../report/render-text.ts';
import { jsonDocument, type Outcome } from '../session/json.ts';
import { Session } from '../session/session.ts';
import { answerLine } from './answer-line.ts';
import type { Request, Step } from './arguments.ts';
import { DebugOnDemand } from './debug-on-demand.ts';
import { errorMessage, INTERNAL, isExpected } from './message.ts';
import { Output, OutputClosed, writeAll } from './output.ts';
import { Progress } from './progress.ts';
import { splitFiles } from './split-files.ts';

/** Runs the commands of the command line one after the other; returns the exit status. */
export async function runCommands(request: Extract<Request, { kind: 'commands' }>): Promise<number> {
  let lines: string[];
  try {
    lines = request.steps.flatMap(stepLines); // before the dump: a script that is not there is told at once
  } catch (e) {
    writeAll(2, errorMessage(e));
    return 1;
  }
  const progress = new Progress();
  const out = new Output(1);
  progress.start('opening the dump');
  const files = splitFiles(request);
  const dump = await openDump(files.dump, { onRead: progress.onRead });
  const debug = new DebugOnDemand(dump.program, request.debug, files.debug);
  try {
    await debug.start();
    const source = await debug.source();
    const full = request.json && debug.explicit;
    const session = new Session(dump.program, { dumpNames: files.dump, full, ...(source && { source }) });
    const outcomes: Outcome[] = [];
    for (const line of lines) {
      progress.start(line);
      const outcome = await runLine(session, debug, line, request.json ? undefined : out, outcomes.length > 0);
      progress.stop();
      if (!outcome) continue;
      outcomes.push(outcome);
      if ('error' in outcome) {
        out.flush(); // so that messages stand where they belong when both go to a terminal
        writeAll(2, errorMessage(outcome.error));
      }
      if (session.ended) break;
    }
    if (request.json) out.write(`${JSON.stringify(jsonDocument(outcomes))}\n`);
    out.flush();
    return exitStatus(outcomes);
  } finally {
    progress.stop();
    debug.close();
    dump.close();
  }
}

function stepLines(step: Step): string[] {
  if ('line' in step) return [step.line];
  try {
    return readFileSync(step.file === '-' ? 0 : step.file, 'utf8').split('\n');
  } catch (e) {
    throw new UsageError(`${step.file}: the commands cannot be read: ${(e as Error).message}`);
  }
}

/** Text goes out while the command runs; undefined for an empty line. */
async function runLine(
  session: Session,
  debug: DebugOnDemand,
  line: string,
  out: Output | undefined,
  separate: boolean,
): Promise<Outcome | undefined> {
  try {
    const answer = await answerLine(session, debug, line);
    if (!answer) return undefined;
    if (out) {
      if (separate) out.write('\n');
      for (const text of renderText(answer.blocks)) out.write(text);
    }
    return { line, data: answer.data };
  } catch (error) {
    if (error instanceof OutputClosed) throw error;
    return { line, error }; // the other commands still run, whatever this is
  }
}

function exitStatus(outcomes: readonly Outcome[]): number {
  const errors = outcomes.flatMap((o) => ('error' in o ? [o.error] : []));
  if (errors.some((e) => !isExpected(e))) return INTERNAL;
  if (errors.some((e) => e instanceof UsageError)) return 1;
  return errors.length > 0 && errors.length === outcomes.length ? 2 : 0;
}
