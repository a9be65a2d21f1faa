import type { Args } from './args.ts';
import type { Block } from './block.ts';
import type { CommandContext } from './command.ts';
import type { Schema } from './schema.ts';

/** One of the answers of a command that has several, each under an option of its own. */
export interface CommandPart<D extends object = object> {
  /** The member of the command's data that holds its answer. */
  readonly name: string;
  /** The option that asks for it. */
  readonly flag?: string;
  readonly schema: Schema;
  /** @throws AnalysisError */
  run(context: CommandContext, args: Args): D;
  blocks(data: D, args: Args): Iterable<Block>;
}

/** Keeps the data type of a declaration checked while parts stand in one list. */
export function commandPart<D extends object>(declaration: CommandPart<D>): CommandPart {
  return declaration as unknown as CommandPart;
}
