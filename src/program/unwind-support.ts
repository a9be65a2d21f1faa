import type { Addr, Bytes } from '../base/units.ts';
import type { RegisterValues } from './architecture.ts';
import type { Program } from './program.ts';

/**
 * Where a frame's registers come from, from the surest to the weakest. `code`: from what the callee's code did by then; `log`:
 * the kernel printed it, memory has it not.
 */
export type FrameTrust = 'registers' | 'orc' | 'cfi' | 'frame-pointer' | 'code' | 'scan' | 'log';

/** Half-open range of a kernel stack. */
export interface StackRange {
  /** `task`, `irq`, `overflow`, `DF`, `NMI`, ... as the kernel's own dump names them. */
  readonly name: string;
  readonly low: Addr;
  readonly high: Addr;
}

/** One frame of a stack, as a CPU sees it. */
export interface Step {
  /** What is known of the registers in this frame; `pc` among them. */
  readonly registers: RegisterValues;
  readonly trust: FrameTrust;
  /** What debuggers print in brackets: where the return address lies, or the stack pointer of an interrupted frame. */
  readonly at: Addr;
  /** The pc is where execution was, not a return address. */
  readonly exact: boolean;
  /** An exception saved the registers of this frame, or a note did. */
  readonly saved: boolean;
  /** User space: the kernel's stack ends here. */
  readonly user?: boolean;
}

/** Why there is no further frame; `complete` when the stack really ends here. */
export interface StackEnd {
  readonly end: string;
  readonly complete: boolean;
}

/** The stacks that a walk may touch. Reads anywhere else are refused: a broken pointer must not lead astray. */
export interface StackMemory {
  readonly task: Addr;
  /** The task's own stack. */
  readonly own: StackRange;
  /** The stack that holds all `size` bytes at `at`. */
  find(at: Addr, size: Bytes): StackRange | undefined;
  /** The word at `at`, when that is 8-byte aligned and on one of the stacks. */
  word(at: Addr): bigint | undefined;
}

/** What the generic stepping loop asks of a CPU. */
export interface UnwindSupport {
  readonly pc: number;
  readonly sp: number;
  /** Where frames come from, the surest first; for the support matrix. */
  readonly frames?: readonly FrameTrust[];
  /** Number of the register in which functions of the kernel are given their first argument. */
  readonly firstArgument?: number;
  /** Registers that a function leaves as they were, by number: what call frame information does not say. */
  readonly calleeSaved?: readonly number[];
  /**
   * The register that points at where its caller's value is saved, in every function that has called another. Absent: no
   * register does so throughout.
   */
  readonly frameRecord?: number;
  /** Bytes of a call, where debuggers of this CPU show the call and not what comes behind it. */
  readonly callLength?: Bytes;
  /** Registers of a NT_PRSTATUS note's `desc`; undefined when it is too short. */
  prstatus(desc: Uint8Array, littleEndian: boolean): RegisterValues | undefined;
  /** The innermost frame of a task that does not run. @param task address of `struct task_struct` */
  blocked(prog: Program, task: Addr): Step;
  /** The stack of a task. */
  taskStack(prog: Program, task: Addr): StackRange;
  /** The further stacks of a CPU: for interrupts, NMIs, overflows. Those that cannot be found are left out. */
  cpuStacks(prog: Program, cpu: number): readonly StackRange[];
  /** The stack that `at` lies on, judged by the memory around it, where the kernel's variables do not lead to it. */
  stackAt?(prog: Program, at: Addr): StackRange | undefined;
  /** From a frame to its caller. */
  step(prog: Program, frame: Step, stack: StackMemory): Step | StackEnd;
  /** Whether the registers are those of user space. */
  isUser(prog: Program, registers: RegisterValues): boolean;
  /** Whether the CPU takes interrupts with these registers; undefined when they do not tell. */
  interruptsOn?(registers: RegisterValues): boolean | undefined;
  /**
   * The exception frames (`struct pt_regs`) in a stack, told by their contents alone, ascending. Absent: they cannot be told.
   */
  exceptionFrames?(prog: Program, stack: StackRange): readonly ExceptionFrame[];
}

/** What an exception saved on a stack. */
export interface ExceptionFrame {
  readonly at: Addr;
  readonly registers: RegisterValues;
  /** It came from user space. */
  readonly user: boolean;
}
