import type { DataRelocation, TextRelocation } from '../../program/ports.ts';

const add = (size: 1 | 2 | 4 | 8): DataRelocation => ({ size, apply: 'add' });
const subtract = (size: 1 | 2 | 4 | 8): DataRelocation => ({ size, apply: 'subtract' });

/**
 * R_LARCH_NONE, _32, _64, _ADD8, _ADD16, _ADD32, _ADD64, _SUB8 to _SUB64, _32_PCREL, _RELAX, _ALIGN, _ADD6, _SUB6,
 * _ADD_ULEB128, _SUB_ULEB128, _64_PCREL. Source: LoongArch ELF psABI, "Relocations".
 */
export const LOONGARCH_RELOCATIONS: Readonly<Record<number, DataRelocation>> = {
  0: { size: 0 },
  1: { size: 4 },
  2: { size: 8 },
  47: add(1),
  48: add(2),
  50: add(4),
  51: add(8),
  52: subtract(1),
  53: subtract(2),
  55: subtract(4),
  56: subtract(8),
  99: { size: 4, relative: true },
  100: { size: 0 },
  102: { size: 0 },
  105: { size: 1, field: 'low-6', apply: 'add' },
  106: { size: 1, field: 'low-6', apply: 'subtract' },
  107: { size: 1, field: 'uleb128', apply: 'add' },
  108: { size: 1, field: 'uleb128', apply: 'subtract' },
  109: { size: 8, relative: true },
};

/**
 * Fields of instructions are not computed: calls may lead through stubs. R_LARCH_B16, _B21, _B26; the 20 and 12 bits of
 * _ABS, _PCALA, _GOT_PC and _GOT (_HI20, _LO12, 64_LO20, 64_HI12).
 */
export function loongarchTextRelocations(): Readonly<Record<number, TextRelocation>> {
  const rules: Record<number, TextRelocation> = { 0: { size: 0 }, 100: { size: 0 }, 102: { size: 0 } };
  rules[1] = { size: 4 };
  rules[2] = { size: 8 };
  rules[64] = { size: 4, mask: 0x03fffc00 };
  rules[65] = { size: 4, mask: 0x03fffc1f };
  rules[66] = { size: 4, mask: 0x03ffffff };
  rules[99] = { size: 4, relative: true };
  for (const type of [67, 69, 71, 73, 75, 77, 79, 81]) rules[type] = { size: 4, mask: 0x01ffffe0 };
  for (const type of [68, 70, 72, 74, 76, 78, 80, 82]) rules[type] = { size: 4, mask: 0x003ffc00 };
  return rules;
}
