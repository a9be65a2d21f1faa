import { AnalysisError } from '../base/errors.ts';
import { hex64 } from '../base/hex.ts';
import type { Addr } from '../base/units.ts';
import { type StackText, stackText, stackWords } from '../kernel/stack-text.ts';
import type { ExceptionFrame, RegisterValues, StackRange } from '../program/ports.ts';
import type { Program } from '../program/program.ts';
import type { StackFrame } from '../unwind/stack.ts';
import {
  arrayOf,
  boolean,
  hexString,
  integer,
  nullable,
  object,
  optional,
  record,
  type Schema,
  string,
} from './schema.ts';
import { type WordsData, wordsSchema } from './stack-data.ts';
import { wordsData } from './stack-words.ts';
import type { TaskName } from './task-data.ts';
import { taskNameSchema } from './task-data.ts';
import { symbolsOfRegisters } from './task-stack.ts';

/** A code address found on a stack. */
export interface TextData {
  readonly at: string;
  readonly pc: string;
  readonly symbol: string;
  readonly offset: number;
  readonly module: string | null;
}

/** An exception frame found on a stack. */
export interface ExceptionData {
  readonly at: string;
  readonly user: boolean;
  readonly symbol: string | null;
  readonly offset: number;
  readonly registers: Readonly<Record<string, string>>;
  /** `symbol+offset` of registers that hold code addresses. */
  readonly registerSymbols?: Readonly<Record<string, string>>;
}

/** What a search of one stack found; what was not looked for is absent. */
export interface StackSearch {
  /** Whose stack; null for a stack of a CPU. */
  readonly task: TaskName | null;
  readonly cpu: number;
  readonly stack: string;
  /** The stack of the part before, which an interrupt or exception had changed to from this one. */
  readonly enteredFrom?: string;
  /** Where the task stopped. */
  readonly start?: { readonly pc: string; readonly symbol: string | null };
  readonly texts?: readonly TextData[];
  readonly exceptions?: readonly ExceptionData[];
  /** The registers of the CPU where the task stopped, when the dump has them. */
  readonly stopped?: ExceptionData;
  readonly words?: readonly WordsData[];
  /** Why the stack could not be searched. */
  readonly unread?: string;
}

const exceptionMembers = {
  at: hexString('Where it lies.'),
  user: boolean('It came from user space.'),
  symbol: nullable(string('Function that was interrupted.')),
  offset: integer('Bytes into the function.'),
  registers: record('Registers that were saved.', hexString('Value.')),
  registerSymbols: optional(
    record('Function and offset that a register points to, by its name.', string('`symbol+offset`.')),
  ),
};

export const stackSearchSchema: Schema = object('A stack that was searched.', {
  task: nullable(taskNameSchema),
  cpu: integer('CPU that the task ran on, or whose stack it is.'),
  stack: string('Which stack: `task`, `irq`, `NMI`, ...'),
  enteredFrom: optional(string('The stack of the part before, which was changed to from this one.')),
  start: optional(
    object('Where the task stopped (`-t`, `-o`).', {
      pc: hexString('Address.'),
      symbol: nullable(string('Function.')),
    }),
  ),
  texts: optional(
    arrayOf(
      'Code addresses on the stack, stale ones too (`-t`, `-T`, `-o`).',
      object('One.', {
        at: hexString('Where it lies.'),
        pc: hexString('The code address.'),
        symbol: string('Function.'),
        offset: integer('Bytes into the function.'),
        module: nullable(string('Module; null for the kernel itself.')),
      }),
    ),
  ),
  exceptions: optional(arrayOf('Exception frames (`-e`, `-E`, `-o`).', object('One.', exceptionMembers))),
  stopped: optional(
    object('Registers of the CPU where the task stopped (`-o`), when the dump has them.', exceptionMembers),
  ),
  words: optional(arrayOf('The stack as it is (`-r`).', wordsSchema)),
  unread: optional(string('Why the stack could not be searched.')),
});

/** What is looked for on a task's stack. */
export type SearchKind = 'raw' | 'texts' | 'all-texts' | 'exceptions' | 'old';

