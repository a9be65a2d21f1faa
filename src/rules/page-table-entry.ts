import { frameName, frameSubject } from '../diagnosis/blame.ts';
import { chainEvidence } from '../diagnosis/chain-evidence.ts';
import { logEvidence } from '../diagnosis/evidence.ts';
import type { Rule } from '../diagnosis/rule.ts';

/** Bit of the error code of a page fault: the CPU found a reserved bit set in an entry of the page tables. */
const RESERVED = 8;

/** The page tables that lead to an address are damaged. */
export const pageTableEntry: Rule = {
  id: 'page-table.corrupt',
  title: 'An entry of the page tables is corrupt',
  source: 'Intel SDM volume 3, page-fault exceptions, error code RSVD; arch/x86/mm/fault.c, pgtable_bad()',
  *check(of) {
    const { fault, site } = of;
    const code = of.fatalLines.find((l) => Number.parseInt(CODE.exec(l)?.[1] ?? '0', 16) & RESERVED);
    if (!fault || !site || code === undefined) return;
    const walk = of.fatalLines.find((l) => WALK.test(l));
    const entry = walk === undefined ? undefined : /\b(PGD|P4D|PUD|PMD|PTE) ([0-9a-f]+)\s*$/.exec(walk);
    const at = `0x${fault.address.toString(16)}`;
    const words = entry ? `: ${entry[1]} ${entry[2]}` : '';
    yield {
      severity: 'cause',
      confidence: 'certain',
      title: { en: `Corrupt page table under ${frameName(site)}`, zh: `${frameName(site)} 访问时发现页表损坏` },
      sentence: {
        en: `${frameName(site)} used ${at}, and the CPU found a bit set that must be clear in an entry of the page tables on the way there${words}: the entry was written over, or made wrongly.`,
        zh: `${frameName(site)} 访问 ${at} 时，CPU 在页表项中发现了必须清零的位${words}：该页表项被改写或构造有误。`,
      },
      subject: frameSubject(site),
      evidence: [logEvidence(code), ...(walk === undefined ? [] : [logEvidence(walk)]), ...chainEvidence(of)],
      explains: ['death.exception', 'pointer.bad', 'pointer.permission', 'pointer.vmalloc', 'pointer.null'],
    };
  },
};

const CODE = /^#PF: error_code\(0x([0-9a-f]{4})\)/;
const WALK = /^(?:PGD|P4D) [0-9a-f]+ /;
