import type { Instruction, InstructionFlow, InstructionSetName } from '../program/instruction.ts';
import { arm64References } from './arm64-references.ts';
import { arm64Remark, arm64Undefined } from './arm64-remarks.ts';
import { arm64Text } from './arm64-text.ts';
import { attText } from './att-text.ts';
import type { OperandLayout } from './capstone-insn.ts';
import { ppcFlow, ppcText, ppcUndefined } from './ppc-text.ts';
import { riscvReferences } from './riscv-references.ts';
import { riscvText } from './riscv-text.ts';
import { s390Flow, s390Length, s390Text, s390Undefined } from './s390-text.ts';
import type { SelfTest } from './self-test.ts';
import { type Addition, x86Addition } from './x86-additions.ts';

/** Mnemonic and operands in the spelling of the GNU tools, from capstone's; `displaced` as `Detail` has it. */
export type Spell = (
  mnemonic: string,
  operands: string,
  displaced: boolean,
  code: Uint8Array,
) => readonly [string, string];

/** How a line is laid out by the GNU tools. */
interface Notation {
  /** Begins a comment. */
  readonly comment: string;
  /** Between mnemonic and operands, and the columns of the mnemonic. */
  readonly separator: string;
  readonly width: number;
  /** What stands behind an instruction and its symbol. */
  readonly remark?: (insn: Instruction) => string;
  /** What stands for bytes that are no instruction, where it is not `(bad)`. */
  readonly undefined?: (bytes: Uint8Array) => string;
}

/** How one instruction set is decoded. */
export interface InstructionSet {
  /** `cs_arch` and `cs_mode`. */
  readonly arch: number;
  readonly mode: number;
  /** `cs_opt_value` of the syntax, where the default is not the GNU tools'. */
  readonly syntax?: number;
  /** Bytes of the smallest instruction: what is stepped over when bytes are none. */
  readonly unit: number;
  /** Bytes of the instruction that begins with this byte, where that tells it: bytes that are none are stepped over so. */
  readonly lengthOf?: (first: number) => number;
  /** Of the set's operand structures; without it instructions have text only. */
  readonly layout?: OperandLayout;
  readonly spell?: Spell;
  /** Where an instruction leads by its name, for a set that capstone does not tell it of; undefined: to the next one. */
  readonly flow?: (
    mnemonic: string,
    operands: string,
  ) => { readonly flow: InstructionFlow; readonly direct: boolean } | undefined;
  /** Instructions that capstone lacks; asked where it has none, or one whose name matches. */
  readonly additions?: { readonly name: RegExp; find(code: Uint8Array): Addition | undefined };
  /** Immediates are unsigned (`CS_OPT_UNSIGNED`). */
  readonly unsigned?: true;
  readonly notation: Notation;
  /** Begins the names of registers that capstone knows by a number alone. */
  readonly numbered?: string;
  /** Completes what only several instructions together tell. */
  readonly relate?: (instructions: readonly Instruction[]) => readonly Instruction[];
  /** Register that stands for the next instruction's address in memory operands. */
  readonly relativeTo?: string;
  /** Whether operands of an instruction depend on its address in other ways than a jump's; absent: it cannot be told. */
  readonly isPlaced?: (insn: Instruction) => boolean;
  /** Instructions with known answers, compared when the module is loaded. */
  readonly selfTests?: readonly SelfTest[];
}

const TABBED = { separator: '\t', width: 0 } as const;
const MODE_64 = 1 << 3;
const MODE_BIG_ENDIAN = 1 << 31;
const RISCV64_COMPRESSED = (1 << 1) | (1 << 2);

// cs_x86, cs_x86_op, x86_op_mem of capstone/x86.h.
const X86_LAYOUT: OperandLayout = {
  ...{ count: 64, first: 72, stride: 48, type: 0, value: 8, size: 32, access: 33 },
  ...{ segment: 0, base: 4, index: 8, scale: 12, displacement: 16, displacementBytes: 8, encodedBytes: 458 },
};

// cs_arm64, cs_arm64_op, arm64_op_mem of capstone/arm64.h.
const ARM64_LAYOUT: OperandLayout = {
  ...{ count: 7, first: 8, stride: 56, type: 20, value: 32, access: 48 },
  ...{ base: 0, index: 4, displacement: 8, displacementBytes: 4, shift: { type: 8, left: 1, amount: 12 } },
};

// cs_ppc, cs_ppc_op, ppc_op_mem of capstone/ppc.h, where operands state no access: the padding behind their type is zero.
const PPC_LAYOUT: OperandLayout = {
  ...{ count: 9, first: 16, stride: 24, type: 0, value: 8, access: 4 },
  ...{ base: 0, displacement: 4, displacementBytes: 4 },
};

// cs_sysz, cs_sysz_op, sysz_op_mem of capstone/systemz.h, which say nothing of access: the type's upper byte is zero.
const S390_LAYOUT: OperandLayout = {
  ...{ count: 4, first: 8, stride: 32, type: 0, value: 8, access: 3 },
  ...{ base: 0, index: 1, registerBytes: 1, displacement: 16, displacementBytes: 8 },
};

