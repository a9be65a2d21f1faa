import { hex } from '../base/hex.ts';
import type { Addr } from '../base/units.ts';
import type { Instruction, InstructionSetName } from '../program/instruction.ts';
import type { KernelSymbol } from '../program/ports.ts';
import { instructionSets } from './instruction-sets.ts';

/** Finds the symbol that covers an address. */
export type SymbolAt = (at: Addr) => KernelSymbol | undefined;

/** `schedule+5`, or nothing where no symbol is. @param base of the offset */
function symbolLabel(symbolAt: SymbolAt, at: Addr, base: 10 | 16): string | undefined {
  const symbol = symbolAt(at);
  if (!symbol) return undefined;
  const offset = at - symbol.address;
  if (offset === 0n) return symbol.name;
  return `${symbol.name}+${base === 16 ? hex(offset) : offset}`;
}

/**
 * Mnemonic and operands with the symbols of targets and data addresses, in the layout of gdb's `x/i`:
 * `call   0xffffffff82a114f0 <schedule>`, `mov    0xff0c51(%rip),%rax        # 0xffffffff83a079c0 <jiffies>`.
 */
export function instructionLine(insn: Instruction, set: InstructionSetName, symbolAt: SymbolAt, base: 10 | 16): string {
  const notation = instructionSets[set].notation;
  if (insn.mnemonic === '(bad)') return notation.undefined?.(insn.bytes) ?? insn.mnemonic;
  const text = `${insn.mnemonic.padEnd(notation.width)}${notation.separator}${insn.operandText}`.trimEnd();
  const remark = notation.remark?.(insn) ?? '';
  const named = insn.target ?? insn.reference;
  if (named === undefined) return text + remark;
  const label = symbolLabel(symbolAt, named, base);
  const suffix = label === undefined ? '' : ` <${label}>`;
  if (insn.operandText.endsWith(hex(named))) return text + suffix + remark;
  return `${text}        ${notation.comment} ${hex(named)}${suffix}${remark}`;
}
