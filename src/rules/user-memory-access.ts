import { hex } from '../base/hex.ts';
import type { Phrase } from '../base/phrase.ts';
import { frameAddress, frameName, frameSubject } from '../diagnosis/blame.ts';
import { chainEvidence } from '../diagnosis/chain-evidence.ts';
import { interruptedEvidence } from '../diagnosis/context-evidence.ts';
import { logEvidence } from '../diagnosis/evidence.ts';
import type { Rule } from '../diagnosis/rule.ts';
import { userEvidence, userMemory } from '../diagnosis/user-memory.ts';
import type { FaultChain } from '../fault/chain.ts';

/** The kernel followed a pointer of user space as if it were its own. */
export const userMemoryAccess: Rule = {
  id: 'pointer.user-space',
  title: 'Memory of user space was used without the functions for it',
  source:
    'Documentation/arch/x86/x86_64/uaccess, SMAP; arch/arm64/mm/fault.c: "access to user memory outside uaccess routines" (PAN)',
  *check(of) {
    const { fault, site, chain } = of;
    if (!fault || !site || site.stack === 'user' || fault.access === 'execute') return;
    if (fault.address < 0x1000n || frameAddress(site) === fault.address) return;
    const told = chain?.kind === 'access' ? chain : undefined;
    const inside = userMemory(of, fault.address);
    // without PAN the kernel may read it, until an access reaches beyond its end
    const begin = told && reaches(told, fault.address) ? told.target : undefined;
    const user = inside ?? (begin === undefined ? undefined : userMemory(of, begin));
    if (!user) return;
    const where = frameName(site);
    const at = hex(inside || begin === undefined ? fault.address : begin);
    const end: Phrase = inside
      ? { en: '', zh: '' }
      : {
          en: `, beyond the end of which it reached (${hex(fault.address)})`,
          zh: `，并越过了其末端（${hex(fault.address)}）`,
        };
    const refused = of.fatalLines.some((l) => REFUSED.test(l));
    const expression = told ? ` (\`${told.expression}\`)` : '';
    yield {
      severity: 'cause',
      confidence: refused ? 'certain' : 'likely',
      title: { en: `User memory used directly in ${where}`, zh: `${where} 直接使用了用户空间内存` },
      sentence: {
        en: `${where} ${fault.access === 'write' ? 'wrote to' : 'read'} ${at}${expression}, ${user.words.en}${end.en}, without the functions that copy from and to user space${refused ? ', which the CPU refuses the kernel' : ''}.`,
        zh: `${where} 直接${fault.access === 'write' ? '写入' : '读取'}了 ${at}${told ? `（\`${told.expression}\`）` : ''}，那是${user.words.zh}${end.zh}，而没有使用与用户空间复制数据的函数${refused ? '；CPU 不允许内核这样访问' : ''}。`,
      },
      subject: frameSubject(site),
      evidence: [
        logEvidence(fault.line),
        userEvidence(user),
        ...(told ? chainEvidence(of) : []),
        ...interruptedEvidence(of),
      ],
      explains: ['pointer.bad', 'pointer.permission', 'death.exception'],
    };
  },
};

/** Whether an access that begins elsewhere covers an address. */
function reaches({ target, size = 1 }: FaultChain, address: bigint): boolean {
  return target !== undefined && address > target && address < target + BigInt(size);
}

/** The page is there, and the kernel may not touch it: SMAP, PAN, KUAP. */
const REFUSED = /permissions violation|outside uaccess routines|Kernel attempted to (?:access|read|write) user page/i;
