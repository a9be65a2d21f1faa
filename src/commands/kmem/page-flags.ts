import { UsageError } from '../../base/errors.ts';
import { hex64 } from '../../base/hex.ts';
import { pageFlags as kernelFlags } from '../../kernel/page-flags.ts';
import { parseAddress } from '../../report/args.ts';
import { commandPart } from '../../report/command-part.ts';
import { arrayOf, boolean, hexString, integer, nullable, object, string } from '../../report/schema.ts';

interface FlagsData {
  readonly value: string | null;
  readonly flags: readonly { readonly name: string; readonly bit: number; readonly set: boolean | null }[];
}

/** `kmem -g`: the page flags, or those that a value has. */
export const pageFlags = commandPart<FlagsData>({
  name: 'pageFlags',
  flag: 'g',
  schema: object('Page flags.', {
    value: nullable(hexString('The value that was to be explained; null for all flags.')),
    flags: arrayOf(
      'In the order of the kernel; several names may share a bit.',
      object('One flag.', {
        name: string('As in `enum pageflags`.'),
        bit: integer('Number of the bit.'),
        set: nullable(boolean('Whether the value has it.')),
      }),
    ),
  }),
  run({ prog }, args) {
    const word = args.value('g') || args.operands[0];
    const value = word === undefined ? undefined : parseAddress(word);
    if (word !== undefined && value === undefined)
      throw new UsageError(`kmem: -g takes a hexadecimal value, not ${word}`);
    const flags = kernelFlags(prog).map((f) => ({
      ...f,
      set: value === undefined ? null : ((value >> BigInt(f.bit)) & 1n) === 1n,
    }));
    return { value: value === undefined ? null : hex64(value), flags };
  },
  *blocks(data) {
    yield { kind: 'lines', lines: flagLines(data) };
  },
});

function* flagLines({ value, flags }: FlagsData): Generator<string> {
  const indent = value === null ? '' : '  ';
  if (value !== null) yield `FLAGS: ${BigInt(value).toString(16)}`;
  const width = Math.max(9, ...flags.map((f) => f.name.length));
  yield `${indent}${'PAGE-FLAG'.padEnd(width)} BIT  VALUE`;
  for (const { name, bit, set } of flags) {
    if (set === false) continue;
    yield `${indent}${name.padEnd(width)}${String(bit).padStart(4)}  ${(1n << BigInt(bit)).toString(16).padStart(7, '0')}`;
  }
}
