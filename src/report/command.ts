import type { Addr } from '../base/units.ts';
import type { Program } from '../program/program.ts';
import type { Args } from './args.ts';
import type { Block } from './block.ts';
import type { Schema } from './schema.ts';
import type { SessionPort } from './session-port.ts';
import type { SourceFinder } from './source-text.ts';

/** One option of a command: a letter or a number, as crash's are (`-l`, `-16`), or a word (`--locals`). */
export interface OptionSpec {
  readonly flag: string;
  /** Name of its value; absent: the option takes none. */
  readonly value?: string;
  /** The value may be left out; then it stands in the same word: `-b4`, `-i=shared`. */
  readonly optional?: true;
  readonly help: string;
}

/** What may follow the options. */
interface OperandSpec {
  readonly name: string;
  readonly help: string;
  readonly required?: true;
  readonly many?: true;
  /** Words that it may be, for completion. */
  readonly words?: readonly string[];
}

interface ArgsSpec {
  readonly options?: readonly OptionSpec[];
  readonly operands?: readonly OperandSpec[];
  /** The operands are an expression, in which a word may begin with a minus. */
  readonly expression?: true;
}

interface Example {
  readonly line: string;
  readonly shows: string;
  /** Output as the command prints it, shortened. */
  readonly output?: string;
}

/** What a command may know and change besides the dump. */
export interface CommandContext {
  readonly prog: Program;
  /** What the host calls the dump: file names. */
  readonly dumpNames: readonly string[];
  /** Address of the current task, when there is one. */
  readonly task: Addr | undefined;
  setTask(task: Addr): void;
  /** The session ends after this command. */
  quit(): void;
  readonly commands: readonly Command[];
  /** Source text, where a host has it. */
  readonly source?: SourceFinder;
  /** Writes a file that the user named, where a host has files. @throws AnalysisError */
  readonly writeFile?: (path: string, bytes: Uint8Array) => void;
  /** Data is to hold all that debug information tells, asked for or not. */
  readonly full?: boolean;
  /** The session the command runs in, where there is one. */
  readonly session?: SessionPort;
}

/**
 * A command: what it answers is data, and text is made of the same data. One file each; help, the command reference
 * and the description of its JSON are generated from this declaration.
 */
export interface Command<D extends object = object> {
  readonly name: string;
  readonly aliases?: readonly string[];
  readonly summary: string;
  /** Paragraphs for `help <command>`. */
  readonly description: readonly string[];
  readonly args: ArgsSpec;
  readonly examples: readonly Example[];
  /** What follows the options is one operand, as it was typed: an expression. */
  readonly verbatim?: true;
  /** Shape of the data. */
  readonly schema: Schema;
  /** @throws AnalysisError */
  run(context: CommandContext, args: Args): D;
  /** The same data for people. */
  blocks(data: D, args: Args): Iterable<Block>;
}

/** Keeps the data type of a declaration checked while commands stand in one list. */
export function command<D extends object>(declaration: Command<D>): Command {
  return declaration as unknown as Command;
}
