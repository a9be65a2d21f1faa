import { hex } from '../base/hex.ts';
import { addrAdd } from '../base/u64.ts';
import type { KfenceObject } from '../kernel/kfence.ts';
import type { Evidence } from '../report/finding.ts';
import type { Case } from './case.ts';
import { memberEvidence, placeText, present, wordEvidence } from './evidence.ts';

/** Frames of a track that are shown. */
const MOST = 3;

/** What KFENCE keeps of an object: where it is, its state, and who allocated and freed it. */
export function kfenceEvidence(of: Case, object: KfenceObject): Evidence[] {
  const member = (name: string, en: string, zh: string) =>
    memberEvidence(of.prog, { en, zh }, 'kfence_metadata', name, object.metadata);
  const tracks = object.tracks.map((track): Evidence => {
    const stack = track.stack.slice(0, MOST).map((at) => placeText(of.prog, at));
    const what =
      track.what === 'freed'
        ? { en: `KFENCE noted that PID ${track.pid} freed it`, zh: `KFENCE 记录：PID ${track.pid} 释放了它` }
        : { en: `KFENCE noted that PID ${track.pid} allocated it`, zh: `KFENCE 记录：PID ${track.pid} 分配了它` };
    return { what, value: stack.join(' < ') };
  });
  const where = { en: 'where KFENCE put the object', zh: 'KFENCE 放置该对象的地址' };
  return [
    ...present(
      wordEvidence(of.prog, where, addrAdd(object.metadata, of.prog.offset('kfence_metadata', 'addr'))),
      member('state', 'its state', '它的状态'),
      member(
        'size',
        `its size: it ends at ${hex(object.address + BigInt(object.size))}`,
        `它的大小：结束于 ${hex(object.address + BigInt(object.size))}`,
      ),
    ),
    ...tracks,
  ];
}
