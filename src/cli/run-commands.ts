import { AnalysisError, UsageError } from '../base/errors.ts';
import { jsonText } from '../base/json-text.ts';
import { jsonDocument, type Outcome } from '../session/json.ts';
import { Session } from '../session/session.ts';
import type { Request, Step } from './arguments.ts';
import { commandsFor } from './command-set.ts';
import { DebugOnDemand } from './debug-on-demand.ts';
import { fileLines, Interpreter } from './interpreter.ts';
import { Interrupted } from './interrupt.ts';
import { errorMessage, INTERNAL, isExpected } from './message.ts';
import { openWithProgress } from './open-with-progress.ts';
import { writeAll } from './output.ts';
import { Progress } from './progress.ts';
import type { SessionState } from './prompt-messages.ts';
import { restore, stateOf } from './session-state.ts';
import { type ChildWatch, DescriptorSink } from './sink.ts';
import { splitFiles } from './split-files.ts';
import { runStartFiles } from './start-files.ts';

/** Who looks on while commands run, and may have them go on where another run was stopped. */
export interface RunWatch {
  /** Commands that were run already, and what they left. */
  readonly after: number;
  readonly state?: SessionState;
  begin(line: string): void;
  end(outcomes: readonly Outcome[], state: SessionState): void;
  readonly child: ChildWatch;
}

/** Runs the commands of the command line one after the other; returns the exit status. @param watch prints JSON itself */
export async function runCommands(request: Extract<Request, { kind: 'commands' }>, watch?: RunWatch): Promise<number> {
  let lines: string[];
  try {
    lines = stepLines(request.steps); // before the dump: a script that is not there is told at once
  } catch (e) {
    writeAll(2, errorMessage(e));
    return 1;
  }
  const progress = new Progress();
  const sink = new DescriptorSink(1, watch?.child);
  const commands = await commandsFor(lines);
  const files = splitFiles(request);
  const dump = await openWithProgress(files.dump, progress);
  const debug = new DebugOnDemand(dump.program, request.debug, files.debug);
  const outcomes: Outcome[] = [];
  const document = (): string => (request.json && !watch ? `${jsonText(jsonDocument(outcomes))}\n` : '');
  let running = '';
  try {
    await debug.start();
    const source = await debug.source();
    const full = request.json && debug.explicit;
    const session = new Session(dump.program, { commands, dumpNames: files.dump, full, ...(source && { source }) });
    const interpreter = new Interpreter(session, debug, { sink, progress, json: request.json, separate: true });
    if (watch?.state) await restore(interpreter, watch.state);
    else await runStartFiles(interpreter);
    for (const line of lines.slice(watch?.after ?? 0)) {
      running = line;
      watch?.begin(line);
      const came = await interpreter.run(line);
      outcomes.push(...came);
      sink.flush(); // what is there is there, whatever ends the next one
      watch?.end(came, stateOf(interpreter));
      if (session.ended) break;
    }
    sink.write(document());
    sink.flush();
    return exitStatus(outcomes);
  } catch (e) {
    if (e instanceof Interrupted) {
      outcomes.push({ line: running, error: new AnalysisError('interrupted', e.message) });
      sink.write(document());
      sink.flush();
    }
    throw e;
  } finally {
    progress.stop();
    debug.close();
    dump.close();
  }
}

/** @throws UsageError when a file of commands cannot be read */
export function stepLines(steps: readonly Step[]): string[] {
  return steps.flatMap((step) => ('line' in step ? [step.line] : fileLines(step.file)));
}

export function exitStatus(outcomes: readonly Outcome[]): number {
  const errors = outcomes.flatMap((o) => ('error' in o ? [o.error] : []));
  if (errors.some((e) => !isExpected(e))) return INTERNAL;
  if (errors.some((e) => e instanceof UsageError)) return 1;
  return errors.length > 0 && errors.length === outcomes.length ? 2 : 0;
}
