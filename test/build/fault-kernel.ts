import { findGlobal } from '../../src/debug/btf-globals.ts';
import type { BtfTypes } from '../../src/debug/btf-types.ts';
import type { FaultChain } from '../../src/fault/chain.ts';
import { explainFault } from '../../src/fault/explain-fault.ts';
import { nodeDisassembler } from '../../src/node/disassembler.ts';
import type { Architecture, DebugProvider, RegisterValues } from '../../src/program/ports.ts';
import type { Program } from '../../src/program/program.ts';
import type { Stack, StackFrame } from '../../src/unwind/stack.ts';
import { btfTypes } from './btf-types.ts';
import { BtfWriter } from './btf-writer.ts';
import { TestKernel } from './test-program.ts';

/** A kernel made of machine code that a test assembles, with types, memory and one exception. */
export class FaultKernel extends TestKernel {
  static readonly TEXT = TestKernel.BASE + 0x10_0000n;
  static readonly STACK = TestKernel.BASE + 0x20_0000n;
  readonly btf = new BtfWriter();
  readonly #arch: Architecture;
  #next = FaultKernel.TEXT;

  constructor(arch: Architecture) {
    super();
    this.#arch = arch;
    this.fill(FaultKernel.TEXT, 0x8000);
    this.fill(FaultKernel.STACK, 0x4000);
  }

  /** Places a function; its address. */
  code(name: string, bytes: readonly number[], module?: string): bigint {
    const at = this.#next;
    this.memory.write(Number(at - TestKernel.BASE), Uint8Array.from(bytes));
    this.symbol(name, at, bytes.length, 't', module);
    this.#next += BigInt((bytes.length + 31) & ~15);
    return at;
  }

  /** Where the next function will be. */
  get nextCode(): bigint {
    return this.#next;
  }

  bytes(at: bigint, bytes: readonly number[]): void {
    this.memory.write(Number(at - TestKernel.BASE), Uint8Array.from(bytes));
  }

  opened(): Program {
    const prog = this.program(this.#arch, [typesOf(btfTypes(this.btf))]);
    prog.disassembler = nodeDisassembler();
    return prog;
  }

  /** @param registers by their names, `pc` or `rip` and the stack pointer among them */
  explain(
    registers: Readonly<Record<string, bigint>>,
    options: { target?: bigint; more?: readonly StackFrame[]; prog?: Program } = {},
  ): FaultChain | undefined {
    const prog = options.prog ?? this.opened();
    const values: RegisterValues = this.#arch.registers.map((name) => registers[name]);
    const pc = registers.pc ?? registers.rip ?? 0n;
    const symbol = prog.symbolAt(pc);
    const frame: StackFrame = {
      ...{ pc, lookupPc: pc, sp: registers.sp ?? registers.rsp ?? 0n, trust: 'registers', registers: values },
      ...{ known: values, ...(symbol && { symbol }) },
    };
    const stack: Stack = { frames: [frame, ...(options.more ?? [])], complete: true };
    const { target } = options;
    return explainFault(prog, { stack, index: 0, cpu: 0, ...(target !== undefined && { target }) });
  }
}

/** Instruction words of a CPU that has them in 4 bytes. */
export function words(...values: readonly number[]): number[] {
  return values.flatMap((w) => [w & 255, (w >>> 8) & 255, (w >>> 16) & 255, (w >>> 24) & 255]);
}

/** `bl` from one address to another. */
export function branchLink(from: bigint, to: bigint): number {
  return (0x94000000 | (Number((to - from) / 4n) & 0x3ffffff)) >>> 0;
}

/** A relative 32-bit distance as an x86 call or jump has it. @param end address behind the instruction */
export function relative(end: bigint, to: bigint): number[] {
  return words(Number(BigInt.asIntN(32, to - end)) | 0);
}

function typesOf(types: BtfTypes): DebugProvider {
  return {
    name: 'written types',
    offers: ['types'],
    open: () => ({
      findType: (name) => types.find(name),
      findVariableType(name) {
        const id = findGlobal(types.section, name);
        return id === undefined ? undefined : types.global(id);
      },
      structsOfSize: (least, most) => types.structsOfSize(least, most),
    }),
  };
}
