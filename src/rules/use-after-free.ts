import { frameName, frameSubject } from '../diagnosis/blame.ts';
import type { Case } from '../diagnosis/case.ts';
import { chainEvidence } from '../diagnosis/chain-evidence.ts';
import { interruptedEvidence, referrerEvidence } from '../diagnosis/context-evidence.ts';
import { logEvidence, placeText, present } from '../diagnosis/evidence.ts';
import type { ExaminedObject } from '../diagnosis/examined-object.ts';
import { givenObject } from '../diagnosis/given-object.ts';
import { moduleCaller } from '../diagnosis/module-caller.ts';
import { objectEvidence } from '../diagnosis/object-evidence.ts';
import { objectName, objectSubject, stateWords } from '../diagnosis/object-words.ts';
import type { Rule } from '../diagnosis/rule.ts';
import { wordSource } from '../diagnosis/word-source.ts';
import type { Evidence, Finding } from '../report/finding.ts';

/** The value that killed the kernel was read from an object that its allocator holds as free. */
export const useAfterFree: Rule = {
  id: 'slab.use-after-free',
  title: 'Freed memory was used',
  source: 'include/linux/poison.h, POISON_FREE; Documentation/mm/slab.rst (slub_debug)',
  *check(of) {
    if (of.allocator || !of.site) return;
    const used = usedObject(of);
    if (used) yield finding(of, used.object, used.proof);
  },
};

interface Used {
  readonly object: ExaminedObject;
  /** That the bad value came from it. */
  readonly proof: Evidence | undefined;
}

/** The free object that the dying code read from: by the bad value in it, or because the access that failed was to it. */
function usedObject(of: Case): Used | undefined {
  const bad = badValue(of);
  const source =
    bad === undefined ? undefined : wordSource(of, bad, of.fault?.access === 'execute' || of.site?.symbol === null);
  if (source && isFree(source.object)) return { object: source.object, proof: source.evidence };
  for (const strand of of.chain?.strands ?? []) {
    for (const { readFrom } of strand.steps) {
      const at = readFrom?.address;
      const object = at === undefined ? undefined : of.objects.find((o) => isFree(o) && holds(o, at));
      if (object) return { object, proof: undefined };
    }
  }
  // code that traps by itself found fault with what it was given
  const given = of.fault ? undefined : givenObject(of, isFree);
  return given && { object: given.object, proof: undefined };
}

/** What was used as an address: what the CPU stated, or where execution went. A place in the kernel's text is none. */
function badValue(of: Case): bigint | undefined {
  const at = of.fault?.address ?? of.chain?.target ?? (of.site?.symbol === null ? BigInt(of.site.pc) : undefined);
  return at !== undefined && at >= 0x1000n ? at : undefined;
}

function isFree(o: ExaminedObject): boolean {
  return o.slab !== undefined && !o.slab.allocated;
}

function holds(o: ExaminedObject, at: bigint): boolean {
  return at >= o.address && at < o.address + BigInt(o.slab?.cache.size ?? 0);
}

function finding(of: Case, o: ExaminedObject, proof: Evidence | undefined): Finding {
  const code = of.site?.symbol === null ? of.stack?.frames[(of.place?.index ?? 0) + 1] : of.site;
  const caller = code === of.site ? moduleCaller(of) : undefined;
  const where = `${frameName(code)}${caller ? `, called by ${frameName(caller)},` : ''}`;
  const zhWhere = `${frameName(code)}${caller ? `（由 ${frameName(caller)} 调用）` : ''}`;
  const name = objectName(o);
  const state = stateWords(o);
  const freed = o.tracks.find((t) => t.what === 'freed');
  const by = freed && placeText(of.prog, freed.caller);
  const poisoned = (o.poison?.freeBytes ?? 0) >= 16;
  const cache = o.slab?.cache.name ?? '';
  // the name of a cache that anybody uses says nothing of what it was
  const what = /^kmalloc-/.test(cache) ? o.type : undefined;
  return {
    severity: 'cause',
    confidence: proof && poisoned ? 'certain' : 'likely',
    title: {
      en: `Use after free of ${what === undefined ? 'an object' : `a ${what}`} of ${cache}`,
      zh: what === undefined ? `${cache} 的对象在释放后被使用` : `${cache} 的 ${what} 在释放后被使用`,
    },
    sentence: {
      en: `${where} used ${name.en} after it had been freed${by ? ` by ${by}` : ''}: it is ${state.en}.`,
      zh: `${zhWhere} 使用了已被${by ? ` ${by} ` : ''}释放的${name.zh}：其状态为${state.zh}。`,
    },
    subject: { ...frameSubject(caller ?? code), ...objectSubject(o) },
    evidence: [
      ...present(proof),
      ...objectEvidence(of, o),
      ...chainEvidence(of, 4),
      ...referrerEvidence(of, o),
      ...interruptedEvidence(of),
      ...(of.fault ? [logEvidence(of.fault.line)] : []),
    ],
    ...(!freed && {
      settle: [
        {
          en: `boot with slub_debug=UFPZ,${cache}, or a kernel with KASAN: both tell who freed it`,
          zh: `以 slub_debug=UFPZ,${cache} 启动，或使用带 KASAN 的内核：两者都能说明是谁释放了它`,
        },
      ],
    }),
    explains: ['call.bad', 'pointer.bad', 'pointer.null', 'death.exception', 'death.bug', 'death.warning'],
  };
}
