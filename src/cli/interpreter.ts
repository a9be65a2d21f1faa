import { closeSync, openSync, readFileSync } from 'node:fs';
import { UsageError } from '../base/errors.ts';
import { jsonText } from '../base/json-text.ts';
import { renderText } from '../report/render-text.ts';
import { type InputLine, parseInput } from '../session/input-line.ts';
import { jsonDocument, type Outcome } from '../session/json.ts';
import { LineHistory } from '../session/line-history.ts';
import type { Answer, Session } from '../session/session.ts';
import { answerLine } from './answer-line.ts';
import type { DebugOnDemand } from './debug-on-demand.ts';
import { breakable, Interrupted } from './interrupt.ts';
import { loadExtensions } from './load-extensions.ts';
import { errorMessage } from './message.ts';
import { OutputClosed, writeAll } from './output.ts';
import type { Progress } from './progress.ts';
import { DescriptorSink, type Sink } from './sink.ts';

/** Files that read files that read files ... end here. */
const DEPTH = 8;

export interface InterpreterOptions {
  readonly sink: Sink;
  readonly progress?: Progress;
  /** Answers are collected as data and nothing is printed. */
  readonly json?: boolean;
  /** An empty line between the answers of several commands. */
  readonly separate?: boolean;
  /** Shows text that may be longer than the terminal; absent: it is written as it comes. */
  readonly page?: (pieces: Iterable<string>) => void;
  /** Where errors go; standard error when absent. */
  readonly complain?: (error: unknown) => void;
}

/** Runs lines as a person types them: with pipes, redirections, shell commands, files of commands and a history. */
export class Interpreter {
  readonly session: Session;
  readonly history = new LineHistory();
  readonly #debug: DebugOnDemand;
  readonly #options: InterpreterOptions;
  #printed = false;
  #depth = 0;

  constructor(session: Session, debug: DebugOnDemand, options: InterpreterOptions) {
    this.session = session;
    this.#debug = debug;
    this.#options = options;
  }

  /** Runs one line; what it came to, several for a file of commands, none for a comment or a shell command. */
  async run(line: string): Promise<Outcome[]> {
    try {
      return await this.#interpret(line);
    } catch (error) {
      if (error instanceof OutputClosed || error instanceof Interrupted) throw error;
      this.#options.progress?.stop();
      this.#options.sink.flush(); // so that messages stand where they belong when both go to a terminal
      if (this.#options.complain) this.#options.complain(error);
      else writeAll(2, errorMessage(error));
      return [{ line, error }];
    }
  }

  async #interpret(typed: string): Promise<Outcome[]> {
    const line = this.history.recalled(typed) ?? typed;
    if (line !== typed) this.#options.sink.write(`${line}\n`);
    if (this.#depth === 0) this.history.add(line);
    if (line.trim() === 'h') {
      for (const text of this.history.listing()) this.#options.sink.write(`${text}\n`);
      return [];
    }
    const input = parseInput(this.session.expand(line));
    switch (input.kind) {
      case 'shell':
        this.#options.sink.shell(input.command === '' ? (process.env.SHELL ?? '/bin/sh') : input.command);
        return [];
      case 'file':
        return this.runFile(input.file);
      case 'command':
        return this.#command(line, input);
    }
  }

  /** Runs the lines of a file. @throws UsageError when it cannot be read */
  async runFile(file: string): Promise<Outcome[]> {
    if (this.#depth >= DEPTH) throw new UsageError(`${file}: files of commands that read each other`);
    const outcomes: Outcome[] = [];
    this.#depth++;
    try {
      for (const line of fileLines(file)) {
        if (!this.session.settings.silent && line.trim() !== '' && !this.#options.json) this.#echo(line);
        outcomes.push(...(await this.run(line)));
        if (this.session.ended) break;
      }
    } finally {
      this.#depth--;
    }
    return outcomes;
  }

  #echo(line: string): void {
    this.#options.sink.write(`inquest> ${line}\n`);
  }

  async #command(line: string, input: InputLine): Promise<Outcome[]> {
    await loadExtensions(this.session, input.command);
    this.#options.progress?.start(line);
    const answer = await answerLine(this.session, this.#debug, input.command);
    this.#options.progress?.stop();
    if (!answer) return [];
    if (this.#options.json) {
      if (input.pipe !== undefined || input.redirect) {
        throw new UsageError(`'${line}': with --json every answer goes into the one document`);
      }
    } else breakable(() => this.#show(input, answer), `in '${line}'`);
    return [{ line, data: answer.data }];
  }

  #show(input: InputLine, answer: Answer): void {
    const { sink, separate, page } = this.#options;
    if (!input.redirect) {
      if (separate && this.#printed) sink.write('\n');
      this.#printed = true;
    }
    const pieces = input.json
      ? [`${jsonText(jsonDocument([{ line: input.command, data: answer.data }]))}\n`]
      : renderText(answer.blocks);
    if (input.redirect) writeFile(input.redirect, pieces);
    else if (input.pipe !== undefined) sink.shell(input.pipe, [...pieces].join(''));
    else if (page) page(pieces);
    else for (const text of pieces) sink.write(text);
  }
}

/** The lines of a file with commands; `-` is standard input. @throws UsageError */
export function fileLines(file: string): string[] {
  try {
    const lines = readFileSync(file === '-' ? 0 : file, 'utf8').split('\n');
    if (lines.at(-1) === '') lines.pop();
    return lines;
  } catch (e) {
    throw new UsageError(`${file}: the commands cannot be read: ${(e as Error).message}`);
  }
}

function writeFile({ file, append }: { file: string; append: boolean }, pieces: Iterable<string>): void {
  if (file === '') throw new UsageError('no file was named to write to');
  const fd = openSync(file, append ? 'a' : 'w');
  try {
    const sink = new DescriptorSink(fd);
    for (const text of pieces) sink.write(text);
    sink.flush();
  } finally {
    closeSync(fd);
  }
}
