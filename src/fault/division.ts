import { hex } from '../base/hex.ts';
import type { Phrase } from '../base/phrase.ts';
import { placeOf } from './access.ts';
import type { Callers } from './callers.ts';
import type { FaultChain } from './chain.ts';
import type { FaultFrame } from './fault-frame.ts';
import { makeStep } from './step-writer.ts';
import type { Typer } from './typer.ts';
import { Walk } from './walk.ts';

/** A division that the CPU refused: by 0, or with a quotient that does not fit. Undefined where no such instruction trapped. */
export function explainDivision(frame: FaultFrame, callers: Callers): FaultChain | undefined {
  const { code, index } = frame;
  const divisor = code.machine.divisor?.(code.at(index));
  if (!divisor) return undefined;
  const typers = new Map<FaultFrame, Typer>();
  const walk = new Walk(callers, typers);
  const value = frame.evaluate(divisor, index);
  const linear = frame.origins.ofTerm(divisor, index);
  const named = walk.typer(frame).name(linear);
  const what = summaryOf(named.text, value);
  const first = makeStep(frame, index, { named, what, value, confidence: value === undefined ? 'likely' : 'certain' });
  const { steps, stopped } = walk.follow(frame, linear, named.type);
  return {
    kind: 'operand',
    ...placeOf(first),
    expression: named.text,
    ...(value !== undefined && { value }),
    summary: what,
    strands: [{ steps: [first, ...steps], stopped }],
    ...walk.found(),
  };
}

function summaryOf(text: string, value: bigint | undefined): Phrase {
  if (value === 0n)
    return { en: `The instruction divides by ${text}, which is 0`, zh: `该指令以 ${text} 为除数，其值为 0` };
  const is: Phrase =
    value === undefined ? { en: '', zh: '' } : { en: `, which is ${hex(value)}`, zh: `（${hex(value)}）` };
  return {
    en: `The instruction divides by ${text}${is.en}: the quotient does not fit, or it was 0`,
    zh: `该指令以 ${text} 为除数${is.zh}：商放不下，或除数曾为 0`,
  };
}
