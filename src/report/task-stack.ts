import { AnalysisError } from '../base/errors.ts';
import { hex64 } from '../base/hex.ts';
import { stackWords } from '../kernel/stack-text.ts';
import { formatLocal } from '../program/format-local.ts';
import type { SourceFrame } from '../program/ports.ts';
import type { Program } from '../program/program.ts';
import type { Stack, StackFrame } from '../unwind/stack.ts';
import { codeRegisters } from './register-lines.ts';
import { type SourceFinder, sourceLines } from './source-text.ts';
import type { FrameData, TaskStack, WordsData } from './stack-data.ts';
import { type WordNaming, wordsData } from './stack-words.ts';

/** What a stack is labelled with. */
export interface StackOwner {
  readonly pid: number;
  readonly comm: string;
  readonly address: bigint;
  readonly cpu: number;
}

/** Longest raw frame that is shown: no kernel stack is larger. */
const MAX_WORDS = 8192;

/** What of an unwound stack becomes data. */
export interface StackDataOptions {
  /** With the stack words of each frame, and with what they stand for. */
  readonly raw?: boolean | WordNaming;
  /** With file and line, and the inlined calls as frames before the function that they were inlined into. */
  readonly lines?: boolean;
  /** With parameters and local variables. */
  readonly locals?: boolean;
  /** With lines: the text around each, where this has it. */
  readonly source?: SourceFinder | undefined;
}

/** An unwound stack as data. */
export function taskStackData(
  prog: Program,
  owner: StackOwner,
  stack: Stack,
  { raw = false, lines = false, locals = false, source }: StackDataOptions = {},
): TaskStack {
  const { frames, stopped } = stack;
  return {
    pid: owner.pid,
    comm: owner.comm,
    task: hex64(owner.address),
    cpu: owner.cpu,
    frames: frames.flatMap((f, i) => {
      const data = { ...frameData(prog, f), ...(locals && localsOf(prog, f, frames.slice(i + 1), owner.cpu)) };
      const words = raw === false ? [] : frameWords(prog, frames, i, raw === true ? undefined : raw);
      const full = words.length > 0 ? { ...data, words } : data;
      return lines ? withLines(prog, f, full, source) : [full];
    }),
    ...(stopped !== undefined && { stopped }),
  };
}

function frameData(prog: Program, f: StackFrame): FrameData {
  const callLength = prog.arch.unwind?.callLength;
  return {
    pc: hex64(f.pc),
    ...(callLength !== undefined && f.lookupPc !== f.pc && !f.user && { callLength }),
    symbol: f.symbol?.name ?? null,
    offset: f.offset === undefined ? null : Number(f.offset),
    size: f.symbol?.size ?? null,
    module: f.symbol?.module ?? null,
    inlined: false,
    file: null,
    line: null,
    column: null,
    trust: f.trust,
    stack: f.user ? 'user' : (f.stack ?? 'unknown'),
    sp: hex64(f.sp),
    interrupted: f.lookupPc === f.pc && f.registers !== undefined,
    ...(f.registers && registerData(prog, f)),
  };
}

/** Parameters and local variables of a frame, with those of functions inlined into it. */
function localsOf(prog: Program, f: StackFrame, outer: readonly StackFrame[], cpu: number): Pick<FrameData, 'locals'> {
  if (f.user) return {};
  const callers = outer.map((o) => ({ pc: o.pc, lookupPc: o.lookupPc, registers: o.known }));
  const found = prog.localsAt(f.lookupPc, { registers: f.known, callers, cpu });
  if (!found || found.length === 0) return {};
  return {
    locals: found.map((local) => {
      const { value, ...text } = formatLocal(prog, local);
      const { doubt, function: owner, parameter } = local;
      return { ...text, function: owner, parameter, value: value ?? null, ...(doubt !== undefined && { doubt }) };
    }),
  };
}

/** A frame with its place in the source, behind the calls inlined into it. */
function withLines(prog: Program, f: StackFrame, data: FrameData, source?: SourceFinder): FrameData[] {
  const places = f.user ? undefined : prog.sourceAt(f.lookupPc);
  if (!places || places.length === 0) return [data];
  const { pc, module, trust, stack, sp } = data;
  const at = (p: SourceFrame) => placeOf(p, source);
  const inlined = places.slice(0, -1).map(
    (p): FrameData => ({
      ...{ pc, symbol: p.name === '' ? null : p.name, offset: null, size: null, module, inlined: true },
      ...{ ...at(p), trust, stack, sp, interrupted: false },
    }),
  );
  return [...inlined, { ...data, ...at(places.at(-1) as SourceFrame) }];
}

/** Lines of source around that of a frame. */
const AROUND = 2;

function placeOf(
  { name, file, line, column, doubt }: SourceFrame,
  source: SourceFinder | undefined,
): Pick<FrameData, 'file' | 'line' | 'column' | 'doubt' | 'source'> {
  if (file === '') return { file: null, line: null, column: null };
  const text = line > 0 ? source?.find(file) : undefined;
  return {
    file,
    line,
    column: column > 0 ? column : null,
    ...(doubt !== undefined && { doubt }),
    ...(text && { source: sourceLines(text, { line, function: name }, AROUND, AROUND) }),
  };
}

function registerData(prog: Program, f: StackFrame): Pick<FrameData, 'registers' | 'registerSymbols'> {
  const registers: Record<string, string> = {};
  prog.arch.registers.forEach((name, i) => {
    const value = f.registers?.[i];
    if (value !== undefined) registers[name] = hex64(value);
  });
  if (f.user) return { registers };
  const registerSymbols = symbolsOfRegisters(prog, registers, f);
  return Object.keys(registerSymbols).length > 0 ? { registers, registerSymbols } : { registers };
}

/** `symbol+offset` of the registers that are shown with it; `frame` tells which symbol its pc lies in. */
export function symbolsOfRegisters(
  prog: Program,
  registers: Readonly<Record<string, string>>,
  frame?: Pick<StackFrame, 'pc' | 'symbol'>,
): Record<string, string> {
  const symbols: Record<string, string> = {};
  for (const name of codeRegisters(registers)) {
    const address = BigInt(registers[name] ?? 0);
    const symbol = address === frame?.pc ? frame.symbol : prog.symbolAt(address);
    if (symbol) symbols[name] = `${symbol.name}+${address - symbol.address}`;
  }
  return symbols;
}

/**
 * Where a frame record begins each frame: the words from it to the next. Else the words between a frame's return address and the next frame's, that one included; two a line. What an exception saved,
 * and the frame of the function that it interrupted, belong to the function that was entered by it.
 */
function frameWords(prog: Program, frames: readonly StackFrame[], i: number, naming?: WordNaming): WordsData[] {
  const f = frames[i] as StackFrame;
  const isCrossed = (at: number): boolean => frames[at]?.registers !== undefined && frames[at]?.stack === f.stack;
  if (f.registers && i > 0 && frames[i - 1]?.stack === f.stack) return [];
  let to = i + 1;
  while (isCrossed(to)) to++;
  const next = frames[to];
  if (!next || next.user || f.stack === undefined || next.stack !== f.stack) return [];
  const record = prog.arch.unwind?.frameRecord !== undefined;
  const start = record || (f.registers && f.sp === next.sp) ? f.sp : f.sp + 8n;
  const count = Number(next.sp + (record ? 0n : 8n) - start) / 8;
  if (!(count > 0 && count <= MAX_WORDS && Number.isInteger(count))) return [];
  try {
    return wordsData(prog, start, stackWords(prog, start, count * 8), naming);
  } catch (e) {
    if (!(e instanceof AnalysisError)) throw e;
    return [];
  }
}
