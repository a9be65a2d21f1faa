import { asciiBytes, indexOfBytes } from '../../base/text.ts';
import type { Addr } from '../../base/units.ts';
import type { ElfFile } from '../../elf/elf-file.ts';

/**
 * Link-time address of a symbol in a file's own table, for names that the running kernel's table may lack; the first of
 * several. Looks through the string table, since the symbols are in no order.
 */
export function fileSymbol(elf: ElfFile, name: string): Addr | undefined {
  const table = elf.symbols();
  if (!table) return undefined;
  const strings = table.strings();
  const wanted = asciiBytes(`${name}\0`);
  for (let at = indexOfBytes(strings, wanted, 0); at > 0; at = indexOfBytes(strings, wanted, at + 1)) {
    const index = table.names.indexOf(at); // a longer name may end with this one: then none begins here
    if (index > 0 && table.sections[index] !== 0) return elf.symbolAddress(index);
  }
  return undefined;
}
