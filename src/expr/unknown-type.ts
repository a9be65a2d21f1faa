import type { CType } from '../types/c-type.ts';
import { functionType, intType } from '../types/simple-type.ts';

/** Types of symbols that nothing describes; named as gdb does. */
export const unknownData: CType = intType('<data variable, no debug info>', 1, false);
const nothing: CType = intType('<text variable, no debug info>', 4, true);
export const unknownFunction: CType = functionType(nothing, '<text variable, no debug info>');

/** Whether the type of a value is not known. */
export function isUnknown(type: CType): boolean {
  return type === unknownData || type === unknownFunction;
}
