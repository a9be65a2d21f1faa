import { parentPort, workerData } from 'node:worker_threads';
import { renderText } from '../report/render-text.ts';
import { FullSession } from '../session/full-session.ts';
import { completer } from './complete.ts';
import { DebugOnDemand } from './debug-on-demand.ts';
import { Interpreter } from './interpreter.ts';
import { errorMessage, INTERNAL, isExpected } from './message.ts';
import { openWithProgress } from './open-with-progress.ts';
import { OutputClosed, writeAll } from './output.ts';
import { pageOn } from './pager.ts';
import { Progress } from './progress.ts';
import type { FromWorker, ToWorker, WorkerStart } from './prompt-messages.ts';
import { restore, stateOf } from './session-state.ts';
import { DescriptorSink } from './sink.ts';
import { splitFiles } from './split-files.ts';
import { runStartFiles } from './start-files.ts';

function send(message: FromWorker): void {
  parentPort?.postMessage(message);
}

/**
 * The side of the prompt that works: a thread of its own, which the prompt can end while a command runs. It writes to the
 * terminal itself, since nobody else does while it works.
 */
export async function promptWorker(): Promise<void> {
  const { request, state } = workerData as WorkerStart;
  const progress = new Progress();
  try {
    const files = splitFiles(request);
    const dump = await openWithProgress(files.dump, progress);
    const debug = new DebugOnDemand(dump.program, request.debug, files.debug);
    await debug.start();
    const source = await debug.source();
    const session = new FullSession(dump.program, { dumpNames: files.dump, ...(source && { source }) });
    const watch = (running: boolean): void => send({ kind: 'child', running });
    const sink = new DescriptorSink(1, watch);
    const page = pageOn(sink, session.settings, watch);
    const interpreter = new Interpreter(session, debug, { sink, progress, page });
    progress.stop();
    if (state) await restore(interpreter, state);
    else await introduce(interpreter, sink);
    serve(interpreter, sink);
  } catch (e) {
    progress.stop();
    send({ kind: 'failed', message: errorMessage(e), status: isExpected(e) ? 2 : INTERNAL });
  }
}

async function introduce(interpreter: Interpreter, sink: DescriptorSink): Promise<void> {
  await runStartFiles(interpreter);
  const { settings } = interpreter.session;
  if (!settings.silent) {
    for (const text of renderText(interpreter.session.run('sys')?.blocks ?? [])) sink.write(text);
    sink.write('\nhelp lists the commands, Tab completes, Ctrl-C stops a command, Ctrl-D leaves.\n');
  }
  sink.flush();
}

function serve(interpreter: Interpreter, sink: DescriptorSink): void {
  const complete = completer(interpreter.session);
  const done = (): void => send({ kind: 'done', state: stateOf(interpreter), ended: interpreter.session.ended });
  const run = async (line: string): Promise<void> => {
    try {
      await interpreter.run(line);
      sink.flush();
    } catch (e) {
      if (!(e instanceof OutputClosed)) writeAll(2, errorMessage(e));
    }
    done();
  };
  parentPort?.on('message', (message: ToWorker) => {
    if (message.kind === 'line') void run(message.line);
    else send({ kind: 'completion', result: complete(message.line) });
  });
  done();
}
