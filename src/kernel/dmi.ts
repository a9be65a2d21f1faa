import { addrAdd } from '../base/u64.ts';
import type { Program } from '../program/program.ts';
import { enumerators } from './enumerators.ts';

/**
 * Vendor, product and firmware from `dmi_ident[]`, in the form of the kernel's own `Hardware name` line.
 * @returns undefined where the firmware tells nothing or the table cannot be found @throws MemoryFault
 */
export function dmiHardware(prog: Program): string | undefined {
  const table = prog.findSymbol('dmi_ident');
  const fields = enumerators(prog, 'dmi_field');
  if (!table || fields.size === 0) return undefined;
  const text = (name: string): string => {
    const index = fields.get(name);
    if (index === undefined) return '';
    const at = prog.memory.ulong(addrAdd(table.address, index * prog.arch.pointerSize));
    return at < 0x8000000000000000n ? '' : prog.memory.cString(at, 256).trim();
  };
  const product = text('DMI_PRODUCT_NAME');
  const board = text('DMI_BOARD_NAME');
  const machine = [text('DMI_SYS_VENDOR'), board ? `${product}/${board}` : product]
    .filter((part) => part !== '')
    .join(' ');
  if (machine === '') return undefined;
  const firmware = [text('DMI_BIOS_VERSION'), text('DMI_BIOS_DATE')].filter((part) => part !== '').join(' ');
  return firmware === '' ? machine : `${machine}, BIOS ${firmware}`;
}
