import type { Addr } from '../base/units.ts';
import type { Instruction, Operand } from '../program/instruction.ts';

/**
 * Completes the data addresses that A64 code forms with ADRP or ADR and a following ADD or load/store with an offset.
 * Registers are followed along the straight line of the code; a write by anything else forgets one, a call those that it
 * may change (AAPCS64, 6.1.1).
 */
export function arm64References(instructions: readonly Instruction[]): readonly Instruction[] {
  const known = new Map<string, Addr>();
  return instructions.map((insn) => {
    const formed = addressOf(insn, known);
    if (insn.flow === 'call') for (let r = 0; r <= 18; r++) known.delete(`x${r}`);
    for (const register of insn.registersWritten) known.delete(register.replace(/^w/, 'x'));
    const [to] = insn.operands;
    if (formed?.kept && to?.kind === 'register') known.set(to.register, formed.address);
    return formed ? { ...insn, reference: formed.address } : insn;
  });
}

interface Formed {
  readonly address: Addr;
  /** The first operand holds it from now on. */
  readonly kept: boolean;
}

function addressOf(insn: Instruction, known: ReadonlyMap<string, Addr>): Formed | undefined {
  const [, second, third] = insn.operands;
  if (insn.mnemonic === 'adrp' || insn.mnemonic === 'adr') {
    return second?.kind === 'immediate' ? { address: BigInt.asUintN(64, second.value), kept: true } : undefined;
  }
  if (insn.mnemonic === 'add' && second?.kind === 'register' && third?.kind === 'immediate') {
    const base = known.get(second.register);
    const shifted = /lsl #12$/.test(insn.operandText) ? third.value << 12n : third.value;
    return base === undefined ? undefined : { address: BigInt.asUintN(64, base + shifted), kept: true };
  }
  const memory = insn.operands.find(
    (o): o is Extract<Operand, { kind: 'memory' }> => o.kind === 'memory' && o.index === undefined,
  );
  const base = memory?.base === undefined ? undefined : known.get(memory.base);
  if (!memory || base === undefined) return undefined;
  return { address: BigInt.asUintN(64, base + memory.displacement), kept: false };
}