/** A64 instructions that may form an address from their own. */
const TO_PLACE = /^(?:adrp?|ldr(?:sw)?|prfm)$/;

const X86_TESTS: readonly SelfTest[] = [
  {
    code: [0x48, 0x8b, 0x44, 0xcb, 0x10], // mov 0x10(%rbx,%rcx,8),%rax
    operands: [
      {
        ...{ kind: 'memory', segment: undefined, base: 'rbx', index: 'rcx', scale: 8, displacement: 16n },
        ...{ size: 8, access: 'read' },
      },
      { kind: 'register', register: 'rax', size: 8, access: 'write' },
    ],
  },
  {
    code: [0xe8, 0x00, 0x01, 0x00, 0x00], // call .+0x105
    operands: [{ kind: 'immediate', value: 0x1105n, size: 8, access: '' }],
    target: 0x1105n,
  },
];

const ARM64_TESTS: readonly SelfTest[] = [
  {
    code: [0x01, 0x78, 0x62, 0xf8], // ldr x1, [x0, x2, lsl #3]
    operands: [
      { kind: 'register', register: 'x1', size: 0, access: 'write' },
      {
        ...{ kind: 'memory', segment: undefined, base: 'x0', index: 'x2', scale: 8, displacement: 0n },
        ...{ size: 0, access: 'read' },
      },
    ],
  },
  {
    code: [0x40, 0x00, 0x00, 0x94], // bl .+0x100
    operands: [{ kind: 'immediate', value: 0x1100n, size: 0, access: 'read' }],
    target: 0x1100n,
  },
];

const PPC_TESTS: readonly SelfTest[] = [
  {
    code: [0xc0, 0x00, 0x63, 0xe8], // ld r3,192(r3)
    operands: [
      { kind: 'register', register: 'r3', size: 0, access: '' },
      {
        ...{ kind: 'memory', segment: undefined, base: 'r3', index: undefined, scale: 1, displacement: 192n },
        ...{ size: 0, access: '' },
      },
    ],
  },
  {
    code: [0x01, 0x01, 0x00, 0x48], // bl .+0x100
    operands: [{ kind: 'immediate', value: 0x1100n, size: 0, access: '' }],
    target: 0x1100n,
  },
];

const PPC = {
  ...{ arch: 4, unit: 4, layout: PPC_LAYOUT, spell: ppcText, flow: ppcFlow },
  notation: { comment: '#', ...TABBED },
} as const satisfies Omit<InstructionSet, 'mode'>;

const S390_TESTS: readonly SelfTest[] = [
  {
    code: [0xe3, 0x12, 0xb0, 0x20, 0x00, 0x04], // lg %r1,32(%r2,%r11)
    operands: [
      { kind: 'register', register: 'r1', size: 0, access: '' },
      {
        ...{ kind: 'memory', segment: undefined, base: 'r11', index: 'r2', scale: 1, displacement: 32n },
        ...{ size: 0, access: '' },
      },
    ],
  },
  {
    code: [0xc0, 0xe5, 0x00, 0x00, 0x00, 0x80], // brasl %r14,.+0x100
    operands: [
      { kind: 'register', register: 'r14', size: 0, access: '' },
      { kind: 'immediate', value: 0x1100n, size: 0, access: '' },
    ],
    target: 0x1100n,
  },
];

/** Every instruction set; one more is one line (and a spelling, where capstone's is not that of the GNU tools). */
export const instructionSets: Readonly<Record<InstructionSetName, InstructionSet>> = {
  'x86-64': {
    ...{ arch: 3, mode: MODE_64, syntax: 2, unsigned: true, unit: 1, layout: X86_LAYOUT, spell: attText },
    ...{ relativeTo: 'rip', isPlaced: () => false, notation: { comment: '#', separator: ' ', width: 6 } },
    ...{ additions: { name: /^ud/, find: x86Addition }, selfTests: X86_TESTS },
  },
  arm64: {
    ...{ arch: 1, mode: 0, unit: 4, layout: ARM64_LAYOUT, spell: arm64Text, relate: arm64References },
    isPlaced: ({ mnemonic, operands }) => TO_PLACE.test(mnemonic) && operands.some((o) => o.kind === 'immediate'),
    notation: { comment: '//', ...TABBED, remark: arm64Remark, undefined: arm64Undefined },
    selfTests: ARM64_TESTS,
  },
  riscv64: {
    ...{ arch: 15, mode: RISCV64_COMPRESSED, unit: 2, spell: riscvText, relate: riscvReferences },
    notation: { comment: '#', ...TABBED },
  },
  ppc64: { ...PPC, mode: MODE_64 | MODE_BIG_ENDIAN },
  ppc64le: {
    ...{ ...PPC, mode: MODE_64, selfTests: PPC_TESTS },
    notation: { comment: '#', ...TABBED, undefined: ppcUndefined },
  },
  s390x: {
    ...{ arch: 6, mode: MODE_BIG_ENDIAN, unit: 2, layout: S390_LAYOUT, spell: s390Text, flow: s390Flow, numbered: 'r' },
    ...{ lengthOf: s390Length, selfTests: S390_TESTS },
    notation: { comment: '#', ...TABBED, undefined: s390Undefined },
  },
};
