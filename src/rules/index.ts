import type { Rule } from '../diagnosis/rule.ts';

/** Every rule. Their findings are ranked together, so the order says nothing. */
export const rules: readonly Rule[] = [];
