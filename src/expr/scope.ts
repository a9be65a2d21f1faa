import type { Addr } from '../base/units.ts';
import type { LocalVariable } from '../program/ports.ts';
import type { ExprValue } from './expr-value.ts';

/** What names an expression may use besides the kernel's globals. Everything may be absent. */
export interface Scope {
  /** Value of a register of the current frame by its name without `$`. */
  readonly register?: (name: string) => bigint | undefined;
  /** A parameter or local variable of the current frame. */
  readonly local?: (name: string) => LocalVariable | undefined;
  /** The CPU whose copy of a per-CPU variable is meant. */
  readonly cpu?: number;
  /** Address of a CPU's copy of the per-CPU variable at `address`; undefined when it is none. */
  readonly perCpu?: (address: Addr, cpu: number) => Addr | undefined;
  /** `$`, `$$`, `$1`: values printed before. */
  readonly history?: (name: string) => ExprValue | undefined;
}