/** Searches the stack of a task, and those of its CPU that its trace crosses. @param frames the trace */
export function searchTaskStack(
  prog: Program,
  task: TaskName & { readonly address: Addr },
  frames: readonly StackFrame[],
  kind: SearchKind,
): StackSearch[] {
  const owner = { pid: task.pid, task: task.task, cpu: task.cpu, comm: task.comm };
  const { unwind } = prog.arch;
  if (!unwind) return [];
  const search = (stack: StackRange, from: Addr, enteredFrom?: string): StackSearch => {
    const base = { task: owner, cpu: task.cpu, stack: stack.name, ...(enteredFrom !== undefined && { enteredFrom }) };
    try {
      return { ...base, ...found(prog, stack, from, kind, frames) };
    } catch (e) {
      if (!(e instanceof AnalysisError)) throw e;
      return { ...base, unread: e.message };
    }
  };
  const own = unwind.taskStack(prog, task.address);
  if (own.low === 0n) {
    return [{ task: owner, cpu: task.cpu, stack: own.name, unread: 'the task has exited, its stack is freed' }];
  }
  if (kind === 'raw' || kind === 'all-texts' || kind === 'exceptions') return [search(own, own.low)];
  const crossed = new Map<string, StackFrame>();
  for (const f of frames) if (!f.user && f.stack !== undefined && !crossed.has(f.stack)) crossed.set(f.stack, f);
  const stacks = unwind.cpuStacks(prog, task.cpu);
  const parts: StackSearch[] = [];
  for (const [name, first] of crossed) {
    const range = name === own.name ? own : stacks.find((s) => s.name === name);
    if (range) parts.push(search(range, first.sp, parts.at(-1)?.stack));
  }
  return parts.length > 0 ? parts : [search(own, own.low)];
}

function found(
  prog: Program,
  stack: StackRange,
  from: Addr,
  kind: SearchKind,
  frames: readonly StackFrame[],
): Partial<StackSearch> {
  if (kind === 'raw') {
    return {
      words: wordsData(prog, stack.low, stackWords(prog, stack.low, Number(stack.high - stack.low)), 'symbols'),
    };
  }
  if (kind === 'exceptions') return { exceptions: exceptionsOf(prog, stack) };
  const texts = stackText(prog, stack, from).map(textData);
  if (kind === 'all-texts') return { texts, exceptions: exceptionsOf(prog, stack).filter((e) => e.user) };
  const first = frames[0];
  const start = first?.stack === stack.name ? { pc: hex64(first.pc), symbol: first.symbol?.name ?? null } : undefined;
  const above = exceptionsOf(prog, stack).filter((e) => BigInt(e.at) >= from);
  // what made it change the stack lies right behind the first return address
  const isFirst = (e: ExceptionData): boolean => first?.stack !== stack.name && BigInt(e.at) <= from + 16n;
  const exceptions = kind === 'old' ? above : above.filter((e) => e.user || isFirst(e));
  const registers = kind === 'old' && start ? first?.registers : undefined;
  const stopped = registers && { stopped: exceptionData(prog, { at: from, user: false, registers }) };
  return { texts, exceptions, ...(start && { start }), ...stopped };
}

/** The exception frames on a stack of a CPU, as data. */
export function searchCpuStack(prog: Program, cpu: number, stack: StackRange): StackSearch {
  const base = { task: null, cpu, stack: stack.name };
  try {
    return { ...base, exceptions: exceptionsOf(prog, stack) };
  } catch (e) {
    if (!(e instanceof AnalysisError)) throw e;
    return { ...base, unread: e.message };
  }
}

function exceptionsOf(prog: Program, stack: StackRange): ExceptionData[] {
  return (prog.arch.unwind?.exceptionFrames?.(prog, stack) ?? []).map((frame) => exceptionData(prog, frame));
}

function exceptionData(prog: Program, frame: ExceptionFrame): ExceptionData {
  const pc = frame.registers[prog.arch.unwind?.pc ?? 0] ?? 0n;
  const symbol = frame.user ? undefined : prog.symbolAt(pc);
  const registers = namedRegisters(prog, frame.registers);
  const registerSymbols = frame.user ? {} : symbolsOfRegisters(prog, registers);
  return {
    at: hex64(frame.at),
    user: frame.user,
    symbol: symbol?.name ?? null,
    offset: symbol ? Number(pc - symbol.address) : 0,
    registers,
    ...(Object.keys(registerSymbols).length > 0 && { registerSymbols }),
  };
}

function namedRegisters(prog: Program, values: RegisterValues): Record<string, string> {
  const named: Record<string, string> = {};
  prog.arch.registers.forEach((name, i) => {
    const value = values[i];
    if (value !== undefined) named[name] = hex64(value);
  });
  return named;
}

function textData({ at, pc, symbol }: StackText): TextData {
  return {
    at: hex64(at),
    pc: hex64(pc),
    symbol: symbol.name,
    offset: Number(pc - symbol.address),
    module: symbol.module ?? null,
  };
}
