import { perOwner } from '../base/lazy.ts';
import type { Program } from '../program/program.ts';
import type { ExprValue } from './expr-value.ts';

/** Values that are remembered; older ones are forgotten. */
const MAX_VALUES = 1000;

/** The values that were printed, by their numbers from 1, as `$1` names them. */
export class ValueHistory {
  readonly #values: (ExprValue | undefined)[] = [];

  /** Remembers a value; its number. */
  add(value: ExprValue): number {
    this.#values.push(value);
    const old = this.#values.length - MAX_VALUES;
    if (old > 0) this.#values[old - 1] = undefined;
    return this.#values.length;
  }

  /** How many values there were. */
  get count(): number {
    return this.#values.length;
  }

  /** Forgets what came behind the first `count`: their line is run again. */
  forgetFrom(count: number): void {
    this.#values.length = Math.min(this.#values.length, count);
  }

  /** `''` is the last, `$` the one before, `$3` the third last; `7` the seventh. */
  find(name: string): ExprValue | undefined {
    const count = this.#values.length;
    if (name === '') return this.#values[count - 1];
    if (/^\d{1,9}$/.test(name)) return this.#values[Number(name) - 1];
    const back = /^\$(\d{0,9})$/.exec(name);
    return back ? this.#values[count - 1 - (back[1] === '' ? 1 : Number(back[1]))] : undefined;
  }
}

/** The history of a program; commands that print values share it. */
export const valueHistory: (prog: Program) => ValueHistory = perOwner((_: Program) => new ValueHistory());
