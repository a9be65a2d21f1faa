import { attempt } from '../base/attempt.ts';
import { hexPad } from '../base/hex.ts';
import type { Phrase } from '../base/phrase.ts';
import type { Bytes } from '../base/units.ts';
import { frameName, frameSubject } from '../diagnosis/blame.ts';
import type { Case } from '../diagnosis/case.ts';
import { logEvidence, present, stackCommand, wordEvidence } from '../diagnosis/evidence.ts';
import { type FrameRoom, largestFrame } from '../diagnosis/largest-frame.ts';
import { findRecursion, type Recursion } from '../diagnosis/recursion.ts';
import type { Rule } from '../diagnosis/rule.ts';
import { type UsedUpStack, usedUpStack } from '../diagnosis/used-up-stack.ts';
import type { Evidence, Finding } from '../report/finding.ts';

/** A kernel stack was used up. */
export const stackOverflow: Rule = {
  id: 'stack.overflow',
  title: 'A kernel stack overflowed',
  source:
    'arch/x86/kernel/traps.c, handle_stack_overflow(); arch/arm64/kernel/traps.c, handle_bad_stack(); arch/s390/kernel/traps.c, kernel_stack_overflow(); include/linux/magic.h, STACK_END_MAGIC',
  *check(of) {
    const signs = overflowSigns(of);
    if (signs.length > 0) yield finding(of, signs);
  },
};

const REPORT =
  /stack guard page was hit|[Kk]ernel stack overflow|Insufficient stack space|stack overflow detected|corrupted stack end detected/;
const STACK_END_MAGIC = 0x57ac6e9dn;

/** What shows it: the kernel's word, a stack pointer below the stack, or its last word overwritten. */
function overflowSigns(of: Case): Evidence[] {
  const line = of.fatalLines.find((l) => REPORT.test(l));
  const signs: Evidence[] = line === undefined ? [] : [logEvidence(line)];
  const sp = stackPointer(of);
  const under = sp === undefined ? undefined : usedUpStack(of, sp);
  if (under && sp !== undefined) {
    const name = stackName(under);
    const what = {
      en: `the stack pointer is below the end of ${name.en}, ${hexPad(under.range.low)}`,
      zh: `栈指针低于${name.zh}的末端 ${hexPad(under.range.low)}`,
    };
    signs.push({ what, value: hexPad(sp), command: stackCommand(of) });
  }
  const stack = of.crashed && attempt(() => of.prog.arch.unwind?.taskStack(of.prog, of.crashed?.address ?? 0n));
  const end = stack && stack.low > 0n ? attempt(() => of.prog.memory.u64(stack.low)) : undefined;
  if (stack && end !== undefined && end !== STACK_END_MAGIC && (signs.length > 0 || line !== undefined)) {
    const what = { en: 'the last word of the stack, which should be 57ac6e9d', zh: '栈的最后一个字，本应为 57ac6e9d' };
    signs.push(...present(wordEvidence(of.prog, what, stack.low)));
  }
  return signs;
}

/** By the stack pointer, or by where the instruction would have moved it. */
function usedUp(of: Case): UsedUpStack | undefined {
  const places = [stackPointer(of), of.chain?.kind === 'access' ? of.chain.target : undefined];
  return places.map((at) => (at === undefined ? undefined : usedUpStack(of, at))).find((s) => s !== undefined);
}

/** Of the frame of death, by the registers that the exception saved. */
function stackPointer(of: Case): bigint | undefined {
  const registers = of.stack?.frames[of.place?.index ?? 0]?.registers ?? {};
  const { arch } = of.prog;
  const name = arch.unwind && arch.registers[arch.unwind.sp];
  const value = name === undefined ? undefined : registers[name];
  return value === undefined ? undefined : BigInt(value);
}

