import { firstMatch } from './fault-arm.ts';
import type { FaultFacts, FaultField } from './fault-facts.ts';

type Found = Omit<FaultFacts, 'pageTable'>;

function trimmed(address: string): string {
  return `0x${address.replace(/^0x/, '').replace(/^0+(?=.)/, '')}`;
}

const FAILING = /^Failing address: ([0-9a-f]{16}) TEID: [0-9a-f]{16}/;
const TEID = /^Failing address: [0-9a-f]{16} TEID: ([0-9a-f]{16})/;
const SPACES = ['primary', 'access-register mode', 'secondary', 'home'];

/**
 * s390: `Failing address: ... TEID: ...` (arch/s390/mm/fault.c). Translation-exception identification: z/Architecture
 * Principles of Operation; bits 52 and 53 tell a store (1) from a fetch (2), bits 62 and 63 the address space.
 */
export function s390Fault(lines: readonly string[]): Found | undefined {
  const address = firstMatch(lines, FAILING);
  const teid = firstMatch(lines, TEID);
  if (address === undefined || teid === undefined) return undefined;
  const low = Number.parseInt(teid.slice(-4), 16);
  const fsi = (low >> 10) & 3;
  const access = fsi === 1 ? 'write' : fsi === 2 ? 'read' : undefined;
  const space = SPACES[low & 3] as string;
  return {
    address: trimmed(address),
    ...(access && { access }),
    reason: `access in ${space} space`,
    code: `0x${teid}`,
    fields: [
      { name: 'FSI', value: String(fsi), meaning: fsi === 1 ? 'store' : fsi === 2 ? 'fetch' : 'not told' },
      { name: 'AS', value: String(low & 3), meaning: space },
    ],
  };
}

const DAR = /\bDAR: ([0-9a-f]{8,16})\b/;
const DSISR = /\bDSISR: ([0-9a-f]{8})\b/;
const PPC_AT = /^(?:BUG: )?(?:Unable to handle|Kernel).* (?:at|for data at address) (0x[0-9a-f]{8,16})/;
const PPC_WORDS = /^(?:BUG: )?(?:Unable to handle kernel|Kernel) .* on (read|write|execute)\b/i;

/** DSISR: Power ISA, Book III, "Data Storage Interrupt". */
const DSISR_BITS: readonly [number, string, string][] = [
  [30, 'NOHPTE', 'no translation found'],
  [27, 'PROTFAULT', 'not permitted by the page'],
  [25, 'ISSTORE', 'a store'],
  [21, 'KEYFAULT', 'not permitted by the key'],
];

/** A jump to where no code is: the address is that of the instruction. */
const PPC_FETCH = /^BUG: Unable to handle kernel instruction fetch/;
const PPC_FAULTING = /^Faulting instruction address: 0x([0-9a-f]{8,16})/;

/** PowerPC: `BUG: Kernel NULL pointer dereference on read at 0x...` and `DAR: ... DSISR: ...` (arch/powerpc/mm/fault.c). */
export function powerpcFault(lines: readonly string[]): Found | undefined {
  const fetched = lines.some((l) => PPC_FETCH.test(l)) ? firstMatch(lines, PPC_FAULTING) : undefined;
  if (fetched !== undefined)
    return { address: trimmed(fetched), access: 'execute', reason: 'instruction storage interrupt', fields: [] };
  const address = firstMatch(lines, DAR) ?? firstMatch(lines, PPC_AT);
  const dsisr = firstMatch(lines, DSISR);
  const words = firstMatch(lines, PPC_WORDS)?.toLowerCase() as 'read' | 'write' | 'execute' | undefined;
  if (address === undefined || (dsisr === undefined && words === undefined)) return undefined;
  const bits = dsisr === undefined ? 0 : Number.parseInt(dsisr, 16);
  const fields: FaultField[] = DSISR_BITS.filter(([bit]) => (bits >>> bit) & 1).map(([, name, meaning]) => ({
    name,
    value: '1',
    meaning,
  }));
  return {
    address: trimmed(address),
    access: words ?? ((bits >>> 25) & 1 ? 'write' : 'read'),
    reason: fields[0]?.meaning ?? 'data storage interrupt',
    ...(dsisr !== undefined && { code: `0x${dsisr}` }),
    fields,
  };
}

const RISCV = /^status: [0-9a-f]{8,16} (?:badaddr|tval|stval): [0-9a-f]{8,16} (?:s?cause): ([0-9a-f]{8,16})/;
const RISCV_AT = /^status: [0-9a-f]{8,16} (?:badaddr|tval|stval): ([0-9a-f]{8,16})/;
/** RISC-V privileged specification, "scause". */
const CAUSES: Readonly<Record<number, readonly [string, 'read' | 'write' | 'execute' | undefined]>> = {
  0: ['instruction address misaligned', 'execute'],
  1: ['instruction access fault', 'execute'],
  2: ['illegal instruction', undefined],
  3: ['breakpoint', undefined],
  4: ['load address misaligned', 'read'],
  5: ['load access fault', 'read'],
  6: ['store address misaligned', 'write'],
  7: ['store access fault', 'write'],
  12: ['instruction page fault', 'execute'],
  13: ['load page fault', 'read'],
  15: ['store page fault', 'write'],
};

/** RISC-V: `status: ... badaddr: ... cause: ...` (arch/riscv/kernel/process.c). */
export function riscvFault(lines: readonly string[]): Found | undefined {
  const code = firstMatch(lines, RISCV);
  const address = firstMatch(lines, RISCV_AT);
  if (code === undefined || address === undefined) return undefined;
  const cause = Number.parseInt(code.slice(-8), 16);
  const [reason, access] = CAUSES[cause] ?? [`cause ${cause}`, undefined];
  return {
    address: trimmed(address),
    ...(access && { access }),
    reason,
    code: `0x${code}`,
    fields: [{ name: 'scause', value: String(cause), meaning: reason }],
  };
}

const ESTAT = /^\s*ESTAT: [0-9a-f]+ \[\w+\] \(IS=.* ECode=(\d+) /;
const BADV = /^\s*BADV: ([0-9a-f]{16})/;
/** LoongArch reference manual, volume 1, table of exception codes. */
const ECODES: Readonly<Record<number, readonly [string, 'read' | 'write' | 'execute' | undefined]>> = {
  1: ['page invalid for load', 'read'],
  2: ['page invalid for store', 'write'],
  3: ['page invalid for fetch', 'execute'],
  4: ['page modification', 'write'],
  5: ['page not readable', 'read'],
  6: ['page not executable', 'execute'],
  7: ['page privilege', undefined],
  8: ['address error', undefined],
  9: ['address not aligned', undefined],
  13: ['instruction does not exist', undefined],
};

/** LoongArch: `ESTAT: ... (IS= ECode=1 EsubCode=0)` and `BADV: ...` (arch/loongarch/kernel/traps.c). */
export function loongarchFault(lines: readonly string[]): Found | undefined {
  const code = firstMatch(lines, ESTAT);
  if (code === undefined) return undefined;
  const address = firstMatch(lines, BADV);
  const [reason, access] = ECODES[Number(code)] ?? [`exception code ${code}`, undefined];
  return {
    ...(address !== undefined && { address: trimmed(address) }),
    ...(access && { access }),
    reason,
    code,
    fields: [{ name: 'ECode', value: code, meaning: reason }],
  };
}
