import { type AllocatorCall, allocatorCall } from '../../src/diagnosis/allocator-calls.ts';
import type { Case } from '../../src/diagnosis/case.ts';
import { examineObjects } from '../../src/diagnosis/examine-objects.ts';
import type { ExaminedObject } from '../../src/diagnosis/examined-object.ts';
import { findFatalLine } from '../../src/diagnosis/fatal-log.ts';
import { faultAddress } from '../../src/diagnosis/fault-address.ts';
import type { FaultChain } from '../../src/fault/chain.ts';
import type { ModuleRecord } from '../../src/kernel/module.ts';
import type { Architecture } from '../../src/program/ports.ts';
import type { FrameData } from '../../src/report/stack-data.ts';
import type { StackFrame } from '../../src/unwind/stack.ts';
import { KernelMemory } from './kernel-memory.ts';

const REGISTERS = ['rip', 'rsp', 'rax', 'rbx', 'rdi', 'rsi', 'rbp'] as const;
const STACK = 0xffffc90000004000n;
const TEXT = 0xffffffff81000000n;

const ARCH: Architecture = {
  name: 'test',
  elfMachine: 0,
  pointerSize: 8,
  littleEndian: true,
  recognise: () => true,
  registers: REGISTERS,
  kernelMap: () => {
    throw new Error('a test kernel brings its own map');
  },
};

/** A frame of the dead task; one with registers was interrupted. */
export interface MadeFrame {
  readonly symbol: string | null;
  readonly module?: string;
  readonly pc?: bigint;
  readonly sp?: bigint;
  readonly registers?: Readonly<Partial<Record<(typeof REGISTERS)[number], bigint>>>;
}

/** What a test says of a death. */
export interface MadeDeath {
  readonly memory?: KernelMemory;
  /** Innermost first: the first one is the frame of death. */
  readonly frames?: readonly MadeFrame[];
  readonly log?: readonly string[];
  readonly chain?: FaultChain;
  readonly modules?: readonly ModuleRecord[];
  readonly panic?: string;
}

/** A case as a dump would give it, of frames and lines that a test states. */
export function madeCase(death: MadeDeath): Case {
  const prog = (death.memory ?? new KernelMemory()).kernel.program(ARCH);
  const made = death.frames ?? [];
  const frames = made.map(frameData);
  const fatal = findFatalLine(death.log ?? []);
  const lines = fatal ? (death.log ?? []).slice(fatal.index) : [];
  const stack = { pid: 1, comm: 'test', task: '0xffff888000001000', cpu: 0, frames };
  const site = frames[0];
  const objects: ExaminedObject[] = examineObjects(prog, made.map(stackFrame), 0, death.chain?.pointers);
  const allocator: AllocatorCall | undefined = site && allocatorCall(frames, 0);
  return {
    prog,
    panic: { how: 'a test', ...(death.panic !== undefined && { message: death.panic }) },
    log: (death.log ?? []).map((line, i) => ({
      ...{ text: line, level: 4, timestampNs: BigInt(i) * 1000n, facility: 0, sequence: BigInt(i), flags: 0 },
    })),
    fatal,
    fatalLines: lines,
    crashed: undefined,
    unwound: { frames: made.map(stackFrame), complete: true },
    stack: site && stack,
    place: site && { index: 0, context: 'process' },
    site,
    preemptCount: undefined,
    modules: { modules: death.modules ?? [], problems: [] },
    fault: faultAddress(lines),
    chain: death.chain,
    allocator,
    objects,
    referrersOf: () => ({ found: [], searched: 0, complete: true }),
  };
}

function pcOf(frame: MadeFrame, index: number): bigint {
  return frame.pc ?? TEXT + BigInt(index * 0x100 + 0x10);
}

function frameData(frame: MadeFrame, index: number): FrameData {
  const registers = Object.entries(frame.registers ?? {}).map(([name, value]) => [name, text(value)]);
  return {
    ...{ pc: text(pcOf(frame, index)), symbol: frame.symbol, offset: 16, size: 256, module: frame.module ?? null },
    ...{ inlined: false, file: null, line: null, column: null, trust: 'orc', stack: 'task' },
    sp: text(frame.sp ?? STACK + BigInt(index * 64)),
    interrupted: frame.registers !== undefined,
    ...(frame.registers && { registers: Object.fromEntries(registers) as Record<string, string> }),
  };
}

function stackFrame(frame: MadeFrame, index: number): StackFrame {
  const known = REGISTERS.map((name) => frame.registers?.[name]);
  const pc = pcOf(frame, index);
  return {
    ...{ pc, lookupPc: pc, sp: frame.sp ?? STACK + BigInt(index * 64), trust: 'orc', known, stack: 'task' },
    ...(frame.registers && { registers: known }),
    ...(frame.symbol !== null && { symbol: { name: frame.symbol, address: pc, size: 64, letter: 't' } }),
  };
}

function text(value: bigint): string {
  return `0x${value.toString(16).padStart(16, '0')}`;
}