function finding(of: Case, signs: readonly Evidence[]): Finding {
  const { site } = of;
  const under = usedUp(of);
  const stack = stackName(under);
  const recursion = findRecursion(of.stack?.frames ?? [], of.place?.index ?? 0);
  const large = recursion ? undefined : largeFrame(of, under);
  const blamed = recursion?.functions.find((f) => f.symbol !== null) ?? large?.frame ?? site;
  const where = frameName(blamed);
  return {
    severity: 'cause',
    confidence: 'certain',
    title: titleOf(where, recursion !== undefined),
    sentence: recursion
      ? recursionWords(recursion, stack)
      : large
        ? frameWords(large, stackSize(of, under), frameName(site), stack)
        : { en: `${where} used up ${stack.en}.`, zh: `${where} 耗尽了${stack.zh}。` },
    subject: frameSubject(blamed),
    evidence: [...signs, ...recursionEvidence(of, recursion), ...(large ? frameEvidence(of, large) : [])],
    explains: ['death.exception', 'pointer.bad', 'pointer.null', 'call.bad'],
  };
}

function titleOf(where: string, recursion: boolean): Phrase {
  return recursion
    ? { en: `Stack overflow by recursion of ${where}`, zh: `${where} 递归导致栈溢出` }
    : { en: `Stack overflow in ${where}`, zh: `${where} 中栈溢出` };
}

/** What a kernel stack has where the dump does not tell: THREAD_SIZE of most 64-bit kernels. */
const USUAL_SIZE = 0x4000;

function stackSize({ crashed, prog }: Case, under: UsedUpStack | undefined): Bytes {
  const own = crashed && attempt(() => prog.arch.unwind?.taskStack(prog, crashed.address));
  const range = under?.range ?? own;
  return range && range.high > range.low ? Number(range.high - range.low) : USUAL_SIZE;
}

/** One frame that takes a good part of the stack: without it there would be room. */
function largeFrame(of: Case, under: UsedUpStack | undefined): FrameRoom | undefined {
  const size = stackSize(of, under);
  const large = largestFrame(of.stack?.frames ?? [], of.place?.index ?? 0, size);
  return large && large.bytes >= size / 4 ? large : undefined;
}

function frameWords({ frame, bytes }: FrameRoom, size: Bytes, where: string, stack: Phrase): Phrase {
  const owner = frameName(frame);
  const then =
    owner === where ? { en: '', zh: '' } : { en: `, and ${where} found none left`, zh: `，${where} 已无栈可用` };
  return {
    en: `${owner} alone takes ${bytes} bytes of ${stack.en}, which has ${size}: its variables are too large${then.en}.`,
    zh: `${stack.zh}共 ${size} 字节，仅 ${owner} 一个栈帧就占用 ${bytes} 字节：其局部变量过大${then.zh}。`,
  };
}

function frameEvidence(of: Case, { frame, end }: FrameRoom): Evidence[] {
  const what = {
    en: `where the frame of ${frameName(frame)} ends, and that of its caller begins`,
    zh: `${frameName(frame)} 的栈帧到此为止，其上是调用者的栈帧`,
  };
  return [{ what, value: hexPad(end), command: stackCommand(of) }];
}

function stackName(stack: UsedUpStack | undefined): Phrase {
  if (stack?.cpu === undefined) return { en: 'the kernel stack of the task', zh: '任务的内核栈' };
  const name = stack.range.name.replace(/^irq$/, 'IRQ');
  return { en: `the ${name} stack of CPU ${stack.cpu}`, zh: `CPU ${stack.cpu} 的 ${name} 栈` };
}

function recursionWords({ functions, rounds, bytes }: Recursion, stack: Phrase): Finding['sentence'] {
  const names = functions.map((f) => frameName(f));
  const round = names.length === 1 ? `${names[0]} called itself` : `${names.join(' < ')} called each other`;
  const zhRound = names.length === 1 ? `${names[0]} 调用自身` : `${names.join(' < ')} 相互调用`;
  const begin = { en: stack.en.replace(/^t/, 'T'), zh: stack.zh };
  return {
    en: `${begin.en} is used up: ${round} ${rounds} times${bytes === undefined ? '' : `, ${bytes} bytes of stack each time`}.`,
    zh: `${begin.zh}已耗尽：${zhRound} ${rounds} 次${bytes === undefined ? '' : `，每次占用 ${bytes} 字节`}。`,
  };
}

function recursionEvidence(of: Case, recursion: Recursion | undefined): Evidence[] {
  const first = recursion?.functions[0]?.symbol;
  if (!recursion || !first) return [];
  const what = { en: `is on the stack ${recursion.rounds} times`, zh: `在栈上出现 ${recursion.rounds} 次` };
  return [{ what, value: first, command: stackCommand(of) }];
}
