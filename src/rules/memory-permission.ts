import { hex } from '../base/hex.ts';
import { frameName, frameSubject } from '../diagnosis/blame.ts';
import { chainEvidence } from '../diagnosis/chain-evidence.ts';
import { interruptedEvidence } from '../diagnosis/context-evidence.ts';
import { logEvidence } from '../diagnosis/evidence.ts';
import { isMapped } from '../diagnosis/mapped.ts';
import { placeWords } from '../diagnosis/place-words.ts';
import { pointerKind } from '../diagnosis/pointer-kind.ts';
import type { Rule } from '../diagnosis/rule.ts';

/** The memory is there, but not for such an access: constants and code may not be written, data not executed. */
export const memoryPermission: Rule = {
  id: 'pointer.permission',
  title: 'Memory was used in a way that it is not mapped for',
  source:
    'arch/x86/mm/fault.c, "permissions violation"; arch/arm64/mm/fault.c, "read-only memory"; CONFIG_STRICT_KERNEL_RWX',
  *check(of) {
    const { fault, site, chain } = of;
    if (!fault || !site || fault.access === 'execute' || pointerKind(fault.address).kind !== 'wild') return;
    if (!isMapped(of.prog, fault.address)) return;
    const where = frameName(site);
    const at = hex(fault.address);
    const what = placeWords(of.prog, fault.address);
    const stated = of.fatalLines.some((l) => /permissions violation|read-only memory/i.test(l));
    const told = chain?.kind === 'access' ? chain : undefined;
    const write = fault.access === 'write' && stated;
    yield {
      severity: 'cause',
      confidence: stated ? 'certain' : 'possible',
      title: write
        ? { en: `Write to read-only memory in ${where}`, zh: `${where} 写入只读内存` }
        : { en: `Forbidden access in ${where}`, zh: `${where} 中的访问不被允许` },
      sentence: {
        en: `${where} ${write ? 'wrote to' : 'used'} ${at}${what.en}, which the page tables map${write ? ', but not for writing' : ' as memory stands now'}${told ? ` (\`${told.expression}\`)` : ''}.`,
        zh: `${where} ${write ? '写入' : '访问'}了 ${at}${what.zh}，页表${write ? '映射了它，但不可写' : '现在映射了它'}${told ? `（\`${told.expression}\`）` : ''}。`,
      },
      subject: { ...frameSubject(site), address: at },
      evidence: [logEvidence(fault.line), ...(told ? chainEvidence(of) : []), ...interruptedEvidence(of)],
      explains: ['death.exception'],
    };
  },
};
