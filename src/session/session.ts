import { UsageError } from '../base/errors.ts';
import type { Addr } from '../base/units.ts';
import { commands as allCommands } from '../commands/index.ts';
import { panicFacts } from '../kernel/panic.ts';
import type { Program } from '../program/program.ts';
import { parseArgs } from '../report/args.ts';
import type { Block } from '../report/block.ts';
import type { Command } from '../report/command.ts';
import type { SourceFinder } from '../report/source-text.ts';
import { nearestName } from './nearest-name.ts';
import { splitLine } from './split-line.ts';

/** What a command answered: its data, and the same for people. */
export interface Answer {
  readonly command: Command;
  readonly data: object;
  readonly blocks: Iterable<Block>;
}

export interface SessionOptions {
  /** What the host calls the files of the dump. */
  readonly dumpNames?: readonly string[];
  readonly commands?: readonly Command[];
  /** Source text, where the host has it. */
  readonly source?: SourceFinder;
  /** Data is to hold all that debug information tells, asked for or not; for JSON. */
  readonly full?: boolean;
}

/** An opened program and the task that commands work on. */
export class Session {
  readonly program: Program;
  readonly commands: readonly Command[];
  readonly dumpNames: readonly string[];
  readonly #extra: Pick<SessionOptions, 'source' | 'full'>;
  #task: Addr | undefined;
  #ended = false;

  constructor(program: Program, options: SessionOptions = {}) {
    this.program = program;
    this.dumpNames = options.dumpNames ?? [];
    this.commands = options.commands ?? allCommands;
    const { source, full } = options;
    this.#extra = { ...(source && { source }), ...(full && { full }) };
  }

  /** Whether `exit` was run. */
  get ended(): boolean {
    return this.#ended;
  }

  /** The current task: the one that crashed until another is set. */
  get task(): Addr | undefined {
    return this.#task ?? panicFacts(this.program).task;
  }

  /**
   * Runs one line; undefined for an empty one or a comment.
   * @throws UsageError for a line that makes no sense @throws AnalysisError when there is no answer
   */
  run(line: string): Answer | undefined {
    const [name, ...words] = splitLine(line);
    if (name === undefined) return undefined;
    const command = this.find(name);
    const args = parseArgs(command, words);
    const session = this;
    const data = command.run(
      {
        prog: this.program,
        dumpNames: this.dumpNames,
        commands: this.commands,
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
      },
      args,
    );
    return { command, data, blocks: command.blocks(data, args) };
  }

  /** @throws UsageError with the name that was most likely meant */
  find(name: string): Command {
    const found = this.commands.find((c) => c.name === name || c.aliases?.includes(name));
    if (found) return found;
    const names = this.commands.flatMap((c) => [c.name, ...(c.aliases ?? [])]);
    const near = nearestName(name, names);
    throw new UsageError(
      `no command '${name}'${near === undefined ? '' : `; did you mean ${near}?`} (help lists them all)`,
    );
  }
}
