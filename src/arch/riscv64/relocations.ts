import type { DataRelocation, TextRelocation } from '../../program/ports.ts';

const add = (size: 1 | 2 | 4 | 8): DataRelocation => ({ size, apply: 'add' });
const subtract = (size: 1 | 2 | 4 | 8): DataRelocation => ({ size, apply: 'subtract' });

/**
 * Differences of addresses are added and subtracted by pairs, since linking may shorten code.
 * R_RISCV_NONE, _32, _64, _ADD8 to _ADD64, _SUB8 to _SUB64, _ALIGN, _RELAX, _SUB6, _SET6, _SET8, _SET16, _SET32, _32_PCREL,
 * _SET_ULEB128, _SUB_ULEB128. Source: RISC-V ELF psABI, "Relocations".
 */
export const RISCV_RELOCATIONS: Readonly<Record<number, DataRelocation>> = {
  0: { size: 0 },
  1: { size: 4 },
  2: { size: 8 },
  33: add(1),
  34: add(2),
  35: add(4),
  36: add(8),
  37: subtract(1),
  38: subtract(2),
  39: subtract(4),
  40: subtract(8),
  43: { size: 0 },
  51: { size: 0 },
  52: { size: 1, field: 'low-6', apply: 'subtract' },
  53: { size: 1, field: 'low-6' },
  54: { size: 1 },
  55: { size: 2 },
  56: { size: 4 },
  57: { size: 4, relative: true },
  60: { size: 1, field: 'uleb128' },
  61: { size: 1, field: 'uleb128', apply: 'subtract' },
};

const UPPER = 0xfffff000;
const LOW_OF_LOAD = 0xfff00000;
const LOW_OF_STORE = 0xfe000f80;

/**
 * Fields of instructions are not computed: calls may lead through stubs. R_RISCV_BRANCH, _JAL, _CALL, _CALL_PLT (two
 * instructions), _GOT_HI20, _PCREL_HI20, _PCREL_LO12_I, _PCREL_LO12_S, _HI20, _LO12_I, _LO12_S, _RVC_BRANCH, _RVC_JUMP.
 */
export function riscvTextRelocations(): Readonly<Record<number, TextRelocation>> {
  const rules: Record<number, TextRelocation> = { 0: { size: 0 }, 43: { size: 0 }, 51: { size: 0 } };
  rules[1] = { size: 4 };
  rules[2] = { size: 8 };
  rules[16] = { size: 4, mask: LOW_OF_STORE };
  for (const type of [18, 19]) rules[type] = { size: 8, mask: UPPER };
  for (const type of [17, 20, 23, 26]) rules[type] = { size: 4, mask: UPPER };
  for (const type of [24, 27]) rules[type] = { size: 4, mask: LOW_OF_LOAD };
  for (const type of [25, 28]) rules[type] = { size: 4, mask: LOW_OF_STORE };
  rules[44] = { size: 2, mask: 0x1c7c };
  rules[45] = { size: 2, mask: 0x1ffc };
  return rules;
}
