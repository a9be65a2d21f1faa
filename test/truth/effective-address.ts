/**
 * The address that an instruction accesses: from its operand in memory, as a disassembler prints it, and the registers at
 * the trap. Enough for the operands that compilers write; undefined for others.
 */
export function effectiveAddress(text: string, registers: Readonly<Record<string, string>>): string | undefined {
  const att = /(-?0x[0-9a-f]+)?\(%(\w+)(?:,%(\w+)(?:,(\d))?)?\)/.exec(text);
  const arm = /\[([xw]\d+|sp)(?:, #?(-?0x[0-9a-f]+|-?\d+))?(?:, (x\d+)(?:, lsl #(\d+))?)?\]/.exec(text);
  const power = /(-?\d+)\(([a-z]\w*)\)/.exec(text); // RISC-V writes it like this too
  const [base, index, scale, displacement] = power
    ? [power[2], undefined, 1, power[1]]
    : att
      ? [att[2], att[3], Number(att[4] ?? 1), att[1]]
      : arm
        ? [arm[1], arm[3], 1 << Number(arm[4] ?? 0), arm[2]]
        : [];
  if (base === undefined || registers[base] === undefined) return undefined;
  if (index !== undefined && registers[index] === undefined) return undefined;
  const offset = index === undefined ? 0n : BigInt(registers[index] as string) * BigInt(scale ?? 1);
  const sum = BigInt(registers[base] as string) + offset + signed(displacement ?? '0');
  return `0x${BigInt.asUintN(64, sum).toString(16)}`;
}

function signed(text: string): bigint {
  return text.startsWith('-') ? -BigInt(text.slice(1)) : BigInt(text);
}
