import { AnalysisError } from '../../base/errors.ts';
import type { Addr } from '../../base/units.ts';
import type { CfaRule, CfiRow, CfiRule } from './cfi-row.ts';
import { evaluateValue } from './expression.ts';
import type { ExpressionContext } from './expression-context.ts';
import { LocationError } from './location.ts';

/** The caller of a frame as call frame information has it. */
export interface CfiCaller {
  /** Canonical frame address: the caller's stack pointer before the call. */
  readonly cfa: Addr;
  /** What is known of the caller's registers, by number; the pc under the return address column. */
  readonly registers: (bigint | undefined)[];
}

/**
 * Applies a row to the registers of a frame.
 * @param context its registers and memory @param count registers that there are
 * @param sameByDefault registers that a callee preserves when no rule is given @param sp number of the stack pointer
 * @throws LocationError when the frame address cannot be told
 */
export function callerOf(
  row: CfiRow,
  context: ExpressionContext,
  count: number,
  sameByDefault: readonly number[],
  sp: number,
): CfiCaller {
  const cfa = frameAddress(row.cfa, context);
  const registers = new Array<bigint | undefined>(count);
  for (const register of sameByDefault) if (!row.rules.has(register)) registers[register] = context.register(register);
  registers[sp] = cfa;
  for (const [register, rule] of row.rules) {
    if (register < count) registers[register] = byRule(rule, register, cfa, context);
  }
  return { cfa, registers };
}

/** The canonical frame address of a row. @throws LocationError */
function frameAddress(rule: CfaRule | undefined, context: ExpressionContext): Addr {
  if (!rule) throw new LocationError('the frame address has no rule');
  if ('expression' in rule) return evaluateValue(rule.expression, context);
  const base = context.register(rule.register);
  if (base === undefined) throw new LocationError(`register ${rule.register} is not known in this frame`);
  return BigInt.asUintN(64, base + BigInt(rule.offset));
}

function byRule(rule: CfiRule, register: number, cfa: Addr, context: ExpressionContext): bigint | undefined {
  const read = (at: Addr) => context.read(BigInt.asUintN(64, at), context.addressSize);
  switch (rule.how) {
    case 'undefined':
      return undefined;
    case 'same':
      return context.register(register);
    case 'register':
      return context.register(rule.register);
    case 'value':
      return BigInt.asUintN(64, cfa + BigInt(rule.offset));
    case 'saved':
      return unlessUnreadable(() => read(cfa + BigInt(rule.offset)));
    case 'saved-expression':
      return unlessUnreadable(() => read(evaluateValue(rule.expression, context, cfa)));
    case 'value-expression':
      return unlessUnreadable(() => evaluateValue(rule.expression, context, cfa));
  }
}

/** A register that cannot be had leaves the others as they are. */
function unlessUnreadable(read: () => bigint): bigint | undefined {
  try {
    return read();
  } catch (e) {
    if (e instanceof AnalysisError) return undefined;
    throw e;
  }
}
