import type { FaultFrame } from './fault-frame.ts';
import { NEGATED, type Test } from './machine.ts';
import { holds, testOf } from './tests.ts';

/** Instructions before a trap that only prepare it. */
const MAX_BEFORE = 48;

/** What led to a trap: a test whose values are those at `index`, and that holds. */
export interface Condition {
  readonly test: Test;
  /** The instruction that compares. */
  readonly index: number;
  /** The conditional jump. */
  readonly jump: number;
  /** Whether the values that are left make it hold; undefined when they are not known. */
  readonly holds: boolean | undefined;
}

/** The conditions of an assertion, those that hold first: jumps that lead straight to where the code trapped. */
export function conditionsOf(frame: FaultFrame): readonly Condition[] {
  const { code } = frame;
  const found: Condition[] = [];
  const own = code.machine.trapTest?.((n) => code.instructions[frame.index - n]);
  if (own) return [conditionOf(frame, frame.index, own.test, frame.index - own.back)];
  for (const [jump, to] of decidingJumps(frame)) {
    const condition = conditionAt(frame, jump, to);
    if (condition) found.push(condition);
  }
  const order = (c: Condition): number => (c.holds === true ? 0 : c.holds === undefined ? 1 : 2);
  return found.sort((a, b) => order(a) - order(b));
}

/** Conditional jumps one of whose ways leads to the trap, and the other does not, with where that way begins. */
function decidingJumps(frame: FaultFrame): ReadonlyMap<number, number> {
  const { code } = frame;
  const jumps = new Map<number, number>();
  const seen = new Set<number>([frame.index]);
  const waiting = [frame.index];
  for (let i = waiting.pop(); i !== undefined && seen.size < MAX_BEFORE; i = waiting.pop()) {
    for (const from of code.before[i] ?? []) {
      const other = jumps.get(from);
      if (seen.has(from) ? other === undefined || other === i : false) continue;
      seen.add(from);
      if (code.machine.isTrap(code.at(from))) continue; // another assertion, that did not trap
      if (other === undefined && code.machine.isConditional(code.at(from)) && !isOfReturn(frame, from)) {
        jumps.set(from, i);
        continue;
      }
      jumps.delete(from); // it may go either way
      waiting.push(from);
    }
  }
  return jumps;
}

/** A test of the register with the return address: how code takes the signature off it, no assertion. */
function isOfReturn({ code }: FaultFrame, jump: number): boolean {
  const { left } = code.machine.test(code.at(jump), undefined) ?? {};
  return left?.kind === 'register' && left.name === code.machine.link;
}

function conditionAt(frame: FaultFrame, jump: number, to: number): Condition | undefined {
  const placed = testOf(frame, jump);
  if (!placed) return undefined;
  const taken = frame.code.flow(jump).target === frame.code.at(to).address;
  if (placed.test.only !== undefined && (placed.test.only === 'taken') !== taken) return undefined;
  const test: Test = taken ? placed.test : { ...placed.test, relation: NEGATED[placed.test.relation] };
  return conditionOf(frame, jump, test, placed.index);
}

function conditionOf(frame: FaultFrame, jump: number, test: Test, index: number): Condition {
  const left = frame.evaluate(test.left, index);
  const right = frame.evaluate(test.right, index);
  const result = left === undefined || right === undefined ? undefined : holds(test, left, right);
  return { test, index, jump, holds: result };
}
