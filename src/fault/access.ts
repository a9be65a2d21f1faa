import type { Phrase } from '../base/phrase.ts';
import type { Callers } from './callers.ts';
import type { FaultChain, FaultStep } from './chain.ts';
import type { FaultFrame } from './fault-frame.ts';
import { membersAt, pointedStruct } from './member-at.ts';
import type { Named } from './naming.ts';
import { signedText } from './naming.ts';
import { type FaultOperand, faultOperand, isMapped, type Target } from './operand.ts';
import { type Linear, signedAddend } from './origin.ts';
import { accessed, indexState, pointerState } from './phrases.ts';
import { checkedAccess } from './shadow-check.ts';
import { makeStep } from './step-writer.ts';
import type { Typer } from './typer.ts';
import { Walk } from './walk.ts';

/** An access to memory that could not be done. @param target see `faultOperand` */
export function explainAccess(frame: FaultFrame, callers: Callers, target: Target): FaultChain | undefined {
  const failed = faultOperand(frame, target);
  if (!failed) return undefined;
  const operand = checkedAccess(frame, failed) ?? failed;
  const typers = new Map<FaultFrame, Typer>();
  const walk = new Walk(callers, typers);
  const typer = walk.typer(frame);
  const pointer: Linear = { origin: operand.base.origin, addend: 0n };
  const value = frame.value(pointer);
  const hint = variableType(typer, value, operand);
  const named = hint.named ?? typer.name(pointer, hint.type);
  const expression = operand.indexed
    ? indexedText(typer.name(operand.indexed.array).text, named.text)
    : accessText(named, operand);
  const own = operand.base.origin.kind === 'stack' ? operand.address : value;
  const { indexed } = operand;
  const state = indexed
    ? indexState(indexed.value)
    : pointerState(frame.context.prog, own, own !== undefined && isMapped(frame, own));
  const act = accessed(operand.access.kind, expression, operand.access.size, operand.address);
  const subject = operand.base.origin.kind === 'stack' ? typer.name(operand.base).text : named.text;
  const what: Phrase = { en: `${act.en}: ${subject} ${state.en}`, zh: `${act.zh}：${subject} ${state.zh}` };
  const first = makeStep(frame, frame.index, {
    named,
    what,
    value,
    confidence: 'certain',
    saved: registerName(frame, pointer),
  });
  const { steps, stopped } = walk.follow(frame, pointer, hint.type ?? named.type);
  return {
    kind: 'access',
    ...placeOf(first),
    target: operand.address,
    ...(operand.access.size > 0 && { size: operand.access.size }),
    ...(indexed && { indexed: indexedPlace(frame, indexed) }),
    expression,
    summary: what,
    strands: [{ steps: [first, ...steps], stopped }],
    ...walk.found(),
  };
}

function indexedPlace(
  frame: FaultFrame,
  { array, value }: NonNullable<FaultOperand['indexed']>,
): NonNullable<FaultChain['indexed']> {
  const pointer = frame.value(array);
  return { ...(pointer !== undefined && { array: pointer }), ...(value !== undefined && { value }) };
}

export function placeOf(step: FaultStep): Pick<FaultChain, 'function' | 'module'> {
  return { function: step.function, ...(step.module !== undefined && { module: step.module }) };
}

/** The register that holds a value at the fault. */
function registerName(frame: FaultFrame, value: Linear): string | undefined {
  const { machine } = frame.code;
  const names = frame.code.at(frame.index).operands.flatMap((o) => {
    if (o.kind === 'memory') return [o.base, o.index];
    return o.kind === 'register' ? [o.register] : [];
  });
  for (const name of names) {
    const whole = name === undefined ? undefined : machine.wholeRegister(name);
    if (whole === undefined) continue;
    const held = frame.origins.of(whole, frame.index);
    if (held.origin.key === value.origin.key && held.addend === value.addend) return whole;
  }
  return undefined;
}

/** The variable of the source that holds the pointer, when debug information tells one whose type has the member. */
function variableType(
  typer: Typer,
  value: bigint | undefined,
  operand: FaultOperand,
): { named?: Named; type?: NonNullable<Named['type']> } {
  const offset = Number(signedAddend(operand.base));
  const local =
    value === undefined
      ? undefined
      : typer.variable(value, (type) => {
          const struct = pointedStruct(type);
          return struct !== undefined && membersAt(struct, offset, operand.access.size || undefined).length > 0;
        });
  return local?.type ? { named: { text: local.name, type: local.type }, type: local.type } : {};
}

/** `list[i]`; of more than a name `(list + 0x8)[i]`. */
function indexedText(array: string, index: string): string {
  return `${/^[%\w>.-]+$/.test(array) ? array : `(${array})`}[${index}]`;
}

function accessText(named: Named, { base, access }: FaultOperand): string {
  const offset = signedAddend(base);
  const struct = pointedStruct(named.type);
  const inside = struct && offset >= 0n ? membersAt(struct, Number(offset), access.size || undefined) : [];
  const member = inside.find((m) => !['struct', 'union'].includes(m.type.kind)) ?? inside[0];
  if (member) return `${named.text}->${member.path}`;
  return offset === 0n ? `*${named.text}` : `*(${named.text}${signedText(offset)})`;
}
