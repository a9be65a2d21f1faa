import { hex } from '../base/hex.ts';
import type { Phrase } from '../base/phrase.ts';
import { placeOf } from './access.ts';
import type { Callers } from './callers.ts';
import type { FaultChain, FaultPointer, FaultStep, FaultStrand } from './chain.ts';
import { type Condition, conditionsOf } from './conditions.ts';
import type { FaultFrame } from './fault-frame.ts';
import { pointedStruct } from './member-at.ts';
import type { Named } from './naming.ts';
import type { Linear } from './origin.ts';
import { condition as conditionText } from './phrases.ts';
import { makeStep } from './step-writer.ts';
import type { Term } from './term.ts';
import type { Typer } from './typer.ts';
import { Walk } from './walk.ts';

/** A trap that the code itself asked for: BUG, BUG_ON, an assertion. */
export function explainAssertion(frame: FaultFrame, callers: Callers): FaultChain | undefined {
  const typers = new Map<FaultFrame, Typer>();
  const [condition] = conditionsOf(frame);
  if (!condition) return unconditional(frame);
  const { index, test } = condition;
  const sides = [test.left, test.right].map((term) => frame.origins.ofTerm(term, index, registerOf(term)));
  const [left, right] = sides as [Linear, Linear];
  const naming = new Walk(callers, typers).typer(frame);
  const first = naming.name(left);
  const second = naming.name(right, first.type);
  const sharp = pointedStruct(first.type) ? first : naming.name(left, second.type);
  const expression = conditionText(sharp.text, test.relation, zeroText(second, sharp));
  const summary = summaryOf(condition, expression);
  const trap = makeStep(frame, frame.index, {
    named: { text: expression },
    what: { en: 'the code traps', zh: '代码主动陷入' },
    value: undefined,
    confidence: condition.holds === true ? 'certain' : 'likely',
  });
  const strands: FaultStrand[] = [
    { steps: [trap, compared(frame, condition, expression, sides)], stopped: below(expression) },
  ];
  const pointers: FaultPointer[] = [];
  const passed = new Set<string>();
  let origin: FaultChain['origin'];
  let object: FaultChain['object'];
  for (const side of sides) {
    if (side.origin.kind === 'constant') continue;
    const walk = new Walk(callers, typers, passed);
    const strand = walk.follow(frame, side, sharp.type);
    if (strand.steps.length > 0) strands.push(strand);
    const found = walk.found();
    pointers.push(...found.pointers);
    origin ??= found.origin;
    object ??= found.object;
  }
  const ends = { ...(origin && { origin }), ...(object && { object }) };
  return { kind: 'assertion', ...placeOf(trap), expression, summary, strands, ...ends, pointers };
}

/** Parts of two registers are two values, though both are made by the same instruction. */
function registerOf(term: Term): string {
  if (term.kind === 'part') return registerOf(term.of);
  return term.kind === 'register' ? term.name : '';
}

function zeroText(named: Named, other: Named): string {
  return named.text === '0' && other.type?.resolve().kind === 'pointer' ? 'NULL' : named.text;
}

function below(expression: string): Phrase {
  return { en: `the values of ${expression} are followed below`, zh: `下面追踪 ${expression} 中的各值` };
}

function summaryOf(condition: Condition, expression: string): Phrase {
  const known: Phrase =
    condition.holds === true
      ? { en: ', and it holds', zh: '，且成立' }
      : condition.holds === false
        ? { en: ', but memory does not show it any more', zh: '，但内存中已看不出' }
        : { en: '', zh: '' };
  return {
    en: `The code traps when ${expression}${known.en}`,
    zh: `当 ${expression} 时代码主动陷入${known.zh}`,
  };
}

function compared(frame: FaultFrame, condition: Condition, expression: string, sides: readonly Linear[]): FaultStep {
  const { test, index } = condition;
  const [left, right] = [test.left, test.right].map((term) => frame.evaluate(term, index));
  const values = sides.every((s) => s.origin.kind !== 'constant') && left !== undefined && right !== undefined;
  const text = values ? ` (${hex(left)}, ${hex(right)})` : '';
  return makeStep(frame, index, {
    named: { text: expression },
    what: { en: `${expression} is tested${text}`, zh: `检查 ${expression}${text}` },
    value: undefined,
    confidence: 'certain',
  });
}

/** What stands for the condition of code that traps whatever happens. */
export const NO_CONDITION = 'BUG()';

function unconditional(frame: FaultFrame): FaultChain {
  const what: Phrase = {
    en: 'The code traps here without a condition that can be told',
    zh: '代码在此主动陷入，看不出条件',
  };
  const step = makeStep(frame, frame.index, {
    named: { text: NO_CONDITION },
    what,
    value: undefined,
    confidence: 'certain',
  });
  const strands = [{ steps: [step], stopped: { en: 'no condition was found', zh: '没有找到条件' } }];
  return { kind: 'assertion', ...placeOf(step), expression: NO_CONDITION, summary: what, strands, pointers: [] };
}
