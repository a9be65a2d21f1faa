import { createInterface } from 'node:readline';
import { openDump } from '../node/open-dump.ts';
import { renderText } from '../report/render-text.ts';
import { Session } from '../session/session.ts';
import { answerLine } from './answer-line.ts';
import type { DumpRequest } from './arguments.ts';
import { completer } from './complete.ts';
import { DebugOnDemand } from './debug-on-demand.ts';
import { historyPath, loadHistory, saveHistory } from './history.ts';
import { errorMessage } from './message.ts';
import { OutputClosed, writeAll } from './output.ts';
import { Progress } from './progress.ts';
import { splitFiles } from './split-files.ts';

/** Reads commands until `exit` or the end of the input; returns the exit status. */
export async function prompt(request: DumpRequest): Promise<number> {
  const files = splitFiles(request);
  const terminal = process.stdin.isTTY === true && process.stdout.isTTY === true;
  const progress = new Progress();
  progress.start('opening the dump');
  const dump = await openDump(files.dump, { onRead: progress.onRead });
  const debug = new DebugOnDemand(dump.program, request.debug, files.debug);
  try {
    await debug.start();
    const source = await debug.source();
    const session = new Session(dump.program, { dumpNames: files.dump, ...(source && { source }) });
    progress.stop();
    if (terminal) {
      await answer(session, debug, 'sys', progress);
      writeAll(1, '\nhelp lists the commands, Tab completes, Ctrl-D leaves.\n');
    }
    await readCommands(session, debug, terminal, progress);
    return 0;
  } finally {
    progress.stop();
    debug.close();
    dump.close();
  }
}

async function readCommands(
  session: Session,
  debug: DebugOnDemand,
  terminal: boolean,
  progress: Progress,
): Promise<void> {
  const path = historyPath();
  const rl = createInterface({
    input: process.stdin,
    ...(terminal && {
      output: process.stdout,
      completer: completer(session),
      history: loadHistory(path),
      historySize: 1000,
      removeHistoryDuplicates: true,
    }),
    terminal,
    prompt: terminal ? 'inquest> ' : '',
  });
  if (terminal) rl.on('history', (lines: string[]) => saveHistory(path, lines));
  rl.on('SIGINT', () => {
    writeAll(1, '\n');
    rl.prompt();
  });
  if (terminal) rl.prompt();
  for await (const line of rl) {
    await answer(session, debug, line, progress);
    if (session.ended) break;
    if (terminal) rl.prompt();
  }
  rl.close();
}

async function answer(session: Session, debug: DebugOnDemand, line: string, progress: Progress): Promise<void> {
  try {
    progress.start(line);
    const found = await answerLine(session, debug, line);
    progress.stop();
    if (!found) return;
    let text = '';
    for (const piece of renderText(found.blocks)) text += piece;
    writeAll(1, text);
  } catch (e) {
    progress.stop();
    if (e instanceof OutputClosed) throw e;
    writeAll(2, errorMessage(e));
  }
}
