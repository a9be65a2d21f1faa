import { hex } from '../base/hex.ts';
import type { Addr } from '../base/units.ts';
import type { Instruction, InstructionFlow } from '../program/instruction.ts';
import { isRiscvBranch } from './riscv-text.ts';

/**
 * Completes what the text of RISC-V instructions says by distances: where branches go, and the addresses that AUIPC forms
 * with a following JALR, ADDI, load or store.
 */
export function riscvReferences(instructions: readonly Instruction[]): readonly Instruction[] {
  const known = new Map<string, Addr>();
  return instructions.map((insn) => {
    const flow = flowOf(insn);
    if (isRiscvBranch(insn.mnemonic)) return branch(insn, flow);
    const parts = insn.operandText.split(',');
    const [to = ''] = parts;
    const formed = addressOf(insn, parts, known);
    if (flow === 'call') known.clear();
    else if (/^[a-z]\w*$/.test(to)) known.delete(to);
    if (insn.mnemonic === 'auipc') {
      const value = BigInt.asIntN(32, BigInt(parts[1] ?? '0') << 12n);
      known.set(to, BigInt.asUintN(64, insn.address + value));
    }
    if (formed === undefined) return { ...insn, flow };
    if (insn.mnemonic === 'addi') known.set(to, formed);
    return flow === 'next' ? { ...insn, flow, reference: formed } : { ...insn, flow, target: formed };
  });
}

function flowOf({ mnemonic }: Instruction): InstructionFlow {
  if (mnemonic === 'ret') return 'return';
  if (mnemonic === 'jalr' || mnemonic === 'jal') return 'call';
  return mnemonic === 'jr' || isRiscvBranch(mnemonic) ? 'jump' : 'next';
}

/** The distance at the end of the text becomes the address. */
function branch(insn: Instruction, flow: InstructionFlow): Instruction {
  const distance = /-?\d+$/.exec(insn.operandText)?.[0];
  if (distance === undefined) return { ...insn, flow };
  const target = BigInt.asUintN(64, insn.address + BigInt(distance));
  const operandText = insn.operandText.slice(0, -distance.length) + hex(target);
  return { ...insn, flow, target, operandText };
}

/** `addi a0,a0,16`; `ld a0,16(a1)`, `jalr 16(ra)`. */
function addressOf(insn: Instruction, parts: readonly string[], known: ReadonlyMap<string, Addr>): Addr | undefined {
  const memory = /^(-?\d+)\((\w+)\)$/.exec(parts.at(-1) ?? '');
  const base = memory ? memory[2] : insn.mnemonic === 'mv' || insn.mnemonic === 'addi' ? parts[1] : undefined;
  const distance = memory ? memory[1] : insn.mnemonic === 'addi' ? parts[2] : undefined;
  const from = base === undefined ? undefined : known.get(base);
  return from === undefined || distance === undefined ? undefined : BigInt.asUintN(64, from + BigInt(distance));
}
