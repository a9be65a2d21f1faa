import { arrayOf, boolean, hexString, integer, object, optional, type Schema, string } from './schema.ts';
import { valueSchema } from './value-schema.ts';

/** The lines of a definition. */
export const definitionSchema: Schema = arrayOf(
  'Its members, those of anonymous structures and unions between lines that open and close them.',
  object('A line of the definition.', {
    text: string('As C has it.'),
    depth: integer('Levels of braces around it.'),
    name: optional(string('Name of the member.')),
    offset: optional(integer('Bytes from the start of the outermost structure.')),
    bits: optional(integer('Width of a bit-field.')),
  }),
);

/** Facts of a type that stand beside its definition. */
export const typeHead = {
  type: string('Name as it was asked for.'),
  size: integer('Bytes.'),
  kind: string('`struct` or `union`.'),
  head: string('First line of its definition.'),
  tail: string('Last line of its definition.'),
};

/** Data of `struct` and `union`. */
export const structSchema: Schema = object('A definition, or objects.', {
  ...typeHead,
  definition: optional(definitionSchema),
  wanted: optional(arrayOf('The members that were asked for.', string('A member path.'))),
  base: optional(hexString('Address that offsets are counted from.')),
  objects: optional(
    arrayOf(
      'In the order of memory; of per-CPU variables of each CPU.',
      object('An object.', {
        cpu: optional(integer('CPU of a per-CPU variable.')),
        address: hexString('Where it starts.'),
        value: optional(valueSchema),
        members: optional(
          arrayOf(
            'The members that were asked for.',
            object('A member.', {
              name: string('Its path.'),
              value: valueSchema,
              last: boolean('It is the last of its structure.'),
              inside: optional(integer('Anonymous structures and unions that it lies in.')),
              target: optional(
                object('What a pointer leads to.', {
                  declaration: string('Of the pointer.'),
                  pointer: hexString('Its value.'),
                  symbol: optional(string('Symbol at that address.')),
                  value: optional(valueSchema),
                  text: optional(string('What is there, of anything but a structure.')),
                  why: optional(string('Why it is not shown.')),
                }),
              ),
            }),
          ),
        ),
        raw: optional(
          object('Its memory.', {
            address: hexString('Of the first unit.'),
            unit: integer('Bytes of a unit.'),
            values: arrayOf('The units.', string('Hexadecimal.')),
            characters: string('A character for each byte.'),
          }),
        ),
      }),
    ),
  ),
});
