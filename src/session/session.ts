import { NotFoundError, UsageError } from '../base/errors.ts';
import type { Addr } from '../base/units.ts';
import { panicFacts } from '../kernel/panic.ts';
import type { Program } from '../program/program.ts';
import { parseArgs } from '../report/args.ts';
import type { Command, CommandContext } from '../report/command.ts';
import type { Alias, Extension, SessionAnswer, SessionPort } from '../report/session-port.ts';
import { defaultSettings, type Settings } from '../report/settings.ts';
import type { SourceFinder } from '../report/source-text.ts';
import { Aliases } from './aliases.ts';
import { implicitCommand } from './implicit-command.ts';
import { nearestName } from './nearest-name.ts';
import { splitLine } from './split-line.ts';
import { verbatimWords } from './verbatim-words.ts';

/** What a command answered: its data, and the same for people. */
export type Answer = SessionAnswer;

export interface SessionOptions {
  /** What the host calls the files of the dump. */
  readonly dumpNames?: readonly string[];
  readonly commands: readonly Command[];
  /** Source text, where the host has it. */
  readonly source?: SourceFinder;
  /** Data is to hold all that debug information tells, asked for or not; for JSON. */
  readonly full?: boolean;
}

/** A command that runs commands that run commands ... ends here. */
const DEPTH = 16;

/** An opened program, the task that commands work on, and what was set. */
export class Session {
  readonly program: Program;
  readonly dumpNames: readonly string[];
  readonly settings: Settings = defaultSettings();
  readonly #own: readonly Command[];
  readonly #extra: Pick<SessionOptions, 'source' | 'full'>;
  readonly #aliases = new Aliases();
  #extensions: readonly Extension[] = [];
  #task: Addr | undefined;
  #ended = false;
  #depth = 0;
  /** Where aliases that are set now come from. */
  origin: Alias['origin'] = 'runtime';

  constructor(program: Program, options: SessionOptions) {
    this.program = program;
    this.dumpNames = options.dumpNames ?? [];
    this.#own = options.commands;
    const { source, full } = options;
    this.#extra = { ...(source && { source }), ...(full && { full }) };
  }

  /** Its own commands and those of extensions. */
  get commands(): readonly Command[] {
    return this.#extensions.length === 0 ? this.#own : [...this.#own, ...this.#extensions.flatMap((e) => e.commands)];
  }

  /** Whether `exit` was run. */
  get ended(): boolean {
    return this.#ended;
  }

  /** The current task: the one that crashed until another is set. */
  get task(): Addr | undefined {
    return this.#task ?? panicFacts(this.program).task;
  }

  /** The task that was set; undefined while it is the one that crashed. */
  get chosenTask(): Addr | undefined {
    return this.#task;
  }

  setTask(task: Addr | undefined): void {
    this.#task = task;
  }

  get aliases(): readonly Alias[] {
    return this.#aliases.list;
  }

  setAlias(name: string, line: string, origin: Alias['origin'] = this.origin): void {
    this.#aliases.set(name, line, origin);
  }

  get extensions(): readonly Extension[] {
    return this.#extensions;
  }

