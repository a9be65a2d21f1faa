import type { Addr, Bytes } from '../base/units.ts';
import type { Instruction } from '../program/instruction.ts';
import type { Term } from './term.ts';

/** What an instruction leaves behind: a register, or bytes of memory. Everything is read before anything is written. */
export interface Effect {
  readonly to:
    | { readonly kind: 'register'; readonly name: string }
    | { readonly kind: 'memory'; readonly address: Term; readonly size: Bytes };
  readonly from: Term;
}

/** Memory that an instruction touches. */
export interface Access {
  readonly address: Term;
  /** 0 when the instruction does not say. */
  readonly size: Bytes;
  readonly kind: 'read' | 'write' | 'read-write';
}

/** How two values are compared: `==`, `<` ...; `&` is true when any bit that is set in both is. */
export type Relation = '==' | '!=' | '<' | '<=' | '>' | '>=' | '&' | '!&';

/** What a conditional jump goes by. */
export interface Test {
  readonly left: Term;
  readonly right: Term;
  /** That holds when the jump is taken. */
  readonly relation: Relation;
  readonly signed: boolean;
  /** Bytes compared. */
  readonly size: Bytes;
  /** It is known only of a jump that is taken, or of one that is not: otherwise another comparison may have decided. */
  readonly only?: 'taken' | 'passed';
}

/** Where an instruction may be followed by another. */
export interface Flow {
  /** The next instruction in memory may be executed after it (a call returns there). */
  readonly falls: boolean;
  /** A jump's target, when it is direct. */
  readonly target: Addr | undefined;
  /** A jump out of an indirect operand: a tail call or a table. */
  readonly indirect: boolean;
}

/** Names the function at an address; thunks are told by it. */
export type NameAt = (at: Addr) => string | undefined;

/** Where jumps out of a function lead. */
export interface Exits {
  readonly targets: readonly Addr[];
  /** There is one to what a register or memory holds. */
  readonly indirect: boolean;
}

/** What a call or jump goes to. */
export type Callee = { readonly address: Addr } | { readonly operand: Term };

/** What the instructions of one CPU mean, as far as values are followed through them. Registers are whole ones. */
export interface Machine {
  readonly stackPointer: string;
  readonly framePointer: string;
  /** The register that holds the return address on entry; absent where it lies on the stack. */
  readonly link?: string;
  /**
   * The register that points into the table from which code takes addresses that it does not compute, 32 KiB to either
   * side. Absent: there is none.
   */
  readonly addressTable?: string;
  /** Registers of the first arguments and of the result: the calling convention of the CPU's kernel. */
  readonly arguments: readonly string[];
  readonly result: string;
  /** Registers that a function gives back as they were. */
  readonly preserved: readonly string[];
  /** The register that a name of the disassembler is part of; undefined for what is none of the general ones. */
  wholeRegister(name: string): string | undefined;
  /** What it writes; a register that is written in a way that is not followed gets `unknown`. Calls: none. */
  effects(insn: Instruction): readonly Effect[];
  accesses(insn: Instruction): readonly Access[];
  flow(insn: Instruction, nameAt: NameAt): Flow;
  /** What a call, or a jump that leaves the function, goes to. */
  callee(insn: Instruction, nameAt: NameAt): Callee | undefined;
  /** Where jumps may leave a function, from its bytes, undecoded: never less than there is; undefined when that takes more. */
  exits(code: Uint8Array, start: Addr, nameAt: NameAt): Exits | undefined;
  /**
   * Whether code may add or take away one of these distances (all above 0), told from its bytes, undecoded: "yes" of code that
   * does, and of some that does not.
   */
  mentions(code: Uint8Array, distances: readonly Bytes[]): boolean;
  /**
   * Where a veneer leads: the few instructions that a linker or the loader of modules puts where a call or jump does not reach.
   * Undefined for other code. Absent: kernels of the CPU have none. @param code from its first instruction on, 32 bytes at most
   */
  veneer?(code: Uint8Array, start: Addr): Addr | undefined;
  /** Whether it is a call that changes no register: of a tracer, or of nothing. */
  keepsRegisters(insn: Instruction, nameAt: NameAt): boolean;
  /** The register with the address of memory that a string instruction writes. */
  fills(insn: Instruction): string | undefined;
  isConditional(insn: Instruction): boolean;
  /** Whether it sets what conditional jumps go by. */
  setsFlags(insn: Instruction): boolean;
  /** The test of a conditional jump, or of a conditional selection (whose first value is taken). @param flags the instruction that set what it goes by */
  test(jump: Instruction, flags: Instruction | undefined): Test | undefined;
  /** What an instruction divides by that traps when that is 0. Absent: divisions do not trap. */
  divisor?(insn: Instruction): Term | undefined;
  /** Whether it does nothing but trap: what an assertion is made of. */
  isTrap(insn: Instruction): boolean;
  /**
   * What a trap that has a condition of its own goes by, and how many instructions before it the values are those compared.
   * Absent: traps have none. @param before the instruction so many places before the trap; the trap itself for 0
   */
  trapTest?(before: (n: number) => Instruction | undefined): { readonly test: Test; readonly back: number } | undefined;
  /** A code address without what signs it. */
  plainCode(value: bigint, vaBits: number): Addr;
}

/** Functions that do not come back. */
export const NO_RETURN =
  /^(?:__stack_chk_fail|panic|nmi_panic|do_exit|make_task_dead|__fortify_panic|fortify_panic|__ubsan_handle_builtin_unreachable|rewind_stack_and_make_dead)$/;

export const NEGATED: Readonly<Record<Relation, Relation>> = {
  ...{ '==': '!=', '!=': '==', '<': '>=', '>=': '<', '>': '<=', '<=': '>', '&': '!&', '!&': '&' },
};
