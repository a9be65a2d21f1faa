import { hex64 } from '../base/hex.ts';
import type { Program } from '../program/program.ts';
import type { Stack, StackFrame } from '../unwind/stack.ts';
import { codeRegisters } from './register-lines.ts';
import type { FrameData, TaskStack } from './stack-data.ts';

/** What a stack is labelled with. */
export interface StackOwner {
  readonly pid: number;
  readonly comm: string;
  readonly address: bigint;
  readonly cpu: number;
}

/** Longest raw frame that is shown: no kernel stack is larger. */
const MAX_WORDS = 8192;

/** An unwound stack as data. @param raw with the stack words of each frame */
export function taskStackData(prog: Program, owner: StackOwner, stack: Stack, raw = false): TaskStack {
  const { frames, stopped } = stack;
  return {
    pid: owner.pid,
    comm: owner.comm,
    task: hex64(owner.address),
    cpu: owner.cpu,
    frames: frames.map((f, i) => {
      const data = frameData(prog, f);
      const words = raw ? frameWords(prog, f, frames[i + 1]) : [];
      return words.length > 0 ? { ...data, words } : data;
    }),
    ...(stopped !== undefined && { stopped }),
  };
}

function frameData(prog: Program, f: StackFrame): FrameData {
  return {
    pc: hex64(f.pc),
    symbol: f.symbol?.name ?? null,
    offset: f.offset === undefined ? null : Number(f.offset),
    size: f.symbol?.size ?? null,
    module: f.symbol?.module ?? null,
    inlined: false,
    file: null,
    line: null,
    trust: f.trust,
    stack: f.user ? 'user' : (f.stack ?? 'unknown'),
    sp: hex64(f.sp),
    interrupted: f.lookupPc === f.pc && f.registers !== undefined,
    ...(f.registers && registerData(prog, f)),
  };
}

function registerData(prog: Program, f: StackFrame): Pick<FrameData, 'registers' | 'registerSymbols'> {
  const registers: Record<string, string> = {};
  prog.arch.registers.forEach((name, i) => {
    const value = f.registers?.[i];
    if (value !== undefined) registers[name] = hex64(value);
  });
  if (f.user) return { registers };
  const registerSymbols: Record<string, string> = {};
  for (const name of codeRegisters(registers)) {
    const address = BigInt(registers[name] ?? 0);
    const symbol = address === f.pc ? f.symbol : prog.symbolAt(address);
    if (symbol) registerSymbols[name] = `${symbol.name}+${address - symbol.address}`;
  }
  return Object.keys(registerSymbols).length > 0 ? { registers, registerSymbols } : { registers };
}

/** The words between a frame's return address and the next frame's, that one included; two a line. */
function frameWords(prog: Program, f: StackFrame, next: StackFrame | undefined): NonNullable<FrameData['words']> {
  if (!next || next.user || f.stack === undefined || next.stack !== f.stack) return [];
  const start = f.registers ? f.sp : f.sp + 8n;
  const count = Number(next.sp + 8n - start) / 8;
  if (!(count > 0 && count <= MAX_WORDS && Number.isInteger(count))) return [];
  const bytes = new Uint8Array(count * 8);
  if (prog.memory.tryRead(start, bytes) !== undefined) return [];
  const view = new DataView(bytes.buffer);
  const out: { address: string; values: string[] }[] = [];
  for (let i = 0; i < count; i++) {
    const value = hex64(view.getBigUint64(i * 8, prog.arch.littleEndian));
    if (i % 2 === 0) out.push({ address: hex64(start + BigInt(i * 8)), values: [value] });
    else out[out.length - 1]?.values.push(value);
  }
  return out;
}
