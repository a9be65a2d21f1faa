import { hex } from '../base/hex.ts';
import type { Phrase } from '../base/phrase.ts';
import { bareName } from '../diagnosis/allocator-calls.ts';
import { frameAddress, frameName, frameSubject } from '../diagnosis/blame.ts';
import type { Case } from '../diagnosis/case.ts';
import { chainEvidence } from '../diagnosis/chain-evidence.ts';
import { interruptedEvidence } from '../diagnosis/context-evidence.ts';
import { logEvidence, registerEvidence } from '../diagnosis/evidence.ts';
import { examineObject } from '../diagnosis/examine-objects.ts';
import { isMapped } from '../diagnosis/mapped.ts';
import { objectEvidence } from '../diagnosis/object-evidence.ts';
import { objectName, objectSubject, stateWords } from '../diagnosis/object-words.ts';
import { type PointerKind, pointerKind } from '../diagnosis/pointer-kind.ts';
import { readObject, readPlace } from '../diagnosis/read-object.ts';
import type { Rule } from '../diagnosis/rule.ts';
import { userEvidence, userMemory } from '../diagnosis/user-memory.ts';
import { wordSource } from '../diagnosis/word-source.ts';
import { writtenRun } from '../diagnosis/written-run.ts';
import type { KernelSymbol } from '../program/ports.ts';
import type { Evidence, Finding } from '../report/finding.ts';

/** Execution left the kernel's text: a function pointer was NULL, poisoned, or pointed to data. */
export const badCall: Rule = {
  id: 'call.bad',
  title: 'A call went to what is no code',
  source: 'arch/x86/mm/fault.c: "kernel tried to execute NX-protected page"; arch/arm64/mm/fault.c: instruction aborts',
  *check(of) {
    const target = badTarget(of);
    if (target !== undefined) yield finding(of, target);
  },
};

/** Where execution went, when that is no text of the kernel or of a module. */
function badTarget(of: Case): bigint | undefined {
  const { site, fault } = of;
  if (!site?.interrupted || site.stack === 'user') return undefined;
  const pc = frameAddress(site);
  if (pc === undefined) return undefined;
  const symbol = of.prog.symbolAt(pc);
  const text = symbol !== undefined && /[tw]/i.test(symbol.letter);
  if (text && isInside(of, pc)) return pc;
  if (text && !(fault?.access === 'execute' && fault.address === pc)) return undefined;
  // code of eBPF programs and trampolines has no symbol: only what the CPU could not fetch counts
  const refused =
    fault?.access === 'execute' ||
    pc < 0x1000n ||
    fault?.address === pc ||
    UNREACHABLE.has(String(of.prog.map.translate(pc)));
  return refused ? pc : undefined;
}

/** Whether it is amid an instruction: the explanation of the fault found none there, and who called. */
function isInside({ chain, prog }: Case, pc: bigint): boolean {
  return chain?.kind === 'jump' && chain.target === pc && isMapped(prog, pc) && prog.symbolAt(pc)?.address !== pc;
}

const UNREACHABLE = new Set(['unmapped', 'non-canonical']);

