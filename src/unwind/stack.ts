import type { Addr } from '../base/units.ts';
import type { FrameTrust, KernelSymbol, RegisterValues } from '../program/ports.ts';

/** One frame of a stack trace. */
export interface StackFrame {
  /** Where execution was or returns to. */
  readonly pc: Addr;
  /** What to look up symbols and lines by: `pc`, or the byte before it when that is a return address. */
  readonly lookupPc: Addr;
  /** Where the return address lies on the stack; of an interrupted frame its stack (or frame) pointer. */
  readonly sp: Addr;
  readonly trust: FrameTrust;
  /** The symbol that covers `lookupPc`; absent in unknown text and in user space. */
  readonly symbol?: KernelSymbol;
  /** `pc` less the symbol's address. */
  readonly offset?: bigint;
  /** Registers that an exception or the dump saved in this frame, by the index of `Architecture.registers`. */
  readonly registers?: RegisterValues;
  /** Every register whose value in this frame is known, by the index of `Architecture.registers`. */
  readonly known: RegisterValues;
  /** Name of the stack: `task`, `irq`, `NMI` ...; absent for a stack that is not known. */
  readonly stack?: string;
  /** The frame is in user space. */
  readonly user?: true;
}

/** A stack trace, innermost frame first. */
export interface Stack {
  readonly frames: readonly StackFrame[];
  /** Why there are no more frames, when the trace does not end where a stack ends. */
  readonly stopped?: string;
  /** The trace goes all the way to the entry from user space or to the thread's first function. */
  readonly complete: boolean;
}
