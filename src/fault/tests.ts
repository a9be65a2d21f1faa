import type { FaultFrame } from './fault-frame.ts';
import { NEGATED, type Relation, type Test } from './machine.ts';

/** Instructions between a comparison and the jump that goes by it. */
const MAX_APART = 12;

/** A test with the place where its values are those that it is made of. */
export interface PlacedTest {
  readonly test: Test;
  readonly index: number;
}

/** The test of a conditional jump, or of a selection. */
export function testOf(frame: Pick<FaultFrame, 'code'>, index: number): PlacedTest | undefined {
  const { code } = frame;
  const alone = code.machine.test(code.at(index), undefined);
  if (alone) return { test: alone, index };
  let at = index;
  for (let n = 0; n < MAX_APART; n++) {
    const before = code.before[at] ?? [];
    if (before.length !== 1) return undefined;
    at = before[0] as number;
    if (!code.machine.setsFlags(code.at(at))) continue;
    const test = code.machine.test(code.at(index), code.at(at));
    return test && { test, index: at };
  }
  return undefined;
}

/** Whether a relation holds between two values of `size` bytes. */
export function holds(test: Test, left: bigint, right: bigint): boolean {
  const bits = test.size * 8;
  const cut = (value: bigint): bigint => (test.signed ? BigInt.asIntN(bits, value) : BigInt.asUintN(bits, value));
  const [a, b] = [cut(left), cut(right)];
  switch (test.relation) {
    case '==':
      return a === b;
    case '<':
      return a < b;
    case '<=':
      return a <= b;
    case '&':
      return (a & b) !== 0n;
    default:
      return !holds({ ...test, relation: NEGATED[test.relation] as Relation }, left, right);
  }
}
