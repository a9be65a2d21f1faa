import { hex } from '../base/hex.ts';
import type { Phrase } from '../base/phrase.ts';
import { frameAddress, frameName, frameSubject } from '../diagnosis/blame.ts';
import type { Case } from '../diagnosis/case.ts';
import { chainEvidence } from '../diagnosis/chain-evidence.ts';
import { interruptedEvidence } from '../diagnosis/context-evidence.ts';
import { errorPointer, nullBehind } from '../diagnosis/error-pointer.ts';
import { logEvidence, registerEvidence } from '../diagnosis/evidence.ts';
import type { ExaminedObject } from '../diagnosis/examined-object.ts';
import { moduleCaller } from '../diagnosis/module-caller.ts';
import { objectEvidence } from '../diagnosis/object-evidence.ts';
import { objectName, objectSubject, stateWords } from '../diagnosis/object-words.ts';
import { originSubject, originWords } from '../diagnosis/origin-words.ts';
import { pointerKind } from '../diagnosis/pointer-kind.ts';
import { readPlace, readSlabObject } from '../diagnosis/read-object.ts';
import type { Rule } from '../diagnosis/rule.ts';
import { writtenRun } from '../diagnosis/written-run.ts';
import type { Evidence, Finding } from '../report/finding.ts';

/** A member of a structure was read or written through a NULL pointer. */
export const nullPointer: Rule = {
  id: 'pointer.null',
  title: 'A NULL pointer was used',
  source: 'arch/{x86,arm64,powerpc}/mm/fault.c: addresses below a page are reported as NULL pointer dereference',
  *check(of) {
    const { fault, site } = of;
    if (!fault || !site || fault.access === 'execute') return;
    if ((frameAddress(site) ?? 0x1000n) < 0x1000n) return;
    if (pointerKind(fault.address).kind !== 'null' && nullBehind(of) === undefined) return;
    if (errorPointer(of) === undefined) yield finding(of, fault);
  },
};

function finding(of: Case, fault: NonNullable<Case['fault']>): Finding {
  const caller = moduleCaller(of);
  const where = frameName(of.site);
  const told = of.chain?.kind === 'access' ? of.chain : undefined;
  const small = told && !told.indexed ? told.strands[0]?.steps[0]?.value : undefined;
  const number = small !== undefined && small > 0n && small < SMALL ? small : undefined;
  const origin = told?.origin;
  const object = readSlabObject(of);
  const place = readPlace(of);
  const run = number !== undefined && object && place !== undefined ? writtenRun(of.prog, object, place) : undefined;
  const words = number === undefined ? nullWords(of, fault) : numberWords(of, fault, number);
  const held = object && place !== undefined ? heldWords(object, place) : undefined;
  const more = run ? { en: `; ${run.words.en}`, zh: `；${run.words.zh}` } : { en: '', zh: '' };
  return {
    severity: 'cause',
    confidence: 'certain',
    title:
      number === undefined
        ? { en: `NULL pointer dereference in ${where}`, zh: `${where} 中解引用 NULL 指针` }
        : { en: `Small number used as a pointer in ${where}`, zh: `${where} 把一个小数当作指针使用` },
    sentence: {
      en: `${words.en}${held ? held.en : ''}${more.en}.`,
      zh: `${words.zh}${held ? held.zh : ''}${more.zh}。`,
    },
    subject: {
      ...frameSubject(caller ?? of.site),
      ...(object ? objectSubject(object) : origin && originSubject(origin)),
    },
    evidence: [
      logEvidence(fault.line),
      ...(told ? chainEvidence(of) : nullRegisters(of)),
      ...(object ? objectEvidence(of, object) : []),
      ...(run?.evidence ?? []),
      ...interruptedEvidence(of),
    ],
    explains: ['death.exception'],
  };
}

/** Where it died, and the module that called it. */
function siteWords(of: Case): Phrase {
  const where = frameName(of.site);
  const caller = moduleCaller(of);
  const by = caller?.module ? frameName(caller) : undefined;
  return by === undefined
    ? { en: where, zh: where }
    : { en: `${where}, called by ${by},`, zh: `${where}（由 ${by} 调用）` };
}

function nullWords(of: Case, { address, access }: NonNullable<Case['fault']>): Phrase {
  const where = siteWords(of);
  const told = of.chain?.kind === 'access' ? of.chain : undefined;
  const write = access === 'write';
  // the object that has the pointer tells more than who made that object
  const made = told?.origin?.kind === 'result' || told?.origin?.cache !== undefined;
  const named = made && readSlabObject(of) ? undefined : told?.origin;
  const source = named && originWords(of, named);
  const behind = nullBehind(of);
  const less: Phrase =
    behind === undefined
      ? { en: '', zh: '' }
      : {
          en: ` (NULL less ${hex(behind)}, as container_of() makes of it)`,
          zh: `（NULL 减去 ${hex(behind)}，container_of() 所致）`,
        };
  return {
    en: `${where.en} ${write ? 'wrote to' : 'read'} ${told ? `\`${told.expression}\`` : `a member of a structure at offset ${hex(address)}`} through a NULL pointer${less.en}${source ? `, which came from ${source.en}` : ''}`,
    zh: `${where.zh} 通过 NULL 指针${less.zh}${write ? '写入' : '读取'}了${told ? ` \`${told.expression}\`` : `偏移 ${hex(address)} 处的结构体成员`}${source ? `，该指针来自${source.zh}` : ''}`,
  };
}

/** What was used is no NULL to which a member's offset was added: the pointer itself is a number. */
function numberWords(of: Case, { access }: NonNullable<Case['fault']>, number: bigint): Phrase {
  const where = siteWords(of);
  const expression = of.chain?.expression ?? '';
  const write = access === 'write';
  return {
    en: `${where.en} ${write ? 'wrote to' : 'read'} \`${expression}\`, whose pointer is no NULL but the number ${number} (${hex(number)})`,
    zh: `${where.zh} ${write ? '写入' : '读取'}了 \`${expression}\`，其指针不是 NULL，而是数 ${number}（${hex(number)}）`,
  };
}

/** The object that has the pointer. */
function heldWords(object: ExaminedObject, place: bigint): Phrase {
  const offset = hex(place - object.address);
  const name = objectName(object);
  const state = stateWords(object);
  const link = { en: object.slab?.allocated === false ? 'which is ' : '', zh: '状态为' };
  return {
    en: `; it is in ${name.en} at offset ${offset}, ${link.en}${state.en}`,
    zh: `；该指针位于${name.zh} 的偏移 ${offset} 处，${link.zh}${state.zh}`,
  };
}

/** Addresses below are taken for NULL: arch/x86/mm/fault.c and others. */
const SMALL = 0x1000n;

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
