import { AnalysisError } from '../base/errors.ts';
import { formatType } from '../types/format-type.ts';
import { formatValue } from './format-value.ts';
import type { LocalVariable } from './ports.ts';
import type { Program } from './program.ts';

/** A variable as text, not made safe for a terminal. */
export interface LocalText {
  readonly name: string;
  /** As C writes it; empty when it is not known. */
  readonly type: string;
  /** Absent when there is none: `why` says the reason. */
  readonly value?: string;
  readonly why?: string;
}

/** Type and value of a parameter or local variable. */
export function formatLocal(prog: Program, local: LocalVariable): LocalText {
  const { name, type, bytes } = local;
  try {
    const text = type ? formatType(type) : '';
    const { pointee } = local;
    if (pointee) {
      const target = formatValue(prog, pointee.type, pointee.bytes);
      return {
        name,
        type: text,
        value: `&(${pointee.name === '' ? '' : `${pointee.name} = `}${target}) (optimized out)`,
      };
    }
    if (!type || !bytes) return { name, type: text, why: local.why ?? 'not known' };
    return { name, type: text, value: formatValue(prog, type, bytes) };
  } catch (e) {
    if (e instanceof AnalysisError) return { name, type: '', why: e.message };
    throw e;
  }
}
