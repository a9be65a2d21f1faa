import { attempt } from '../base/attempt.ts';
import { hex } from '../base/hex.ts';
import type { Phrase } from '../base/phrase.ts';
import { frameName, frameSubject } from '../diagnosis/blame.ts';
import { chainEvidence } from '../diagnosis/chain-evidence.ts';
import { interruptedEvidence } from '../diagnosis/context-evidence.ts';
import { logEvidence } from '../diagnosis/evidence.ts';
import { isMapped } from '../diagnosis/mapped.ts';
import { moduleCaller } from '../diagnosis/module-caller.ts';
import { pointerKind } from '../diagnosis/pointer-kind.ts';
import type { Rule } from '../diagnosis/rule.ts';
import { vmallocPlace } from '../diagnosis/vmalloc-place.ts';

/** An index or a length that is wrong by itself: a negative number that was taken for a large one. */
function indexWords(value: bigint | undefined): Phrase {
  const signed = value === undefined ? 0n : BigInt.asIntN(64, value);
  if (signed >= 0n) return { en: '', zh: '' };
  return {
    en: `: ${signed} was added to a good pointer, an index or a length below zero`,
    zh: `：在有效指针上加了 ${signed}，下标或长度为负`,
  };
}

/** An access to vmalloc space where nothing is mapped: beyond an area, or in one that was given back. */
export const vmallocHole: Rule = {
  id: 'pointer.vmalloc',
  title: 'Memory of vmalloc was used beyond its end, or after it was freed',
  source: 'mm/vmalloc.c: a page without memory follows each area; freed areas wait in purge_vmap_area_list',
  *check(of) {
    const { fault, site, chain } = of;
    if (!fault || !site || fault.access === 'execute' || pointerKind(fault.address).kind !== 'wild') return;
    if (fault.address < of.prog.kernelStart || isMapped(of.prog, fault.address)) return;
    const place = attempt(() => vmallocPlace(of.prog, fault.address, chain?.indexed?.array));
    if (!place) return;
    const caller = moduleCaller(of);
    const where = frameName(site);
    const by = caller ? frameName(caller) : undefined;
    const told = chain?.kind === 'access' ? chain : undefined;
    const at = hex(fault.address);
    const index = indexWords(chain?.indexed?.value);
    const did = fault.access === 'write' ? { en: 'wrote to', zh: '写入' } : { en: 'used', zh: '访问' };
    yield {
      severity: 'cause',
      confidence: place.confidence,
      title: { en: `${place.title.en} in ${where}`, zh: `${where} 中${place.title.zh}` },
      sentence: {
        en: `${where}${by === undefined ? '' : `, called by ${by},`} ${did.en} ${at}${told ? ` (\`${told.expression}\`)` : ''}, which is ${place.words.en}${index.en}.`,
        zh: `${where}${by === undefined ? '' : `（由 ${by} 调用）`}${did.zh}了 ${at}${told ? `（\`${told.expression}\`）` : ''}，${place.words.zh}${index.zh}。`,
      },
      subject: frameSubject(caller ?? site),
      evidence: [
        logEvidence(fault.line),
        ...place.evidence,
        ...(told ? chainEvidence(of) : []),
        ...interruptedEvidence(of),
      ],
      explains: ['death.exception', 'pointer.bad'],
    };
  },
};
