import type { InstructionFlow, Operand, OperandAccess } from '../program/instruction.ts';

/**
 * Layout of capstone 5.0's `cs_insn` and `cs_detail` on a 32-bit machine (include/capstone/capstone.h). The self-test
 * of the engine compares each of these with an instruction whose answer is known.
 */
export const INSN = { size: 16, mnemonic: 42, operands: 74, detail: 236, bytes: 240 } as const;
const DETAIL = { groups: 83, groupCount: 91, machine: 96 } as const;

/** `cs_group_type`, the same for all instruction sets. */
const GROUP_JUMP = 1;
const GROUP_CALL = 2;
const GROUP_RETURN = 3;
const GROUP_BRANCH_RELATIVE = 7;

/** `cs_ac_type` as bits. */
const ACCESS: readonly OperandAccess[] = ['', 'read', 'write', 'read-write'];

/** Where a set's own part of `cs_detail` keeps its operands; offsets in bytes. */
export interface OperandLayout {
  /** From the start of the machine's part. */
  readonly count: number;
  readonly first: number;
  /** Bytes of one operand. */
  readonly stride: number;
  /** Inside an operand. */
  readonly type: number;
  readonly value: number;
  readonly access: number;
  readonly size?: number;
  /** Inside the value, for memory operands. */
  readonly segment?: number;
  readonly base: number;
  readonly index?: number;
  /** Of the base and the index; 4 where absent. */
  readonly registerBytes?: 1;
  readonly scale?: number;
  readonly displacement: number;
  readonly displacementBytes: 4 | 8;
  /** From the start of the machine's part: bytes of the displacement in the machine code. */
  readonly encodedBytes?: number;
  /** A left shift of the index, inside the operand: its kind and its amount. */
  readonly shift?: { readonly type: number; readonly left: number; readonly amount: number };
}

/** What is read of an instruction besides its text. */
export interface Detail {
  readonly operands: readonly Operand[];
  readonly flow: InstructionFlow;
  /** The target is part of the instruction. */
  readonly direct: boolean;
  /** The machine code holds a displacement, be it 0. */
  readonly displaced: boolean;
}

type RegisterName = (register: number) => string | undefined;

/** Reads `cs_detail` at `detail`. */
export function readDetail(
  memory: DataView,
  detail: number,
  layout: OperandLayout | undefined,
  name: RegisterName,
): Detail {
  let bits = 0;
  const groups = Math.min(memory.getUint8(detail + DETAIL.groupCount), 8);
  for (let i = 0; i < groups; i++) bits |= 1 << Math.min(memory.getUint8(detail + DETAIL.groups + i), 31);
  const has = (group: number): boolean => (bits & (1 << group)) !== 0;
  const flow = has(GROUP_CALL) ? 'call' : has(GROUP_RETURN) ? 'return' : has(GROUP_JUMP) ? 'jump' : 'next';
  const operands: Operand[] = [];
  let displaced = false;
  if (layout) {
    const machine = detail + DETAIL.machine;
    if (layout.encodedBytes !== undefined) displaced = memory.getUint8(machine + layout.encodedBytes) !== 0;
    const count = Math.min(memory.getUint8(machine + layout.count), 8);
    for (let i = 0; i < count; i++) {
      operands.push(readOperand(memory, machine + layout.first + i * layout.stride, layout, name));
    }
  }
  return { operands, flow, direct: has(GROUP_BRANCH_RELATIVE), displaced };
}

function readOperand(memory: DataView, at: number, layout: OperandLayout, name: RegisterName): Operand {
  const size = layout.size === undefined ? 0 : memory.getUint8(at + layout.size);
  const access = ACCESS[memory.getUint8(at + layout.access) & 3] as OperandAccess;
  const value = at + layout.value;
  switch (memory.getUint32(at + layout.type, true)) {
    case 1:
      return { kind: 'register', register: name(memory.getUint32(value, true)) ?? '?', size, access };
    case 2:
      return { kind: 'immediate', value: memory.getBigInt64(value, true), size, access };
    case 3:
      return { kind: 'memory', ...readMemory(memory, at, value, layout, name), size, access };
    default:
      return { kind: 'other', size, access };
  }
}

type MemoryOperand = Omit<Extract<Operand, { kind: 'memory' }>, 'kind' | 'size' | 'access'>;

function readMemory(
  memory: DataView,
  at: number,
  value: number,
  layout: OperandLayout,
  name: RegisterName,
): MemoryOperand {
  const register = (offset: number | undefined): string | undefined =>
    offset === undefined
      ? undefined
      : name(layout.registerBytes === 1 ? memory.getUint8(value + offset) : memory.getUint32(value + offset, true));
  const displacement = value + layout.displacement;
  return {
    segment: register(layout.segment),
    base: register(layout.base),
    index: register(layout.index),
    scale: layout.scale === undefined ? shifted(memory, at, layout) : memory.getInt32(value + layout.scale, true),
    displacement:
      layout.displacementBytes === 8
        ? memory.getBigInt64(displacement, true)
        : BigInt(memory.getInt32(displacement, true)),
  };
}

function shifted(memory: DataView, at: number, layout: OperandLayout): number {
  const { shift } = layout;
  if (!shift || memory.getUint32(at + shift.type, true) !== shift.left) return 1;
  return 2 ** Math.min(memory.getUint32(at + shift.amount, true), 30);
}
