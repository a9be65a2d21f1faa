import type { Block } from './block.ts';
import type { Command } from './command.ts';
import type { Settings } from './settings.ts';

/** A word that stands for others. */
export interface Alias {
  readonly origin: 'builtin' | 'rc' | 'runtime' | 'input';
  readonly name: string;
  readonly line: string;
}

/** Commands that a module added. */
export interface Extension {
  /** What the host calls the module. */
  readonly name: string;
  readonly commands: readonly Command[];
}

/** What a line answered: its data, and the same for people. */
export interface SessionAnswer {
  readonly command: Command;
  readonly data: object;
  readonly blocks: Iterable<Block>;
}

/** The session, for the commands that are about it. */
export interface SessionPort {
  readonly settings: Settings;
  readonly aliases: readonly Alias[];
  readonly extensions: readonly Extension[];
  /** An empty line removes the alias. */
  setAlias(name: string, line: string): void;
  /** @throws NotFoundError */
  removeExtension(name: string): void;
  /** Runs another command, given as its words; the current task stays what it was. */
  run(words: readonly string[]): SessionAnswer | undefined;
}
