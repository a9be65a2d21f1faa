import { hex } from '../base/hex.ts';
import { frameName, frameSubject } from '../diagnosis/blame.ts';
import { chainEvidence } from '../diagnosis/chain-evidence.ts';
import { interruptedEvidence } from '../diagnosis/context-evidence.ts';
import { logEvidence } from '../diagnosis/evidence.ts';
import { placeWords } from '../diagnosis/place-words.ts';
import type { Rule } from '../diagnosis/rule.ts';

/** The memory is there, but an access of that kind must not begin at such an address. */
export const misalignedAccess: Rule = {
  id: 'pointer.misaligned',
  title: 'An access was not aligned as the CPU asks for',
  source:
    'Arm DDI 0487, "Alignment of data accesses"; Documentation/core-api/unaligned-memory-access.rst; arch/arm64/mm/fault.c, do_alignment_fault()',
  *check(of) {
    const { fault, site, chain } = of;
    const line = of.fatalLines.find((l) => MISALIGNED.test(l));
    if (!site || line === undefined) return;
    const told = chain?.kind === 'access' ? chain : undefined;
    const address = fault?.address ?? told?.target;
    const where = frameName(site);
    const size = told?.size ?? 0;
    const odd = address !== undefined && size > 1 && address % BigInt(size) !== 0n;
    const at = address === undefined ? undefined : hex(address);
    const place = address === undefined ? { en: '', zh: '' } : placeWords(of.prog, address);
    const expression = told ? ` (\`${told.expression}\`)` : '';
    yield {
      severity: 'cause',
      confidence: 'certain',
      title: { en: `Misaligned access in ${where}`, zh: `${where} 中的未对齐访问` },
      sentence: {
        en: `${where} used ${at ?? 'an address'}${place.en}${expression}${odd ? `, which is no multiple of ${size}, for ${size} bytes` : ''}: the CPU refuses a misaligned access that is atomic or exclusive, or that goes to device memory.`,
        zh: `${where} 访问了 ${at ?? '某个地址'}${place.zh}${told ? `（\`${told.expression}\`）` : ''}${odd ? `，共 ${size} 字节，而该地址不是 ${size} 的倍数` : ''}：原子或独占访问以及对设备内存的访问必须对齐，否则 CPU 拒绝执行。`,
      },
      subject: { ...frameSubject(site), ...(at !== undefined && { address: at }) },
      evidence: [
        ...(fault ? [logEvidence(fault.line)] : []),
        logEvidence(line),
        ...(told ? chainEvidence(of) : []),
        ...interruptedEvidence(of),
      ],
      explains: ['death.exception', 'pointer.bad', 'pointer.permission', 'pointer.vmalloc', 'pointer.user-space'],
    };
  },
};

/** Of arm64, RISC-V, x86 and LoongArch. */
const MISALIGNED =
  /FSC = 0x21: alignment fault|^Unhandled fault: alignment fault|^Oops - \S.* address misaligned|alignment check: |^Kernel ale access/;
