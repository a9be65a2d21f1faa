import { createInterface, type Interface } from 'node:readline';
import { FullSession } from '../session/full-session.ts';
import type { DumpRequest } from './arguments.ts';
import { DebugOnDemand } from './debug-on-demand.ts';
import { historyPath, loadHistory, saveHistory } from './history.ts';
import { Interpreter } from './interpreter.ts';
import { openWithProgress } from './open-with-progress.ts';
import { writeAll } from './output.ts';
import { Progress } from './progress.ts';
import { PromptSession, SessionFailed } from './prompt-session.ts';
import { DescriptorSink } from './sink.ts';
import { splitFiles } from './split-files.ts';
import { runStartFiles } from './start-files.ts';

/** Reads commands until `exit` or the end of the input; returns the exit status. */
export function prompt(request: DumpRequest): Promise<number> {
  const terminal = process.stdin.isTTY === true && process.stdout.isTTY === true;
  if (terminal) return onTerminal(request);
  const { limits, ...rest } = request;
  if (!limits) return fromPipe(request);
  // Commands of a file, which standard input is then.
  const steps = [{ file: '-' }];
  return import('./run-limited.ts').then((m) =>
    m.runLimited({ ...rest, kind: 'commands', steps, json: false }, limits),
  );
}

/** Lines of a file or pipe: run as they come, without prompt and history. */
async function fromPipe(request: DumpRequest): Promise<number> {
  const files = splitFiles(request);
  const progress = new Progress();
  const dump = await openWithProgress(files.dump, progress);
  const debug = new DebugOnDemand(dump.program, request.debug, files.debug);
  try {
    await debug.start();
    const source = await debug.source();
    const session = new FullSession(dump.program, { dumpNames: files.dump, ...(source && { source }) });
    const sink = new DescriptorSink(1);
    const interpreter = new Interpreter(session, debug, { sink, progress });
    progress.stop();
    await runStartFiles(interpreter);
    const rl = createInterface({ input: process.stdin, terminal: false });
    for await (const line of rl) {
      await interpreter.run(line);
      sink.flush();
      if (session.ended) break;
    }
    rl.close();
    return 0;
  } finally {
    progress.stop();
    debug.close();
    dump.close();
  }
}

async function onTerminal(request: DumpRequest): Promise<number> {
  const session = new PromptSession(request);
  const interrupt = (): void => void session.interrupt();
  process.on('SIGINT', interrupt);
  let rl: Interface | undefined;
  try {
    await session.ready();
    rl = lineReader(session);
    const lines = new Lines(rl);
    for (let line = await lines.next(); line !== undefined; line = await lines.next()) {
      // the terminal is a plain one while a command runs, so that Ctrl-C is a signal and pagers read their own keys
      rl.pause();
      process.stdin.setRawMode(false);
      const ended = await session.run(line);
      if (ended) break;
      process.stdin.setRawMode(true);
      rl.resume();
    }
    return 0;
  } catch (e) {
    if (!(e instanceof SessionFailed)) throw e;
    writeAll(2, e.message);
    return e.status;
  } finally {
    process.off('SIGINT', interrupt);
    rl?.close();
    await session.close();
  }
}

function lineReader(session: PromptSession): Interface {
  const path = historyPath();
  const rl = createInterface({
    input: process.stdin,
    output: process.stdout,
    completer: (line: string, callback: (error: null, result: [string[], string]) => void) => {
      void session.complete(line).then((result) => callback(null, result));
    },
    history: loadHistory(path),
    historySize: 1000,
    removeHistoryDuplicates: true,
    terminal: true,
    prompt: 'inquest> ',
  });
  rl.on('history', (lines: string[]) => saveHistory(path, lines));
  rl.on('SIGINT', () => {
    writeAll(1, '\n');
    rl.write(null, { ctrl: true, name: 'u' });
    rl.prompt();
  });
  return rl;
}

/** The lines of a reader one by one; what was pasted at once waits for its turn. */
class Lines {
  readonly #reader: Interface;
  readonly #waiting: string[] = [];
  #closed = false;
  #wake: () => void = () => {};

  constructor(reader: Interface) {
    this.#reader = reader;
    reader.on('line', (line) => {
      this.#waiting.push(line);
      this.#wake();
    });
    reader.on('close', () => {
      this.#closed = true;
      this.#wake();
    });
  }

  /** Undefined at the end of the input. */
  async next(): Promise<string | undefined> {
    if (this.#waiting.length === 0 && !this.#closed) {
      this.#reader.prompt();
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.#waiting.shift();
  }
}
