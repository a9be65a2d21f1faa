import type { Rule } from '../diagnosis/rule.ts';
import { badCall } from './bad-call.ts';
import { badPointer } from './bad-pointer.ts';
import { bugAssertion } from './bug-assertion.ts';
import { doubleFree } from './double-free.ts';
import { exception } from './exception.ts';
import { listCorruption } from './list-corruption.ts';
import { nullPointer } from './null-pointer.ts';
import { stackOverflow } from './stack-overflow.ts';
import { useAfterFree } from './use-after-free.ts';

/** Every rule. Their findings are ranked together, so the order says nothing. */
export const rules: readonly Rule[] = [
  badCall,
  badPointer,
  bugAssertion,
  doubleFree,
  exception,
  listCorruption,
  nullPointer,
  stackOverflow,
  useAfterFree,
];
