import { attempt } from '../base/attempt.ts';
import { hex, hexPad } from '../base/hex.ts';
import { frameSubject } from '../diagnosis/blame.ts';
import type { Case } from '../diagnosis/case.ts';
import { logEvidence } from '../diagnosis/evidence.ts';
import { examineObject } from '../diagnosis/examine-objects.ts';
import type { ExaminedObject } from '../diagnosis/examined-object.ts';
import { heldEvidence } from '../diagnosis/object-evidence.ts';
import { objectName, objectSubject } from '../diagnosis/object-words.ts';
import { pointerKind } from '../diagnosis/pointer-kind.ts';
import type { Rule } from '../diagnosis/rule.ts';
import { type WordSource, wordSource } from '../diagnosis/word-source.ts';
import type { Evidence, Finding } from '../report/finding.ts';

/** A bad pointer that differs in one bit from a good one: memory or a bus may be at fault. */
export const bitFlip: Rule = {
  id: 'hardware.bit-flip',
  title: 'A pointer with one wrong bit',
  source:
    'single-bit errors of memory without ECC; Breakpad and rust-minidump look for them in user programs the same way',
  *check(of) {
    const bad = badPointer(of);
    const near = bad === undefined ? undefined : neighbour(of, bad);
    if (bad !== undefined && near) yield finding(of, bad, near, wordSource(of, bad));
  },
};

interface Neighbour {
  readonly object: ExaminedObject;
  readonly bit: number;
  /** Another register holds the good value. */
  readonly held: boolean;
}

/** The pointer through which the access failed, as the explanation of the fault names it; the address itself otherwise. */
function badPointer(of: Case): bigint | undefined {
  const { fault, chain, site } = of;
  if (!fault || !site || pointerKind(fault.address).kind !== 'wild') return undefined;
  const near = chain?.pointers.find(({ value }) => fault.address - value >= 0n && fault.address - value < 0x10000n);
  return near?.value ?? fault.address;
}

/** An object that the pointer would lead to with one bit changed: one that another register holds, or the start of one in use. */
function neighbour(of: Case, bad: bigint): Neighbour | undefined {
  let found: Neighbour | undefined;
  for (let bit = 0; bit < 64; bit++) {
    const good = bad ^ (1n << BigInt(bit));
    const held = of.objects.find((o) => o.pointer === good || o.address === good);
    if (held) return { object: held, bit, held: true };
    if (found || bit < LOWEST || good < of.prog.kernelStart) continue;
    const object = attempt(() => examineObject(of.prog, good, []));
    if (object?.slab?.allocated && object.address === good) found = { object, bit, held: false };
  }
  return found;
}

/** Lower bits lead to a neighbour in the same slab: that is no more than chance. */
const LOWEST = 12;

/** Objects of one cache point to each other: another one of it at exactly that place is no chance. */
function sameCache(object: ExaminedObject, source: WordSource | undefined): boolean {
  const cache = source?.object.slab?.cache.address;
  return cache !== undefined && cache === object.slab?.cache.address;
}

function finding(of: Case, bad: bigint, { object, bit, held }: Neighbour, source: WordSource | undefined): Finding {
  const name = objectName(object);
  const machine = machineLines(of);
  const alike = sameCache(object, source);
  const from = source && objectName(source.object);
  return {
    severity: alike ? 'cause' : 'suspect',
    confidence: alike || (held && machine.length > 0) ? 'likely' : 'possible',
    title: { en: 'Bad pointer with a single wrong bit', zh: '错误指针只差一个比特' },
    sentence: {
      en: `The bad pointer ${hex(bad)} differs in bit ${bit} alone from ${hex(object.address)}, ${name.en}${from ? `; it was read from ${from.en}` : ''}: a fault of the hardware is possible, or a write of that bit.`,
      zh: `错误指针 ${hex(bad)} 与 ${hex(object.address)}（${name.zh}）仅第 ${bit} 位不同${from ? `，它读自${from.zh}` : ''}：可能是硬件故障，或该位被误写。`,
    },
    subject: { ...frameSubject(of.site), ...objectSubject(source?.object ?? object) },
    evidence: [
      ...(of.fault ? [logEvidence(of.fault.line)] : []),
      ...(source ? [source.evidence] : []),
      ...heldEvidence(of, object),
      {
        what: { en: 'what lies at the corrected address', zh: '纠正后的地址处' },
        value: hexPad(object.address),
        command: `kmem ${hexPad(object.address)}`,
      },
      ...machine,
    ],
    settle: [
      {
        en: 'test the memory (memtest86+), read the ECC counters of EDAC',
        zh: '检测内存（memtest86+），查看 EDAC 的 ECC 计数',
      },
    ],
    ...(alike && { explains: ['pointer.bad', 'death.exception'] }),
  };
}

function machineLines(of: Case): Evidence[] {
  const lines = of.log.map((r) => r.text).filter((text) => /\[Hardware Error\]|^EDAC .*(?:CE|UE)/.test(text));
  return lines.slice(0, 2).map((line) => logEvidence(line));
}
