import { firstMatch } from './fault-arm.ts';
import type { FaultFacts, FaultField } from './fault-facts.ts';

/** Bits of the page fault error code: Intel SDM volume 3, "Page-Fault Exceptions". */
const BITS: readonly { readonly name: string; readonly clear: string; readonly set: string; readonly bit: number }[] = [
  { name: 'P', bit: 0, clear: 'not-present page', set: 'protection violation' },
  { name: 'W/R', bit: 1, clear: 'read', set: 'write' },
  { name: 'U/S', bit: 2, clear: 'supervisor', set: 'user' },
  { name: 'RSVD', bit: 3, clear: 'no reserved bit set', set: 'reserved bit set in a page-table entry' },
  { name: 'I/D', bit: 4, clear: 'no instruction fetch', set: 'instruction fetch' },
  { name: 'PK', bit: 5, clear: 'not by a protection key', set: 'refused by a protection key' },
  { name: 'SS', bit: 6, clear: 'no shadow stack access', set: 'shadow stack access' },
  { name: 'SGX', bit: 15, clear: 'not by SGX', set: 'refused by SGX' },
];

/** The error code bit by bit; bits that are always 0 on most CPUs only when set. */
function decodePageFault(code: number): FaultField[] {
  return BITS.filter((b) => b.bit < 5 || (code >> b.bit) & 1).map((b) => ({
    name: b.name,
    value: String((code >> b.bit) & 1),
    meaning: (code >> b.bit) & 1 ? b.set : b.clear,
  }));
}

const BEGINS =
  /^BUG: (?:(?:unable to handle )?kernel NULL pointer dereference|unable to handle (?:page fault|kernel paging request))/i;
const ADDRESS = /(?:, address: |for address: | at (?:virtual address )?)(?:0x)?([0-9a-f]{8,16})\b/;
const GPF = /(?:^|: )general protection fault, .*(?:address) (?:0x)?([0-9a-f]{8,16})/;
const CODE = /error_code\((0x[0-9a-f]{4,8})\)/;
const OOPS = /^Oops: (?:Oops: )?([0-9a-f]{4}) \[#\d+\]/;

/** arch/x86/mm/fault.c: the address, the error code in `#PF: error_code(0x0000)` (since 5.2) or behind `Oops:`. */
export function x86Fault(lines: readonly string[]): Omit<FaultFacts, 'pageTable'> | undefined {
  const at = lines.findIndex((l) => BEGINS.test(l));
  if (at < 0) return protectionFault(lines);
  const address = ADDRESS.exec(lines[at] as string)?.[1];
  const text = firstMatch(lines, CODE) ?? firstMatch(lines, OOPS);
  const shown = address === undefined ? {} : { address: `0x${address.replace(/^0+(?=.)/, '')}` };
  if (text === undefined) return address === undefined ? undefined : { ...shown, fields: [] };
  const code = Number.parseInt(text, 16);
  const access = (code >> 4) & 1 ? 'execute' : (code >> 1) & 1 ? 'write' : 'read';
  return {
    ...shown,
    access,
    reason: `${(code >> 2) & 1 ? 'user' : 'supervisor'} ${access === 'execute' ? 'instruction fetch' : access}, ${code & 1 ? 'protection violation' : 'not-present page'}`,
    code: text.startsWith('0x') ? text : `0x${text}`,
    fields: decodePageFault(code),
  };
}

function protectionFault(lines: readonly string[]): Omit<FaultFacts, 'pageTable'> | undefined {
  const address = firstMatch(lines, GPF);
  if (address === undefined) return undefined;
  return { address: `0x${address.replace(/^0+(?=.)/, '')}`, reason: 'general protection', fields: [] };
}
