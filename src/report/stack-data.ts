import type { FrameTrust } from '../program/ports.ts';
import {
  arrayOf,
  boolean,
  hexString,
  integer,
  nullable,
  object,
  oneOf,
  optional,
  record,
  type Schema,
  secret,
  string,
} from './schema.ts';
import { type SourceLines, sourceLinesSchema } from './source-text.ts';

/** A frame as JSON; addresses are `0x` and 16 digits. */
export interface FrameData {
  readonly pc: string;
  /** Bytes before `pc` where the call is that returns there; where debuggers of the CPU show that. */
  readonly callLength?: number;
  readonly symbol: string | null;
  readonly offset: number | null;
  readonly size: number | null;
  readonly module: string | null;
  readonly inlined: boolean;
  readonly file: string | null;
  readonly line: number | null;
  /** From 1; null when not known. */
  readonly column: number | null;
  /** Why file, line and variables may be wrong. */
  readonly doubt?: string;
  /** Text around the line, on request. */
  readonly source?: SourceLines;
  readonly trust: FrameTrust;
  /** Name of the stack it lies on; `user` for user mode. */
  readonly stack: string;
  /** Where the return address lies; of an interrupted frame its stack pointer. crash prints it in brackets. */
  readonly sp: string;
  /** The CPU was interrupted here: `pc` is the instruction itself, not a return address. */
  readonly interrupted: boolean;
  /** All registers, where the machine or an exception saved them. */
  readonly registers?: Readonly<Record<string, string>>;
  /** `symbol+offset` of the registers that hold code addresses, by register name. */
  readonly registerSymbols?: Readonly<Record<string, string>>;
  /** Parameters and local variables, on request: of the functions inlined here first. */
  readonly locals?: readonly LocalData[];
  /** Raw 8-byte words of this frame, on request. */
  readonly words?: readonly WordsData[];
}

/** Two words of a stack. */
export interface WordsData {
  readonly address: string;
  readonly values: readonly string[];
  /** What stands for them: `symbol+offset`, `[cache]`, null for neither. On request. */
  readonly names?: readonly (string | null)[];
}

/** A parameter or local variable of a frame. */
export interface LocalData {
  readonly name: string;
  /** That declares it: the frame's own, or one inlined into it. */
  readonly function: string;
  readonly parameter: boolean;
  readonly type: string;
  /** As C writes it; null when there is none, and then `why` is there. */
  readonly value: string | null;
  readonly why?: string;
  /** Why it may be wrong. */
  readonly doubt?: string;
}

/** The stack of one task. */
export interface TaskStack {
  readonly pid: number;
  readonly comm: string;
  readonly task: string;
  readonly cpu: number;
  readonly frames: readonly FrameData[];
  /** Why the trace ends before the bottom of the stack; absent when it is complete. */
  readonly stopped?: string;
}

export const wordsSchema: Schema = object('Up to two words.', {
  address: hexString('Address of the first.'),
  values: arrayOf('Values.', hexString('8 bytes.')),
  names: optional(
    arrayOf('Symbol and offset, or the slab cache in brackets (`-F`).', nullable(string('One; null for none.'))),
  ),
});

const frame: Schema = object('One frame, innermost first.', {
  pc: hexString('Program counter: the return address, or the interrupted instruction.'),
  callLength: optional(integer('Bytes before pc where the call is; on CPUs whose debuggers show that.')),
  symbol: nullable(string('Function.')),
  offset: nullable(integer('Bytes from the start of the function.')),
  size: nullable(integer('Bytes of the function.')),
  module: nullable(string('Module; null for the kernel itself.')),
  inlined: boolean('Whether the frame is an inlined call.'),
  file: nullable(secret('path', string('Source file.'))),
  line: nullable(integer('Line in it.')),
  column: nullable(integer('Column in it.')),
  doubt: optional(string('Why file and line may be wrong: they come from a file of another build.')),
  source: optional(sourceLinesSchema),
  trust: oneOf(
    'Where the registers of this frame come from, from the surest to the weakest; `log`: the kernel printed the frame, and memory does not tell: then `sp` is 0, and `pc` where the symbol is not known.',
    ['registers', 'orc', 'cfi', 'frame-pointer', 'code', 'scan', 'log'],
  ),
  stack: string('Stack the frame lies on: `task`, `irq`, `NMI`, ...; `user` in user mode.'),
  sp: hexString(
    'Where the return address lies, of an interrupted frame its stack pointer: what crash prints in brackets.',
  ),
  interrupted: boolean('Whether an exception or interrupt was taken here.'),
  registers: optional(record('Registers that the machine or an exception saved.', hexString('Value.'))),
  registerSymbols: optional(
    record(
      'Function and offset that a register points to, by its name.',
      string('`symbol+offset`, offset in decimal.'),
    ),
  ),
  locals: optional(
    arrayOf(
      'Parameters and local variables, those of inlined functions first (`--locals`).',
      object('One variable.', {
        name: string('Its name.'),
        function: string('The function that declares it.'),
        parameter: boolean('Whether it is a parameter.'),
        type: string('Its type in C; empty when not known.'),
        value: nullable(secret('contents', string('Its value as C writes it; null when there is none.'))),
        why: optional(string('Why there is no value: `optimized out`, or what is missing.')),
        doubt: optional(string('Why it may be wrong: it comes from a file of another build.')),
      }),
    ),
  ),
  words: optional(
    arrayOf(
      'Raw stack contents of the frame (`-f`); those of an interrupted function stand at the function that was entered then.',
      wordsSchema,
    ),
  ),
});

export const taskStackSchema: Schema = object('The stack of one task.', {
  pid: integer('Process id.'),
  comm: string('Command name.'),
  task: hexString('Address of `struct task_struct`.'),
  cpu: integer('CPU it runs or last ran on.'),
  frames: arrayOf('Frames, innermost first.', frame),
  stopped: optional(string('Why the trace ends before the bottom of the stack; absent when it is complete.')),
});
