import { aarch64Fault, armFault } from './fault-arm.ts';
import { loongarchFault, powerpcFault, riscvFault, s390Fault } from './fault-other.ts';
import { x86Fault } from './fault-x86.ts';

/** One field of a syndrome or error code. */
export interface FaultField {
  /** As the architecture's manual names it. */
  readonly name: string;
  readonly value: string;
  readonly meaning?: string;
}

/** What the CPU said of a fault, as far as the report prints it. */
export interface FaultFacts {
  /** `0x` and hexadecimal digits without leading zeros. */
  readonly address?: string;
  readonly access?: 'read' | 'write' | 'execute';
  /** In words: `data abort, current EL: level 1 translation fault`. */
  readonly reason?: string;
  /** The syndrome or error code, as printed. */
  readonly code?: string;
  readonly fields: readonly FaultField[];
  /** Page-table entries as printed, outermost first: `pgd` `000000014eba4003`. */
  readonly pageTable: readonly { readonly level: string; readonly value: string }[];
}

/** What a reader of one architecture's lines finds; undefined when the lines are not its own. */
export type FaultReader = (lines: readonly string[]) => Omit<FaultFacts, 'pageTable'> | undefined;

const readers: readonly FaultReader[] = [
  aarch64Fault,
  s390Fault,
  powerpcFault,
  x86Fault,
  riscvFault,
  loongarchFault,
  armFault,
];

const ADDRESS =
  /(?:at virtual address|for address|address:|for (?:non-canonical )?address|\bat) (?:0x)?([0-9a-f]{8,16})\b/;

/** The fault that a report's lines tell of; undefined when they tell of none. */
export function readFault(lines: readonly string[]): FaultFacts | undefined {
  const pageTable = readPageTable(lines);
  for (const read of readers) {
    const found = read(lines);
    if (found) return { ...found, pageTable };
  }
  const plain = ADDRESS.exec(lines[0] ?? '');
  if (!plain && pageTable.length === 0) return undefined;
  return { ...(plain && { address: shortHex(plain[1] as string) }), fields: [], pageTable };
}

/** `0x` and the digits without leading zeros. */
function shortHex(digits: string): string {
  return `0x${digits.replace(/^0x/, '').replace(/^0+(?=.)/, '')}`;
}

const MAX_LEVELS = 6;

/** `PGD 1d8d6a067 P4D 0` on x86, `[00000000000000d0] pgd=000000014eba4003, pud=0` on Arm; one line or several. */
function readPageTable(lines: readonly string[]): { level: string; value: string }[] {
  const found: { level: string; value: string }[] = [];
  for (const line of lines) {
    const arm = /^\[[0-9a-f]{8,16}\] ?(?:address between .* ranges)?(.*pgd=.*)$/.exec(line);
    const parts = arm
      ? (arm[1] as string).matchAll(/\*?(pgd|p4d|pud|pmd|pte|ppte)=([0-9a-f]{1,16})/g)
      : /^(?:PGD|P4D|PUD|PMD|PTE) /.test(line)
        ? line.matchAll(/\b(PGD|P4D|PUD|PMD|PTE) ([0-9a-f]{1,16}|BAD)\b/g)
        : [];
    for (const m of parts)
      if (found.length < MAX_LEVELS) found.push({ level: (m[1] as string).toLowerCase(), value: m[2] as string });
    if (found.length >= MAX_LEVELS) break;
  }
  return found;
}
