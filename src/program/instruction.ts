import type { Addr, Bytes } from '../base/units.ts';

/** Instruction sets by the name of their line in the disassembler's table; a CPU states which one its kernel runs. */
export type InstructionSetName = 'x86-64' | 'arm64' | 'riscv64' | 'ppc64' | 'ppc64le' | 's390x';

/** How an instruction uses an operand; empty where the disassembler does not say. */
export type OperandAccess = '' | 'read' | 'write' | 'read-write';

/** One operand, in the order of the text. Register names are those of the text, without `%`. */
export type Operand =
  | { readonly kind: 'register'; readonly register: string; readonly size: Bytes; readonly access: OperandAccess }
  | { readonly kind: 'immediate'; readonly value: bigint; readonly size: Bytes; readonly access: OperandAccess }
  | {
      readonly kind: 'memory';
      /** Segment whose base counts, when the instruction names one. */
      readonly segment: string | undefined;
      readonly base: string | undefined;
      readonly index: string | undefined;
      /** Factor of the index. */
      readonly scale: number;
      readonly displacement: bigint;
      /** Bytes accessed; 0 where the instruction does not say. */
      readonly size: Bytes;
      readonly access: OperandAccess;
    }
  | { readonly kind: 'other'; readonly size: Bytes; readonly access: OperandAccess };

/** What an instruction does to the flow of control; `call`, `jump` and `return` may be conditional or indirect. */
export type InstructionFlow = 'next' | 'call' | 'jump' | 'return';

/** One machine instruction. */
export interface Instruction {
  readonly address: Addr;
  readonly size: Bytes;
  readonly bytes: Uint8Array;
  /** In the spelling of the GNU tools, prefixes included: `rep stos`, `lock incl`. `(bad)` for what is no instruction. */
  readonly mnemonic: string;
  /** In the spelling of the GNU tools, without symbols. */
  readonly operandText: string;
  readonly operands: readonly Operand[];
  readonly flow: InstructionFlow;
  /** Where a direct call or jump goes; the last operand of the text. */
  readonly target: Addr | undefined;
  /** The data address that the operands name relative to the instruction. */
  readonly reference: Addr | undefined;
  /** Registers read and written, those that only the definition of the instruction names included. */
  readonly registersRead: readonly string[];
  readonly registersWritten: readonly string[];
}

/** Turns machine code into instructions; a host provides it, and loads it on the first question. */
export interface Disassembler {
  /**
   * Every byte of `code` becomes part of one instruction; bytes that are none become `(bad)` ones of the smallest size.
   * An instruction that the end of `code` cuts is `(bad)` too.
   * @param address where the first byte lies @throws UnsupportedError for an instruction set that it does not know
   */
  disassemble(code: Uint8Array, address: Addr, set: InstructionSetName): readonly Instruction[];
}
