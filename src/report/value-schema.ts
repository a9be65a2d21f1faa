import type { Schema } from './schema.ts';

/** A value: its type and address, and what is in it. */
export const valueSchema: Schema = {
  type: 'object',
  description:
    'A value: `type`, `address` when it is in memory, and of a scalar `value` (a number, a boolean, or of 64-bit values ' +
    'a hexadecimal string) with the `text` that is printed, of a struct or union `members` (a `name` each, empty for ' +
    'anonymous ones, and the same as here), of an array `elements`; `more` counts elements left out.',
  additionalProperties: { type: ['object', 'array', 'string', 'integer', 'number', 'boolean', 'null'] },
};