function finding(of: Case, pc: bigint): Finding {
  const caller = of.stack?.frames[(of.place?.index ?? 0) + 1];
  // a function that was left by a jump, or has no frame of its own, is not on the stack
  const told = of.chain?.kind === 'jump' ? of.chain : undefined;
  const where = told ? `${told.function}${told.module === undefined ? '' : ` [${told.module}]`}` : frameName(caller);
  const at = told?.target !== undefined && of.prog.arch.printedAddress?.(told.target) === pc ? told.target : pc;
  const kind = pointerKind(at);
  const symbol = of.prog.symbolAt(pc);
  const user = symbol ? undefined : userMemory(of, pc);
  const inside = symbol !== undefined && /[tw]/i.test(symbol.letter) && isInside(of, pc);
  const target = inside
    ? insideWords(symbol, pc)
    : symbol
      ? { en: `into data, ${symbol.name} at ${hex(pc)}`, zh: `数据 ${symbol.name}（${hex(pc)}）` }
      : kind.kind === 'null'
        ? { en: 'a function pointer that is NULL', zh: '值为 NULL 的函数指针' }
        : wordsOf(at, user?.words ?? (isMapped(of.prog, pc) ? dataWords(of, pc) : kind.words));
  const source = pc < 0x1000n ? undefined : wordSource(of, at, true);
  const object = source?.object ?? readObject(of);
  const state = object?.slab && stateWords(object);
  const called = told ? `\`${told.expression}\`, ` : '';
  const name = object && objectName(object);
  const place = source && object ? object.address + BigInt(source.offset) : readPlace(of);
  const run = object && place !== undefined ? writtenRun(of.prog, object, place) : undefined;
  return {
    severity: 'cause',
    confidence: 'certain',
    title: inside ? insideTitle(symbol, where) : titleOf(kind, user !== undefined, hex(at), where),
    sentence: {
      en: `${where} called ${called}${target.en}${object ? `; the pointer is in ${name?.en}${state ? `, which is ${state.en}` : ''}` : ''}${run ? `; ${run.words.en}` : ''}.`,
      zh: `${where} 调用了${called}${target.zh}${object ? `；该指针位于${name?.zh}${state ? `，其状态为${state.zh}` : ''}` : ''}${run ? `；${run.words.zh}` : ''}。`,
    },
    subject: {
      ...(told
        ? { function: bareName(told.function), ...(told.module !== undefined && { module: told.module }) }
        : frameSubject(caller)),
      ...(object && objectSubject(object)),
    },
    evidence: [
      ...[of.fault?.line ?? of.fatalLines[0]].flatMap((line) => (line === undefined ? [] : [logEvidence(line)])),
      ...targetRegister(of, pc),
      ...(user ? [userEvidence(user)] : []),
      ...(source ? [source.evidence] : []),
      ...(object ? objectEvidence(of, object) : []),
      ...(run?.evidence ?? []),
      ...chainEvidence(of),
      ...interruptedEvidence(of),
    ],
    explains: ['pointer.null', 'pointer.bad', 'death.exception'],
  };
}

function insideWords({ name, address }: KernelSymbol, pc: bigint): Phrase {
  const place = `${name}+${hex(pc - address)}`;
  return {
    en: `${hex(pc)}, which is ${place}, where no instruction begins`,
    zh: `${hex(pc)}，即 ${place}，那里不是指令的起点`,
  };
}

function insideTitle({ name }: KernelSymbol, where: string): Phrase {
  return { en: `Call into the middle of ${name} in ${where}`, zh: `${where} 调用到了 ${name} 的中间` };
}

/** Memory that is there, and may not be executed. */
function dataWords(of: Case, pc: bigint): Phrase {
  const object = examineObject(of.prog, pc, []);
  if (!object?.slab) return { en: 'data, which may not be executed', zh: '不可执行的数据' };
  const name = objectName(object);
  return { en: `in ${name.en}, which is data`, zh: `位于${name.zh}，是数据` };
}

function titleOf(kind: PointerKind, isUser: boolean, at: string, where: string): Phrase {
  if (kind.kind === 'null')
    return { en: `Call through a NULL function pointer in ${where}`, zh: `${where} 通过 NULL 函数指针调用` };
  if (isUser) return { en: `Call into user space, to ${at}, in ${where}`, zh: `${where} 调用了用户空间的 ${at}` };
  return { en: `Call to ${at} in ${where}, which is no code`, zh: `${where} 调用了 ${at}，那里不是代码` };
}

function wordsOf(pc: bigint, words: Phrase): Phrase {
  return { en: `${hex(pc)}, ${words.en}`, zh: `${hex(pc)}，${words.zh}` };
}

/** The register that holds where execution went: the program counter. */
function targetRegister(of: Case, pc: bigint): Evidence[] {
  const index = of.place?.index ?? 0;
  const registers = of.stack?.frames[index]?.registers ?? {};
  const name = ['rip', 'pc'].find((r) => registers[r] !== undefined && BigInt(registers[r]) === pc);
  const what = { en: 'where execution was', zh: '执行到的位置' };
  const found = name === undefined ? undefined : registerEvidence(of, index, name, what);
  return found ? [found] : [];
}
