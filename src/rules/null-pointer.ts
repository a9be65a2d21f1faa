import { hex } from '../base/hex.ts';
import { frameAddress, frameName, frameSubject } from '../diagnosis/blame.ts';
import type { Case } from '../diagnosis/case.ts';
import { chainEvidence } from '../diagnosis/chain-evidence.ts';
import { interruptedEvidence } from '../diagnosis/context-evidence.ts';
import { errorPointer } from '../diagnosis/error-pointer.ts';
import { logEvidence, registerEvidence } from '../diagnosis/evidence.ts';
import { originSubject, originWords } from '../diagnosis/origin-words.ts';
import { pointerKind } from '../diagnosis/pointer-kind.ts';
import type { Rule } from '../diagnosis/rule.ts';
import type { Evidence, Finding } from '../report/finding.ts';

/** A member of a structure was read or written through a NULL pointer. */
export const nullPointer: Rule = {
  id: 'pointer.null',
  title: 'A NULL pointer was used',
  source: 'arch/{x86,arm64,powerpc}/mm/fault.c: addresses below a page are reported as NULL pointer dereference',
  *check(of) {
    const { fault, site } = of;
    if (!fault || !site || fault.access === 'execute') return;
    if (pointerKind(fault.address).kind !== 'null' || (frameAddress(site) ?? 0x1000n) < 0x1000n) return;
    if (errorPointer(of) === undefined) yield finding(of, fault);
  },
};

function finding(of: Case, fault: NonNullable<Case['fault']>): Finding {
  const { site } = of;
  const where = frameName(site);
  const offset = hex(fault.address);
  const write = fault.access === 'write';
  const told = of.chain?.kind === 'access' ? of.chain : undefined;
  const origin = told?.origin;
  const source = origin && originWords(of, origin);
  return {
    severity: 'cause',
    confidence: 'certain',
    title: { en: `NULL pointer dereference in ${where}`, zh: `${where} 中解引用 NULL 指针` },
    sentence: {
      en: `${where} ${write ? 'wrote to' : 'read'} ${told ? `\`${told.expression}\`` : `a member of a structure at offset ${offset}`} through a NULL pointer${source ? `, which came from ${source.en}` : ''}.`,
      zh: `${where} 通过 NULL 指针${write ? '写入' : '读取'}了${told ? ` \`${told.expression}\`` : `偏移 ${offset} 处的结构体成员`}${source ? `，该指针来自${source.zh}` : ''}。`,
    },
    subject: { ...frameSubject(site), ...(origin && originSubject(origin)) },
    evidence: [logEvidence(fault.line), ...(told ? chainEvidence(of) : nullRegisters(of)), ...interruptedEvidence(of)],
    explains: ['death.exception'],
  };
}

/** The registers that hold NULL there. */
function nullRegisters(of: Case): Evidence[] {
  const index = of.place?.index ?? 0;
  const registers = of.stack?.frames[index]?.registers ?? {};
  const zero = Object.keys(registers).filter((r) => BigInt(registers[r] ?? 1) === 0n && GENERAL.test(r));
  return zero.slice(0, 2).flatMap((r) => {
    const found = registerEvidence(of, index, r, { en: `${r} is NULL`, zh: `寄存器 ${r} 为 NULL` });
    return found ? [found] : [];
  });
}

const GENERAL = /^(?:r[a-ds]?[a-z0-9]{1,2}|x\d+)$/;
