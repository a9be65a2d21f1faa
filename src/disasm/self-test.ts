import { UnsupportedError } from '../base/errors.ts';
import type { Instruction, Operand } from '../program/instruction.ts';

/** One instruction at `SELF_TEST_ADDRESS` and what it is. */
export interface SelfTest {
  readonly code: readonly number[];
  readonly operands: readonly Operand[];
  /** Of a call. */
  readonly target?: bigint | undefined;
}

export const SELF_TEST_ADDRESS = 0x1000n;

/** @throws UnsupportedError when the structures are not read as the build of the module lays them out */
export function checkSelfTest(set: string, test: SelfTest, got: Instruction | undefined): void {
  const wanted = text(test);
  const read = got ? text({ code: [...got.bytes], operands: got.operands, target: got.target }) : 'nothing';
  if (read === wanted && got?.flow === (test.target === undefined ? 'next' : 'call')) return;
  throw new UnsupportedError(
    `the disassembler's module is not the build that it was made for: ${set}: self-test read ${read}, not ${wanted}`,
  );
}

function text({ code, operands, target }: SelfTest): string {
  return JSON.stringify([code, `${target}`, operands], (_, value: unknown) => {
    if (typeof value === 'bigint') return `${value}`;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}
