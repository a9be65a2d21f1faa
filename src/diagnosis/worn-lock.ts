import { attempt } from '../base/attempt.ts';
import { hex, hexPad } from '../base/hex.ts';
import type { Phrase } from '../base/phrase.ts';
import type { Addr } from '../base/units.ts';
import { addressIdentity } from '../kernel/address-identity.ts';
import { spinlockState } from '../kernel/qspinlock.ts';
import { slabCacheOf } from '../kernel/slab-cache-of.ts';
import { taskStack } from '../kernel/task-stack.ts';
import type { Program } from '../program/program.ts';
import { bareName } from './allocator-calls.ts';
import type { Case } from './case.ts';
import type { SpinStory } from './spin-story.ts';
import type { StuckCpu } from './stuck-cpu.ts';

/** Functions that are given a `struct qspinlock *` and read its word until it is free: kernel/locking/qspinlock.c */
const SPINS = /^(?:native_|(?:__)?pv_)?queued_spin_lock_slowpath$/;
const WORD = 0xffff_ffffn;

/** That a CPU spins on a word that no spinlock can have: the lock itself was written over. */
export function wornLock(of: Case, { frame, index, task }: StuckCpu): SpinStory | undefined {
  const { prog } = of;
  const number = prog.arch.unwind?.firstArgument;
  if (number === undefined || !SPINS.test(bareName(frame.symbol ?? ''))) return undefined;
  const registers = taskStack(prog, task).frames[index]?.registers ?? [];
  const at = registers[number];
  const state = at === undefined ? undefined : attempt(() => spinlockState(prog, at));
  if (at === undefined || at < prog.kernelStart || !state || state.plausible || state.value === 0) return undefined;
  // the word that it has just read is in a register: otherwise the address is of something else
  if (!registers.some((v) => v !== undefined && (v & WORD) === BigInt(state.value))) return undefined;
  const value = state.value.toString(16).padStart(8, '0');
  const text = textOf(state.value, prog.arch.littleEndian);
  const said = text === undefined ? '' : ` ("${text}")`;
  const cache = attempt(() => slabCacheOf(prog, at));
  const inside: Phrase = cache
    ? { en: `, in an object of ${cache},`, zh: `（位于 ${cache} 的对象中）` }
    : stackWords(prog, at);
  return {
    words: {
      en: `; it spins on a spinlock at ${hex(at)}${inside.en} whose word is ${value}${said}, which no spinlock can have: it was written over, freed, or never initialised`,
      zh: `；它在 ${hex(at)}${inside.zh} 处的自旋锁上自旋，而该锁的值 ${value}${said} 不可能属于自旋锁：它被覆盖、已释放，或从未初始化`,
    },
    evidence: [
      {
        what: { en: 'the word of the lock that it spins on', zh: '所自旋的锁的值' },
        value,
        command: `rd -32 ${hexPad(at)}`,
      },
    ],
    settle: {
      en: 'what lies around the lock tells who wrote there; KASAN reports the write itself',
      zh: '锁周围的内容可说明是谁写入的；KASAN 会报告写入本身',
    },
  };
}

/** A lock on a stack lasts as long as its function. */
function stackWords(prog: Program, at: Addr): Phrase {
  const task = attempt(() => addressIdentity(prog, at).task);
  if (task?.part !== 'stack') return { en: '', zh: '' };
  const who = `${task.record.comm} (pid ${task.record.pid})`;
  return {
    en: `, on the kernel stack of ${who}, whose function that had it there may have returned,`,
    zh: `（位于 ${who} 的内核栈上，放置它的函数可能已返回）`,
  };
}

/** Its bytes, where all are printable. */
function textOf(value: number, little: boolean): string | undefined {
  const bytes = Array.from({ length: 4 }, (_, i) => (value >>> (8 * (little ? i : 3 - i))) & 0xff);
  return bytes.every((b) => b > 0x20 && b < 0x7f) ? String.fromCharCode(...bytes) : undefined;
}
