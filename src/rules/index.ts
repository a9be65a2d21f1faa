import type { Rule } from '../diagnosis/rule.ts';
import { badCall } from './bad-call.ts';
import { badPointer } from './bad-pointer.ts';
import { doubleFree } from './double-free.ts';
import { nullPointer } from './null-pointer.ts';

/** Every rule. Their findings are ranked together, so the order says nothing. */
export const rules: readonly Rule[] = [badCall, badPointer, doubleFree, nullPointer];
