import type { LineFields } from './line-fields.ts';

/** One way in which messages of the kernel are transported or stored, line by line. */
export interface LogForm {
  readonly name: string;
  /** Characters that a line of this form can begin with: others are not asked about. */
  readonly starts: string;
  /** In the middle of something of its own: the next line is its, whatever it begins with. */
  readonly open?: boolean;
  /**
   * Takes the prefix off the line `bytes[from, to)` and writes what it told to `fields`.
   * @returns where the message begins, NOT_MINE or NOTHING
   */
  strip(bytes: Uint8Array, from: number, to: number, fields: LineFields): number;
}

/** A form may remember what it saw: each stream has its own. */
export type MakeLogForm = () => LogForm;
