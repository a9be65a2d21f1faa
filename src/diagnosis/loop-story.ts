import { attempt } from '../base/attempt.ts';
import { hexPad } from '../base/hex.ts';
import type { Phrase } from '../base/phrase.ts';
import { frameOnStack } from '../fault/frame-on-stack.ts';
import { functionCode } from '../fault/function-code.ts';
import { loopWait, type WaitedWord } from '../fault/loop-wait.ts';
import { lockName } from '../kernel/lock-name.ts';
import { taskStack } from '../kernel/task-stack.ts';
import type { Program } from '../program/program.ts';
import type { Case } from './case.ts';
import type { SpinStory } from './spin-story.ts';
import type { StuckCpu } from './stuck-cpu.ts';

/** Words that are told one by one. */
const MOST = 3;

/** What a CPU waits for that goes round in a loop of its own: the memory that the loop reads, and what it holds. */
export function loopStory({ prog }: Case, { index, task, cpu }: StuckCpu): SpinStory | undefined {
  const at = taskStack(prog, task).frames[index];
  const code = at?.symbol && attempt(() => functionCode(prog, at.lookupPc));
  const frame = code && attempt(() => frameOnStack({ prog, cpu, task: task.address }, code, at));
  const loop = frame && attempt(() => loopWait(frame));
  if (!loop || loop.words.length > MOST) return undefined;
  const words = loop.words.map((w) => wordWords(prog, w));
  return words.length === 0 ? undefined : { words: loopWords(words), evidence: loop.words.map(wordEvidence) };
}

function loopWords(words: readonly Phrase[]): Phrase {
  const [only] = words;
  if (only && words.length === 1) {
    return { en: `; it loops until ${only.en}, changes`, zh: `；它一直循环，等待 ${only.zh} 改变` };
  }
  const en = words.map((w) => w.en).join(', and ');
  const zh = words.map((w) => w.zh).join('、');
  return { en: `; it loops until one of these changes: ${en}`, zh: `；它一直循环，等待 ${zh} 之一改变` };
}

/** `name [module] (address), which is 0x1` */
function wordWords(prog: Program, { address, value }: WaitedWord): Phrase {
  const name = attempt(() => lockName(prog, address, ''));
  const module = name?.module === undefined ? '' : ` [${name.module}]`;
  const place = hexPad(address);
  const what = name ? `${name.text}${module} (${place})` : place;
  const now = `0x${value.toString(16)}`;
  return { en: `${what}, which is ${now}`, zh: `${what}（现为 ${now}）` };
}

function wordEvidence({ address, size, value }: WaitedWord): SpinStory['evidence'][number] {
  return {
    what: { en: 'what the loop reads over and over', zh: '循环反复读取的内存' },
    value: value.toString(16).padStart(size * 2, '0'),
    command: `rd -${size * 8} ${hexPad(address)}`,
  };
}
