import { addrAdd } from '../base/u64.ts';
import type { Program } from '../program/program.ts';
import { enumerators } from './enumerators.ts';

/** What the firmware says of the machine: `enum dmi_field` and its string, in the kernel's order; only those that are set. */
export function dmiStrings(prog: Program): { readonly name: string; readonly value: string }[] {
  const table = prog.findSymbol('dmi_ident');
  if (!table) return [];
  const found: { name: string; value: string }[] = [];
  for (const [name, index] of enumerators(prog, 'dmi_field')) {
    if (name === 'DMI_NONE' || name === 'DMI_STRING_MAX' || name === 'DMI_OEM_STRING') continue;
    const at = prog.memory.ulong(addrAdd(table.address, index * prog.arch.pointerSize));
    if (at >= prog.kernelStart) found.push({ name, value: prog.memory.cString(at, 256) });
  }
  return found;
}

/**
 * Vendor, product and firmware from `dmi_ident[]`, in the form of the kernel's own `Hardware name` line.
 * @returns undefined where the firmware tells nothing or the table cannot be found @throws MemoryFault
 */
export function dmiHardware(prog: Program): string | undefined {
  const strings = new Map(dmiStrings(prog).map(({ name, value }) => [name, value.trim()]));
  const text = (name: string): string => strings.get(name) ?? '';
  const product = text('DMI_PRODUCT_NAME');
  const board = text('DMI_BOARD_NAME');
  const machine = [text('DMI_SYS_VENDOR'), board ? `${product}/${board}` : product]
    .filter((part) => part !== '')
    .join(' ');
  if (machine === '') return undefined;
  const firmware = [text('DMI_BIOS_VERSION'), text('DMI_BIOS_DATE')].filter((part) => part !== '').join(' ');
  return firmware === '' ? machine : `${machine}, BIOS ${firmware}`;
}
