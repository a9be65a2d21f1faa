import { AnalysisError } from '../base/errors.ts';
import type { CType } from '../types/c-type.ts';
import { formatType } from '../types/format-type.ts';
import { ExprValue } from './expr-value.ts';
import { isUnknown } from './unknown-type.ts';

/** C's cast; of a variable whose type is not known, what it is to be read as. @throws AnalysisError MemoryFault */
export function cast(value: ExprValue, type: CType): ExprValue {
  const { prog } = value;
  const to = type.resolve();
  if (isUnknown(value.type) && value.address !== undefined && value.type.resolve().kind !== 'function') {
    return value.as(type);
  }
  const from = value.type.resolve();
  switch (to.kind) {
    case 'void':
      return new ExprValue(prog, type, { bytes: new Uint8Array(0) });
    case 'float':
      return ExprValue.ofReal(prog, type, value.toNumber());
    case 'int':
      if (to.name === '_Bool') return ExprValue.ofInteger(prog, type, value.isTrue() ? 1n : 0n);
      return ExprValue.ofInteger(prog, type, value.toBigInt());
    case 'enum':
    case 'pointer':
      return ExprValue.ofInteger(prog, type, value.toBigInt());
    default: {
      const same = to === from || (to.kind === from.kind && to.size === from.size && to.name === from.name);
      if (same || (to.kind === 'array' && to.size === value.size)) return value.as(type);
      throw new AnalysisError('type', `${formatType(value.type)} cannot be cast to ${formatType(type)}`);
    }
  }
}
