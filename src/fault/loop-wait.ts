import type { Addr, Bytes } from '../base/units.ts';
import type { FaultFrame } from './fault-frame.ts';
import { compute, type Term } from './term.ts';
import { holds, testOf } from './tests.ts';

/** A loop that waits for something is short. */
const MAX_INSTRUCTIONS = 120;
const MAX_DEPTH = 8;

/** Memory that a loop reads and goes by. */
export interface WaitedWord {
  readonly address: Addr;
  readonly size: Bytes;
  readonly value: bigint;
}

/** A loop that does not end as long as memory is as it is. */
export interface LoopWait {
  /** What its tests read; empty for a loop that tests nothing. */
  readonly words: readonly WaitedWord[];
}

/**
 * Whether the code at a frame goes round for ever with memory as it is: every test on the way is decided by what memory holds
 * now, no way leads out, and nothing is called or written there. Undefined when that cannot be told, or it ends.
 */
export function loopWait(frame: FaultFrame): LoopWait | undefined {
  const words = new Map<Addr, WaitedWord>();
  const seen = new Set<number>();
  const waiting = [frame.index];
  let repeats = false;
  for (let i = waiting.pop(); i !== undefined; i = waiting.pop()) {
    if (seen.has(i)) continue;
    seen.add(i);
    if (seen.size > MAX_INSTRUCTIONS || changesSomething(frame, i)) return undefined;
    const next = nextOf(frame, i, words);
    if (!next) return undefined;
    repeats ||= next.some((n) => seen.has(n));
    waiting.push(...next);
  }
  return repeats ? { words: [...words.values()] } : undefined;
}

function changesSomething({ code }: FaultFrame, i: number): boolean {
  if (code.at(i).flow === 'call' || code.at(i).flow === 'return') return true;
  return code.effects(i).some((e) => e.to.kind === 'memory');
}

/** Where control goes from an instruction; undefined for out of the function, or nowhere that is known. */
function nextOf(frame: FaultFrame, i: number, words: Map<Addr, WaitedWord>): number[] | undefined {
  const { code } = frame;
  const insn = code.at(i);
  const { falls, target, indirect } = code.flow(i);
  const behind = falls ? code.indexOf(insn.address + BigInt(insn.size)) : undefined;
  const there = target === undefined ? undefined : code.indexOf(target);
  if (indirect || (falls && behind === undefined) || (target !== undefined && there === undefined)) {
    const taken = target === undefined || indirect ? undefined : decided(frame, i, words);
    return taken === false && behind !== undefined ? [behind] : undefined;
  }
  const all = [behind, there].filter((n) => n !== undefined);
  if (all.length < 2) return all.length === 0 ? undefined : all;
  const taken = decided(frame, i, words);
  return taken === undefined ? all : [(taken ? there : behind) as number];
}

/** Whether a conditional jump is taken with memory as it is. */
function decided(frame: FaultFrame, jump: number, words: Map<Addr, WaitedWord>): boolean | undefined {
  const placed = frame.code.machine.isConditional(frame.code.at(jump)) ? testOf(frame, jump) : undefined;
  if (!placed) return undefined;
  const read: WaitedWord[] = [];
  const left = valueNow(frame, placed.test.left, placed.index, read);
  const right = valueNow(frame, placed.test.right, placed.index, read);
  if (left === undefined || right === undefined || read.length === 0) return undefined;
  for (const word of read) words.set(word.address, word);
  return holds(placed.test, left, right);
}

/** A term with memory as it is now, not as registers have it. */
function valueNow(frame: FaultFrame, term: Term, index: number, read: WaitedWord[], depth = 0): bigint | undefined {
  if (depth > MAX_DEPTH) return undefined;
  const inner = (t: Term): bigint | undefined => valueNow(frame, t, index, read, depth + 1);
  switch (term.kind) {
    case 'constant':
      return term.value;
    case 'register': {
      const { origin, addend } = frame.origins.of(term.name, index);
      if (origin.kind === 'constant') return addend;
      const made = origin.kind === 'load' && origin.term;
      const value = made ? valueNow(frame, made, origin.index, read, depth + 1) : undefined;
      return value === undefined ? undefined : BigInt.asUintN(64, value + addend);
    }
    case 'part': {
      const of = inner(term.of);
      if (of === undefined) return undefined;
      const bits = term.size * 8;
      return term.signed ? BigInt.asUintN(64, BigInt.asIntN(bits, of)) : BigInt.asUintN(bits, of);
    }
    case 'memory': {
      const address = frame.evaluate(term.address, index);
      const value = address === undefined ? undefined : frame.read(address, term.size);
      if (address === undefined || value === undefined) return undefined;
      read.push({ address, size: term.size, value });
      return term.signed ? BigInt.asUintN(64, BigInt.asIntN(term.size * 8, value)) : value;
    }
    case 'sum':
    case 'operation': {
      const [left, right] = [inner(term.left), inner(term.right)];
      if (left === undefined || right === undefined) return undefined;
      return term.kind === 'sum' ? BigInt.asUintN(64, left + right) : compute(term.operation, left, right);
    }
    default:
      return undefined;
  }
}
