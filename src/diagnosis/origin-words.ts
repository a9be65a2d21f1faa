import { hex } from '../base/hex.ts';
import type { Phrase } from '../base/phrase.ts';
import type { FaultOrigin } from '../fault/chain.ts';
import type { FindingSubject } from '../report/finding.ts';
import type { Case } from './case.ts';
import { examineObject } from './examine-objects.ts';
import { objectName } from './object-words.ts';

/** Where a value came from, in words. */
export function originWords(of: Case, origin: FaultOrigin): Phrase {
  const data = origin.address === undefined ? undefined : examineObject(of.prog, origin.address, []);
  // without a name of its own the last function lends it one
  if (data?.module !== undefined) return objectName(data);
  const at = origin.address === undefined ? '' : hex(origin.address);
  const cache = origin.cache ?? '';
  switch (origin.kind) {
    case 'variable':
      return { en: `the variable ${origin.expression} at ${at}`, zh: `变量 ${origin.expression}（${at}）` };
    case 'per-cpu':
      return { en: `the per-CPU variable ${origin.expression}`, zh: `每 CPU 变量 ${origin.expression}` };
    case 'object':
      return {
        en: `${origin.expression}${cache === '' ? '' : `, an object of slab cache ${cache}`}${at === '' ? '' : ` at ${at}`}`,
        zh: ` ${origin.expression}${cache === '' ? '' : `（slab 缓存 ${cache} 的对象）`}${at === '' ? '' : `（${at}）`}`,
      };
    case 'result':
      return { en: `the result of ${origin.expression}`, zh: ` ${origin.expression} 的返回值` };
  }
}

/** The same as the subject of a finding. */
export function originSubject(origin: FaultOrigin): FindingSubject {
  return {
    ...(origin.address !== undefined && { address: hex(origin.address) }),
    ...(origin.type !== undefined && origin.type !== '' && { type: origin.type }),
    ...(origin.cache !== undefined && { cache: origin.cache }),
  };
}
