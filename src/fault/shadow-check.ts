import { attempt } from '../base/attempt.ts';
import { kasanShadowAddress } from '../kernel/kasan-shadow.ts';
import type { FaultFrame } from './fault-frame.ts';
import type { Access } from './machine.ts';
import type { FaultOperand } from './operand.ts';
import type { Linear } from './origin.ts';
import type { Term } from './term.ts';

/** KASAN_SHADOW_SCALE_SHIFT of the generic mode. */
const SCALE = 3n;
/** Instructions behind the one that reads the shadow up to the jump to where it is reported, and from there to the call. */
const NEAR = 12;
const CALL = 6;
const REPORTS = /^__asan_report_(load|store)_?(\d+|n|N)(?:_noabort)?$/;

/**
 * The access that the code was about to do when it read KASAN's byte of it, which the compiler has it do inline: for a wild
 * pointer the shadow itself is out of reach, and the CPU states its address. Undefined where the operand is no such byte.
 */
export function checkedAccess(frame: FaultFrame, operand: FaultOperand): FaultOperand | undefined {
  const { prog } = frame.context;
  const shadow = attempt(() => kasanShadowAddress(prog, 0n));
  if (shadow === undefined || operand.access.size > 2) return undefined;
  const granule = BigInt.asUintN(64, operand.address - shadow);
  const base = shadow !== 0n && granule < 1n << 61n ? shiftedIn(frame, operand.access.address) : undefined;
  if (!base) return undefined;
  const exact = frame.value(base);
  const begin = granule << SCALE;
  const address = exact !== undefined && exact >> SCALE === granule ? exact : begin;
  return { access: reported(frame, operand.access), address, base };
}

/** The value whose address without the lowest three bits is part of a term. */
function shiftedIn(frame: FaultFrame, term: Term): Linear | undefined {
  if (term.kind === 'sum') return shiftedIn(frame, term.left) ?? shiftedIn(frame, term.right);
  if (term.kind !== 'register') return undefined;
  const { origin, addend } = frame.origins.ofTerm(term, frame.index);
  const made = origin.kind === 'computed' ? origin.term : undefined;
  if (made?.kind !== 'operation' || made.operation !== 'shr' || origin.index < 0) return undefined;
  const known = addend === 0n || addend === kasanShadowAddress(frame.context.prog, 0n);
  if (!known || made.right.kind !== 'constant' || made.right.value !== SCALE) return undefined;
  return frame.origins.ofTerm(made.left, origin.index);
}

/** What the code calls when the byte forbids it says whether it reads or writes, and how much. */
function reported({ code, index, context }: FaultFrame, access: Access): Access {
  for (let i = index + 1; i <= index + NEAR && i < code.instructions.length; i++) {
    const { target } = code.at(i);
    const at = target === undefined ? undefined : code.indexOf(target);
    if (at === undefined) continue;
    for (const insn of code.instructions.slice(at, at + CALL)) {
      const name = insn.target === undefined ? undefined : context.prog.symbolAt(insn.target)?.name;
      const [, what, size] = REPORTS.exec(name ?? '') ?? [];
      if (what !== undefined) return { ...access, kind: what === 'load' ? 'read' : 'write', size: Number(size) || 0 };
    }
  }
  return { ...access, kind: 'read', size: 0 };
}
