import { attempt } from '../base/attempt.ts';
import { addrAdd } from '../base/u64.ts';
import type { Addr } from '../base/units.ts';
import { bareName } from '../diagnosis/allocator-calls.ts';
import { frameName, frameSubject } from '../diagnosis/blame.ts';
import type { Case } from '../diagnosis/case.ts';
import { logEvidence, memberEvidence, present, wordEvidence } from '../diagnosis/evidence.ts';
import type { Rule } from '../diagnosis/rule.ts';
import type { Evidence } from '../report/finding.ts';
import type { FrameData } from '../report/stack-data.ts';

const LINE = /stack-protector: Kernel stack is corrupted in: (\S+?)(?:\+0x[0-9a-f]+\/0x[0-9a-f]+)?(?: \[(\S+)\])?$/;
const CHECK = /^__stack_chk_fail/;

/** A function found the canary changed that stands between its arrays and its return address. */
export const stackProtector: Rule = {
  id: 'stack.protector',
  title: 'An array on the stack was written beyond its end',
  source: 'kernel/panic.c, __stack_chk_fail(); CONFIG_STACKPROTECTOR',
  *check(of) {
    const line = [of.panic.message ?? '', ...of.fatalLines].find((l) => LINE.test(l));
    const stated = line === undefined ? null : LINE.exec(line);
    if (line === undefined || !stated) return;
    const frames = of.stack?.frames ?? [];
    const index = frames.findIndex((f) => CHECK.test(f.symbol ?? '')) + 1;
    const frame = index > 0 ? frames[index] : undefined;
    const where = frame?.symbol ? frameName(frame) : `${stated[1]}${stated[2] === undefined ? '' : ` [${stated[2]}]`}`;
    const over = frame && overwritten(of, frame);
    const text = over?.text === undefined ? '' : ` "${over.text}"`;
    yield {
      severity: 'cause',
      confidence: 'certain',
      title: { en: `Stack overwritten in ${where}`, zh: `${where} 的栈被覆写` },
      sentence: {
        en: `${where}, or a function that it gave an array on its stack to, wrote beyond its end${over ? `: ${over.words} words of the same kind${text} stand there` : ''}. The canary before the return address had changed when it returned.`,
        zh: `${where}（或它将栈上数组传给的函数）写越了数组末尾${over ? `：该处有 ${over.words} 个同类的字${text}` : ''}。返回时，返回地址之前的金丝雀值已被改变。`,
      },
      subject: frame?.symbol
        ? frameSubject(frame)
        : { function: bareName(stated[1] as string), ...(stated[2] !== undefined && { module: stated[2] }) },
      evidence: [logEvidence(line), ...present(over?.evidence, canary(of))],
      explains: ['death.exception', 'panic.policy'],
    };
  },
};

/** Words of a frame that are looked at, and of which so many together are no chance. */
const WORDS = 64;
const FEW = 3;

interface Overwritten {
  readonly words: number;
  /** What it says, where it is text. */
  readonly text?: string;
  readonly evidence: Evidence;
}

/** The longest run of words from a frame on that repeat each other or are text. */
function overwritten(of: Case, frame: FrameData): Overwritten | undefined {
  const start = BigInt(frame.sp);
  let best: { at: Addr; words: bigint[] } | undefined;
  let run: { at: Addr; words: bigint[] } | undefined;
  for (let i = 0; i < WORDS; i++) {
    const at = addrAdd(start, i * 8);
    const word = attempt(() => of.prog.memory.u64(at));
    if (word === undefined) break;
    const goes = run && (word === run.words[0] ? word !== 0n : isText(word) && isText(run.words[0] as bigint));
    if (goes) run?.words.push(word);
    else run = { at, words: [word] };
    if (run && run.words.length > (best?.words.length ?? 0)) best = run;
  }
  if (!best || best.words.length < FEW) return undefined;
  const what = { en: 'what stands on its stack', zh: '其栈上的内容' };
  const evidence = wordEvidence(of.prog, what, best.at);
  if (!evidence) return undefined;
  const [first] = best.words as [bigint];
  return { words: best.words.length, ...(isText(first) && { text: textOf(of, first) }), evidence };
}

function isText(word: bigint): boolean {
  for (let i = 0n; i < 64n; i += 8n) {
    const byte = (word >> i) & 0xffn;
    if (byte < 0x20n || byte > 0x7en) return false;
  }
  return true;
}

function textOf(of: Case, word: bigint): string {
  const bytes = Array.from({ length: 8 }, (_, i) => Number((word >> BigInt(i * 8)) & 0xffn));
  return String.fromCharCode(...(of.prog.arch.littleEndian ? bytes : bytes.reverse()));
}

function canary(of: Case): Evidence | undefined {
  const task = of.crashed?.address;
  const what = { en: 'the canary that the task was given', zh: '该任务的金丝雀值' };
  return task === undefined ? undefined : memberEvidence(of.prog, what, 'task_struct', 'stack_canary', task);
}
