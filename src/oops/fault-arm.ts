import type { FaultFacts, FaultField } from './fault-facts.ts';

type Found = Omit<FaultFacts, 'pageTable'>;

/** Exception classes of ESR_ELx.EC that a kernel meets: Arm ARM, "ESR_EL1, Exception Syndrome Register". */
const CLASSES: Readonly<Record<number, string>> = {
  0: 'unknown reason',
  7: 'access to SVE, SIMD or floating point',
  13: 'branch target exception',
  14: 'illegal execution state',
  21: 'SVC instruction',
  24: 'trapped MSR, MRS or system instruction',
  25: 'access to SVE',
  28: 'pointer authentication failure',
  32: 'instruction abort, lower EL',
  33: 'instruction abort, current EL',
  34: 'PC alignment fault',
  36: 'data abort, lower EL',
  37: 'data abort, current EL',
  38: 'SP alignment fault',
  39: 'memory operation exception',
  44: 'floating-point exception',
  45: 'guarded control stack exception',
  47: 'SError interrupt',
  48: 'breakpoint, lower EL',
  49: 'breakpoint, current EL',
  50: 'software step, lower EL',
  51: 'software step, current EL',
  52: 'watchpoint, lower EL',
  53: 'watchpoint, current EL',
  60: 'BRK instruction',
};

const ABORTS = new Set([32, 33, 36, 37]);

/** Fault status code of an abort: DFSC or IFSC. */
export function faultStatus(code: number): string {
  const level = code & 3;
  const levelled = ['address size fault', 'translation fault', 'access flag fault', 'permission fault'][code >> 2];
  if (code < 16) return `level ${level} ${levelled}`;
  if (code >= 20 && code < 24) return `synchronous external abort on a level ${level} table walk`;
  if (code >= 28 && code < 32) return `synchronous parity or ECC error on a level ${level} table walk`;
  const single: Readonly<Record<number, string>> = {
    16: 'synchronous external abort',
    17: 'synchronous tag check fault',
    19: 'synchronous external abort on a level -1 table walk',
    24: 'synchronous parity or ECC error',
    33: 'alignment fault',
    41: 'level -1 address size fault',
    43: 'level -1 translation fault',
    48: 'TLB conflict abort',
    49: 'unsupported atomic hardware update',
    52: 'lockdown fault',
    53: 'unsupported exclusive or atomic access',
  };
  return single[code] ?? `reserved fault status 0x${code.toString(16)}`;
}

/** ESR_ELx field by field. @param esr its low 32 bits */
export function decodeEsr(esr: number): FaultField[] {
  const ec = (esr >>> 26) & 63;
  const bit = (n: number): string => String((esr >>> n) & 1);
  const fields: FaultField[] = [
    { name: 'EC', value: hexOf(ec), meaning: CLASSES[ec] ?? 'reserved' },
    { name: 'IL', value: bit(25), meaning: (esr >>> 25) & 1 ? '32-bit instruction' : '16-bit instruction' },
    { name: 'ISS', value: hexOf(esr & 0x1ffffff) },
  ];
  if (!ABORTS.has(ec)) return fields;
  const status = esr & 63;
  const data = ec >= 36;
  if (data)
    fields.push({ name: 'ISV', value: bit(24), meaning: (esr >>> 24) & 1 ? 'the syndrome is valid' : 'no syndrome' });
  fields.push(
    { name: 'SET', value: String((esr >>> 11) & 3) },
    { name: 'FnV', value: bit(10), meaning: (esr >>> 10) & 1 ? 'FAR is not valid' : 'FAR is valid' },
    { name: 'EA', value: bit(9) },
  );
  if (data)
    fields.push({ name: 'CM', value: bit(8), meaning: (esr >>> 8) & 1 ? 'cache maintenance' : 'no cache maintenance' });
  fields.push({
    name: 'S1PTW',
    value: bit(7),
    meaning: (esr >>> 7) & 1 ? 'on a stage 1 table walk' : 'not on a stage 1 table walk',
  });
  if (data) fields.push({ name: 'WnR', value: bit(6), meaning: (esr >>> 6) & 1 ? 'write' : 'read' });
  fields.push({ name: data ? 'DFSC' : 'IFSC', value: hexOf(status), meaning: faultStatus(status) });
  return fields;
}

