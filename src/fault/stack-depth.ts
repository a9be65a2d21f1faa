import type { FunctionCode } from './function-code.ts';
import type { Term } from './term.ts';

/** Distance of the stack and the frame pointer from the stack pointer on entry; undefined where it is not known. */
export interface StackDepth {
  readonly sp: number | undefined;
  readonly fp: number | undefined;
}

const UNKNOWN: StackDepth = { sp: undefined, fp: undefined };

/** The depth before each instruction that can be reached from the function's first. */
export function stackDepths(code: FunctionCode): (StackDepth | undefined)[] {
  const depths: (StackDepth | undefined)[] = new Array(code.instructions.length);
  depths[0] = { sp: 0, fp: undefined };
  const waiting = [0];
  const after = successors(code);
  for (let i = waiting.pop(); i !== undefined; i = waiting.pop()) {
    const next = depthAfter(code, i, depths[i] ?? UNKNOWN);
    for (const to of after[i] ?? []) {
      const known = depths[to];
      const merged = known ? meet(known, next) : next;
      if (known && merged.sp === known.sp && merged.fp === known.fp) continue;
      depths[to] = merged;
      waiting.push(to);
    }
  }
  return depths;
}

function successors(code: FunctionCode): number[][] {
  const after: number[][] = code.instructions.map(() => []);
  code.before.forEach((before, i) => {
    for (const from of before) after[from]?.push(i);
  });
  return after;
}

function meet(a: StackDepth, b: StackDepth): StackDepth {
  return { sp: a.sp === b.sp ? a.sp : undefined, fp: a.fp === b.fp ? a.fp : undefined };
}

function depthAfter(code: FunctionCode, i: number, before: StackDepth): StackDepth {
  const { stackPointer, framePointer } = code.machine;
  let { sp, fp } = before;
  for (const { to, from } of code.effects(i)) {
    if (to.kind !== 'register') continue;
    if (to.name === stackPointer) sp = stackOffset(code, from, before);
    else if (to.name === framePointer) fp = stackOffset(code, from, before);
  }
  return { sp, fp };
}

/** Distance of an address from the stack pointer on entry, when it is computed from the stack or frame pointer alone. */
export function stackOffset(code: FunctionCode, address: Term, depth: StackDepth): number | undefined {
  if (address.kind === 'register') {
    if (address.name === code.machine.stackPointer) return depth.sp;
    return address.name === code.machine.framePointer ? depth.fp : undefined;
  }
  if (address.kind !== 'sum' || address.right.kind !== 'constant') return undefined;
  const base = stackOffset(code, address.left, depth);
  return base === undefined ? undefined : base + Number(BigInt.asIntN(64, address.right.value));
}
