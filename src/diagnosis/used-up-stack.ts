import { attempt } from '../base/attempt.ts';
import type { Addr } from '../base/units.ts';
import type { StackRange } from '../program/ports.ts';
import type { Case } from './case.ts';

/** How far below its stack a function may reach at once. */
const BELOW = 0x10000n;

/** The stack that was used up. */
export interface UsedUpStack {
  readonly range: StackRange;
  /** Of a stack of a CPU. */
  readonly cpu?: number;
}

/** The stack of the task or the CPU under whose end the stack pointer is; undefined when it is under none, or on one. */
export function usedUpStack({ prog, crashed, panic }: Case, sp: Addr): UsedUpStack | undefined {
  const { unwind } = prog.arch;
  const cpu = panic.cpu ?? crashed?.cpu;
  const own = crashed && attempt(() => unwind?.taskStack(prog, crashed.address));
  const of = cpu === undefined ? [] : (attempt(() => unwind?.cpuStacks(prog, cpu)) ?? []);
  const all: UsedUpStack[] = [
    ...(own ? [{ range: own }] : []),
    ...of.map((range) => ({ range, ...(cpu !== undefined && { cpu }) })),
  ];
  if (all.some(({ range }) => sp >= range.low && sp < range.high)) return undefined;
  const under = all.filter(({ range: { low } }) => low > sp && low - sp < BELOW);
  return under.reduce<UsedUpStack | undefined>((a, b) => (a && a.range.low < b.range.low ? a : b), undefined);
}