function hexOf(n: number): string {
  return `0x${n.toString(16)}`;
}

const ESR = /^\s*ESR = 0x([0-9a-f]{8,16})\b/;
const INTERNAL = /^Internal error: [^:]*: ([0-9a-f]{8,16}) \[#\d+\]/;
const ADDRESS = /^(?:CPU \d+ )?Unable to handle kernel .* at virtual address ([0-9a-f]{8,16})/;

/** arch/arm64/mm/fault.c: `ESR = 0x96000005` behind `Mem abort info:`; without it the number of `Internal error: Oops: 96000005`. */
export function aarch64Fault(lines: readonly string[]): Found | undefined {
  const code = firstMatch(lines, ESR) ?? firstMatch(lines, INTERNAL);
  if (code === undefined) return undefined;
  const esr = Number.parseInt(code.slice(-8), 16);
  const fields = decodeEsr(esr);
  const address = firstMatch(lines, ADDRESS);
  const status = fields.find((f) => f.name === 'DFSC' || f.name === 'IFSC')?.meaning;
  const ec = (esr >>> 26) & 63;
  const access = ec === 32 || ec === 33 ? 'execute' : fields.find((f) => f.name === 'WnR')?.meaning;
  return {
    ...(address !== undefined && { address: `0x${address.replace(/^0+(?=.)/, '')}` }),
    ...(access !== undefined && { access: access as 'read' | 'write' | 'execute' }),
    reason: `${CLASSES[ec] ?? 'reserved exception class'}${status === undefined ? '' : `: ${status}`}`,
    code: `0x${code}`,
    fields,
  };
}

const ARM = /^(?:Unhandled fault|Unhandled prefetch abort): (.{1,80}) \(0x([0-9a-f]{3,8})\) at 0x([0-9a-f]{8})/;
const ARM_KERNEL =
  /^Unable to handle kernel (NULL pointer dereference|paging request|.{1,40}) at virtual address ([0-9a-f]{8})(?: when (read|write|execute))?/;
const ARM_OOPS = /^Internal error: Oops: ([0-9a-f]{1,8}) \[#\d+\].* (?:ARM|THUMB2)/;

/** 32-bit Arm: the fault status register in parentheses or behind `Oops:`; bit 11 is WnR (arch/arm/mm/fault.h). */
export function armFault(lines: readonly string[]): Found | undefined {
  for (const line of lines) {
    const m = ARM.exec(line);
    if (m) return armFound(m[1] as string, m[2] as string, m[3] as string);
    const kernel = ARM_KERNEL.exec(line);
    if (!kernel) continue;
    const found = armFound(kernel[1] as string, firstMatch(lines, ARM_OOPS) ?? '', kernel[2] as string);
    const access = kernel[3] as 'read' | 'write' | 'execute' | undefined;
    return access === undefined ? found : { ...found, access };
  }
  return undefined;
}

function armFound(reason: string, fsr: string, address: string): Found {
  const code = Number.parseInt(fsr, 16);
  const known = !Number.isNaN(code);
  return {
    address: `0x${address.replace(/^0+(?=.)/, '')}`,
    ...(known && { access: (code >> 11) & 1 ? 'write' : 'read', code: `0x${fsr}` }),
    reason,
    fields: known
      ? [
          { name: 'FS', value: hexOf((code & 15) | ((code >> 6) & 16)) },
          { name: 'WnR', value: String((code >> 11) & 1), meaning: (code >> 11) & 1 ? 'write' : 'read' },
        ]
      : [],
  };
}

/** The first group of the first line that matches. */
export function firstMatch(lines: readonly string[], pattern: RegExp): string | undefined {
  for (const line of lines) {
    const m = pattern.exec(line);
    if (m) return m[1];
  }
  return undefined;
}
