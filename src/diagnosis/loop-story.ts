import { attempt } from '../base/attempt.ts';
import { hex, hexPad } from '../base/hex.ts';
import type { Phrase } from '../base/phrase.ts';
import { frameOnStack } from '../fault/frame-on-stack.ts';
import { functionCode } from '../fault/function-code.ts';
import { loopWait, type WaitedWord } from '../fault/loop-wait.ts';
import { type RingWalk, ringWalk } from '../fault/ring-walk.ts';
import { lockName } from '../kernel/lock-name.ts';
import { modulePlace } from '../kernel/module-place.ts';
import { taskStack } from '../kernel/task-stack.ts';
import type { Program } from '../program/program.ts';
import type { Case } from './case.ts';
import { wordEvidence as wordEvidenceAt } from './evidence.ts';
import type { SpinStory } from './spin-story.ts';
import type { StuckCpu } from './stuck-cpu.ts';

/** Words that are told one by one. */
const MOST = 3;

/** What a CPU waits for that goes round in a loop of its own: the memory that the loop reads, and what it holds. */
export function loopStory({ prog }: Case, { index, task, cpu }: StuckCpu): SpinStory | undefined {
  const at = taskStack(prog, task).frames[index];
  const code = at?.symbol && attempt(() => functionCode(prog, at.lookupPc));
  const frame = code && attempt(() => frameOnStack({ prog, cpu, task: task.address }, code, at));
  const ring = frame && attempt(() => ringWalk(frame));
  if (ring) return ringStory(prog, ring);
  const loop = frame && attempt(() => loopWait(frame));
  if (!loop || loop.words.length > MOST) return undefined;
  const words = loop.words.map((w) => wordWords(prog, w));
  return words.length === 0 ? undefined : { words: loopWords(words), evidence: loop.words.map(wordEvidence) };
}

/** A list without an end: how long it is, and whose heads it goes through. */
function ringStory(prog: Program, { links, length, end }: RingWalk): SpinStory {
  const [first] = links as [bigint];
  const own = nameAt(prog, end);
  const others = [...new Set(links.flatMap((at) => variableAt(prog, at) ?? []))].slice(0, MOST);
  const missing: Phrase =
    end === 0n
      ? { en: 'a NULL at its end', zh: '末尾的 NULL' }
      : { en: `the head that it began at, ${own}`, zh: `起始的表头 ${own}` };
  const through: Phrase =
    others.length === 0
      ? { en: '', zh: '' }
      : {
          en: `; it goes through ${others.join(', ')}: an entry is in two lists at once`,
          zh: `；它经过 ${others.join('、')}：某个节点同时位于两个链表中`,
        };
  return {
    words: {
      en: `; it walks along a list that has become a ring of ${length} links, at ${hexPad(first)}, without ${missing.en}${through.en}`,
      zh: `；它在遍历一个已成环的链表（${length} 个链接，位于 ${hexPad(first)}），其中没有${missing.zh}${through.zh}`,
    },
    evidence: links.slice(0, MOST).flatMap((at) => {
      const what = { en: 'a link of the ring', zh: '环中的一个链接' };
      return wordEvidenceAt(prog, what, at) ?? [];
    }),
  };
}

function variableAt(prog: Program, at: bigint): string | undefined {
  const symbol = attempt(() => prog.symbolAt(at));
  if (symbol && at < symbol.address + BigInt(Math.max(1, symbol.size))) {
    return `${symbol.name}${symbol.module === undefined ? '' : ` [${symbol.module}]`}`;
  }
  // a kernel without names of data
  const place = attempt(() => modulePlace(prog, at));
  return place?.part === 'data' ? `${place.module.name}+${hex(at - place.base)} [${place.module.name}]` : undefined;
}

function nameAt(prog: Program, at: bigint): string {
  const name = variableAt(prog, at);
  return name === undefined ? hexPad(at) : `${name} (${hexPad(at)})`;
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
