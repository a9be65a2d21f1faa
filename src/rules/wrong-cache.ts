import { callerFrame, frameName, frameSubject } from '../diagnosis/blame.ts';
import type { Case } from '../diagnosis/case.ts';
import { interruptedEvidence } from '../diagnosis/context-evidence.ts';
import { logEvidence } from '../diagnosis/evidence.ts';
import type { ExaminedObject } from '../diagnosis/examined-object.ts';
import { objectEvidence } from '../diagnosis/object-evidence.ts';
import { objectSubject } from '../diagnosis/object-words.ts';
import type { Rule } from '../diagnosis/rule.ts';
import type { Finding } from '../report/finding.ts';

/** An object was freed into another slab cache than it is of: the kernel warned, and was set to stop at that. */
export const wrongCache: Rule = {
  id: 'slab.wrong-cache',
  title: 'An object was freed into a slab cache that it is not of',
  source:
    'mm/slab.h, cache_from_obj(), and mm/slub.c, warn_free_bad_obj(), under CONFIG_SLAB_FREELIST_HARDENED or slub_debug',
  *check(of) {
    if (!/panic_on_warn set/.test(of.panic.message ?? '')) return;
    const lines = of.log.flatMap((r) => r.text.split('\n'));
    // what stopped the kernel was the last warning, and WARN() prints its words on the line before
    const index = lines.findLastIndex((line) => /^WARNING: /.test(line));
    for (const line of lines.slice(Math.max(0, index - NEAR), Math.max(0, index))) {
      const caches = cachesOf(line);
      if (caches) yield finding(of, line, caches);
    }
  },
};

/** Lines between the words and the line with the place. */
const NEAR = 2;

interface Caches {
  /** That the object was freed into. */
  readonly into: string;
  /** That it is of. */
  readonly own: string;
}

/**
 * `cache_from_obj: Wrong slab cache. A but object is from B`; in 7.2 and later, where the check has moved to warn_free_bad_obj() (6.18 has none),
 * `kmem_cache_free(A, 00000000f00dcafe): object belongs to different cache B`.
 */
const WORDS: readonly RegExp[] = [
  /^cache_from_obj: Wrong slab cache\. (?<into>.+) but object is from (?<own>.+)$/,
  /^kmem_cache_free\((?<into>.+), [0-9a-fx]+\): object belongs to different cache (?<own>.+)$/,
];

function cachesOf(line: string): Caches | undefined {
  for (const words of WORDS) {
    const { into, own } = words.exec(line)?.groups ?? {};
    if (into !== undefined && own !== undefined) return { into, own };
  }
  return undefined;
}

function finding(of: Case, line: string, { into, own }: Caches): Finding {
  const caller = callerFrame(of);
  const who = frameName(caller);
  const object = objectOf(of, own);
  const at = object ? ` 0x${object.address.toString(16)}` : '';
  return {
    severity: 'cause',
    confidence: 'certain',
    title: {
      en: `An object of ${own} was freed into the slab cache ${into} by ${who}`,
      zh: `${who} 把 ${own} 的对象释放到了 slab 缓存 ${into}`,
    },
    sentence: {
      en: `${who} freed the object${at} of the slab cache ${own} with kmem_cache_free() of ${into}, to which it does not belong; the kernel warned, and is set to stop at a warning.`,
      zh: `${who} 用 ${into} 的 kmem_cache_free() 释放了属于 slab 缓存 ${own} 的对象${at}；内核发出警告，而内核被设为遇到警告即停止。`,
    },
    subject: { ...frameSubject(caller), cache: own, ...(object && objectSubject(object)) },
    evidence: [logEvidence(line), ...(object ? objectEvidence(of, object) : []), ...interruptedEvidence(of)],
    explains: ['death.warning'],
  };
}

/** An object of that cache that the allocator or its caller still held where it died: the outermost of them. */
function objectOf(of: Case, cache: string): ExaminedObject | undefined {
  const last = (of.allocator?.index ?? 0) + 1;
  const frameOf = (o: ExaminedObject): number => Math.max(...o.roles.map((r) => r.frame).filter((f) => f <= last));
  const held = of.objects.filter((o) => o.slab?.cache.name === cache && o.pointer === o.address);
  return held.filter((o) => frameOf(o) >= 0).sort((a, b) => frameOf(b) - frameOf(a))[0];
}