  /** Adds commands of a module. @throws UsageError when one has the name of another command */
  extend(name: string, commands: readonly Command[]): void {
    for (const c of commands) {
      if (this.#named(c.name)) throw new UsageError(`${name}: there is a command ${c.name} already`);
    }
    this.#extensions = [...this.#extensions, { name, commands }];
  }

  removeExtension(name: string): void {
    const rest = this.#extensions.filter((e) => e.name !== name);
    if (rest.length === this.#extensions.length) throw new NotFoundError('extension', name);
    this.#extensions = rest;
  }

  /** The line with its alias replaced. */
  expand(line: string): string {
    const word = /^\s*(\S+)/.exec(line)?.[1];
    // a command's own name cannot be lost to an alias, but for one that the user set
    return word !== undefined && this.#own.some((c) => c.name === word) && !this.#isChosenAlias(word)
      ? line
      : this.#aliases.expand(line);
  }

  #isChosenAlias(word: string): boolean {
    return this.aliases.some((a) => a.name === word && a.origin !== 'builtin');
  }

  /**
   * Runs one line, which may begin with an alias, a symbol or a type; undefined for an empty one or a comment.
   * @throws UsageError for a line that makes no sense @throws AnalysisError when there is no answer
   */
  run(line: string): Answer | undefined {
    const text = this.expand(line);
    if (this.settings.gdb && !/^\s*(?:crash|set)\s/.test(text)) return this.#runWords(['gdb', text], text);
    return this.#runWords(splitLine(text.replace(/^\s*crash\s+(?=\S)/, '')), text);
  }

  #runWords([name, ...rest]: readonly string[], line: string): Answer | undefined {
    if (name === undefined) return undefined;
    const command = this.#named(name) ?? this.#formatted(name);
    if (command) return this.#runCommand(command, command.verbatim ? verbatimWords(command, line) : rest);
    const meant = implicitCommand(this.program, line);
    if (meant === undefined) throw this.#unknown(name);
    const [other, ...others] = splitLine(meant) as [string, ...string[]];
    const implied = this.find(other);
    return this.#runCommand(implied, implied.verbatim ? verbatimWords(implied, meant) : others);
  }

  /** `p/x`: a command that takes a format behind its name. */
  #formatted(name: string): Command | undefined {
    const slash = name.indexOf('/');
    const command = slash > 0 ? this.#named(name.slice(0, slash)) : undefined;
    return command?.verbatim ? command : undefined;
  }

  /** What commands may do with the session. */
  #port(): SessionPort {
    const session = this;
    return {
      settings: this.settings,
      get aliases() {
        return session.aliases;
      },
      get extensions() {
        return session.extensions;
      },
      setAlias: (name, line) => this.setAlias(name, line),
      removeExtension: (name) => this.removeExtension(name),
      run: (words) => this.#inner(words),
    };
  }

  /** A command that a command runs: it leaves the current task alone. */
  #inner(words: readonly string[]): Answer | undefined {
    if (this.#depth >= DEPTH) throw new UsageError(`${words[0]}: commands that run each other`);
    const task = this.#task;
    try {
      const [name = '', ...rest] = words;
      const first = this.expand(name);
      return this.#runWords([...splitLine(first), ...rest], [first, ...rest].join(' '));
    } finally {
      this.#task = task;
    }
  }

  #runCommand(command: Command, words: readonly string[]): Answer {
    const args = parseArgs(command, words);
    this.#depth++;
    try {
      const data = command.run(this.#context(), args);
      return { command, data, blocks: command.blocks(data, args) };
    } finally {
      this.#depth--;
    }
  }

  #context(): CommandContext {
    const session = this;
    return {
      prog: this.program,
      dumpNames: this.dumpNames,
      commands: this.commands,
      session: this.#port(),
      ...this.#extra,
      get task() {
        return session.task;
      },
      setTask: (task) => {
        this.#task = task;
      },
      quit: () => {
        this.#ended = true;
      },
    };
  }

  #named(name: string): Command | undefined {
    return this.commands.find((c) => c.name === name || c.aliases?.includes(name));
  }

  /** @throws UsageError with the name that was most likely meant */
  find(name: string): Command {
    const found = this.#named(name);
    if (found) return found;
    throw this.#unknown(name);
  }

  #unknown(name: string): UsageError {
    const names = this.commands.flatMap((c) => [c.name, ...(c.aliases ?? [])]);
    const near = nearestName(name, [...names, ...this.aliases.map((a) => a.name)]);
    return new UsageError(
      `no command '${name}'${near === undefined ? '' : `; did you mean ${near}?`} (help lists them all)`,
    );
  }
}
