import { NotFoundError, UsageError } from '../base/errors.ts';
import { ExprValue } from '../expr/expr-value.ts';
import { frameScope, parseTypeSpec, structNamed, valueOrType } from '../expr/index.ts';
import { parseTypeName } from '../expr/type-parser.ts';
import type { Program } from '../program/program.ts';
import { command } from '../report/command.ts';
import { type DefinitionData, definitionData, headOf } from '../report/object-data.ts';
import { definitionLines } from '../report/object-lines.ts';
import { definitionSchema, typeHead } from '../report/object-schema.ts';
import { arrayOf, integer, object, optional, string } from '../report/schema.ts';
import type { CType } from '../types/c-type.ts';
import { declaration } from '../types/declaration.ts';
import { hasMemberOf } from '../types/has-member-of.ts';

interface DefinitionAnswer extends ReturnType<typeof headOf> {
  readonly definition: readonly DefinitionData[];
  readonly wanted?: readonly string[];
}

interface WhatisData {
  readonly structure?: DefinitionAnswer;
  /** Constants of an enumeration. */
  readonly enumeration?: { readonly name: string; readonly constants: readonly { name: string; value: string }[] };
  /** A declaration, or the type of an expression. */
  readonly declaration?: string;
  readonly size?: number;
  /** Types of a size, or with a member. */
  readonly types?: readonly { readonly name: string; readonly kind: string; readonly size: number }[];
}

export const whatis = command<WhatisData>({
  name: 'whatis',
  summary: 'the type of a name, or types by size and member',
  description: [
    'The definition of a structure, union, enumeration or typedef; the declaration of a variable or function; the type of ' +
      'any other C expression. With -r or -m every structure and union of a size, or with a member of a type (or pointers ' +
      'to it, and inside what it embeds).',
  ],
  args: {
    options: [
      { flag: 'o', help: 'with the offsets of members' },
      { flag: 'r', value: 'size|range', help: 'structures of this size in bytes: 192, 0x40, 256-512' },
      { flag: 'm', value: 'member', help: 'structures with a member whose type has this in its name' },
    ],
    operands: [{ name: 'name | expression', help: 'what to look up', many: true }],
  },
  examples: [
    { line: 'whatis pid_t', shows: 'A typedef:', output: 'typedef int pid_t;\nSIZE: 4' },
    { line: 'whatis -o list_head', shows: 'A structure with offsets:' },
    { line: 'whatis panic', shows: 'A function:' },
    { line: 'whatis -r 192', shows: 'Which structures have 192 bytes:' },
    { line: 'whatis -r 256-512 -m mm_struct', shows: 'Which of those have a member of a type:' },
  ],
  schema: object('A type. One of the members is there.', {
    structure: optional(
      object('A structure or union.', {
        ...typeHead,
        definition: definitionSchema,
        wanted: optional(arrayOf('The members that were asked for.', string('Name.'))),
      }),
    ),
    enumeration: optional(
      object('An enumeration.', {
        name: string('Its tag.'),
        constants: arrayOf('As declared.', object('A constant.', { name: string('Name.'), value: string('Decimal.') })),
      }),
    ),
    declaration: optional(string('As C has it.')),
    size: optional(integer('Bytes.')),
    types: optional(
      arrayOf(
        'Ascending by size, then name.',
        object('A structure or union.', {
          name: string('Tag.'),
          kind: string('struct or union.'),
          size: integer('Bytes.'),
        }),
      ),
    ),
  }),
  run({ prog, task }, args) {
    const range = args.value('r');
    const member = args.value('m');
    if (range !== undefined || member !== undefined) return { types: search(prog, range, member) };
    const text = args.operands.join(' ');
    if (text === '') throw new UsageError('whatis: needs a name, -r or -m');
    return typeNamed(prog, text) ?? ofExpression(prog, text, task);
  },
  *blocks(data, args) {
    yield { kind: 'lines', lines: linesOf(data, args.has('o')) };
  },
});

/** What a name means as a type. */
function typeNamed(prog: Program, text: string): WhatisData | undefined {
  const path = /^(?:struct\s+|union\s+)?([A-Za-z_]\w*)\.([\w.]+)$/.exec(text);
  if (path) return ofMember(prog, text);
  const type = findType(prog, text);
  if (!type) return undefined;
  const base = type.resolve();
  if (base.kind === 'struct' || base.kind === 'union') {
    const name = text.replace(/^(?:struct|union|typedef)\s+/, '');
    return { structure: { ...headOf(type, name), definition: definitionData(type) } };
  }
  // A variable goes before an enumeration that has the same tag.
  if (type.kind === 'enum') return /^\w+$/.test(text) && prog.findSymbol(text) ? undefined : enumeration(type);
  if (type.kind === 'typedef') return { declaration: `typedef ${declaration(base, type.name)};`, size: type.size };
  return { declaration: declaration(type), size: type.size };
}

function enumeration(type: CType): WhatisData {
  const constants = type.enumerators.map((e) => ({ name: e.name, value: String(e.value) }));
  return { enumeration: { name: type.name, constants } };
}

function findType(prog: Program, text: string): CType | undefined {
  try {
    return /^[A-Za-z_]\w*$/.test(text) ? structOrOther(prog, text) : parseTypeName(prog, text);
  } catch (e) {
    if (e instanceof UsageError || e instanceof NotFoundError) return undefined;
    throw e;
  }
}

function structOrOther(prog: Program, name: string): CType | undefined {
  try {
    return structNamed(prog, name);
  } catch (e) {
    if (!(e instanceof UsageError || e instanceof NotFoundError)) throw e;
    return parseTypeName(prog, name);
  }
}

/** `struct.member`; undefined when there is no such structure, so that a variable may be meant. */
function ofMember(prog: Program, text: string): WhatisData | undefined {
  try {
    const { type, name, members } = parseTypeSpec(prog, text);
    return { structure: { ...headOf(type, name), definition: definitionData(type), wanted: members } };
  } catch (e) {
    if (e instanceof UsageError || e instanceof NotFoundError) return undefined;
    throw e;
  }
}

function ofExpression(prog: Program, text: string, task: bigint | undefined): WhatisData {
  if (/^[A-Za-z_]\w*$/.test(text)) {
    const constant = prog.findSymbol(text) ? undefined : prog.findEnumerator(text);
    if (constant) return { declaration: `${declaration(constant.type)} = ${constant.value}` };
  }
  const value = valueOrType(prog, text, frameScope(prog, task));
  if (!(value instanceof ExprValue)) return { declaration: declaration(value) };
  return { declaration: value.symbol === text ? `${declaration(value.type, text)};` : declaration(value.type) };
}

/** Structures by size and member. */
function search(
  prog: Program,
  range: string | undefined,
  member: string | undefined,
): NonNullable<WhatisData['types']> {
  const [low, high] = range === undefined ? [0, Number.MAX_SAFE_INTEGER] : sizes(range);
  const found = new Map<string, { name: string; kind: string; size: number }>();
  for (const type of prog.namedTypes()) {
    const { name } = type;
    const base = type.resolve();
    const { kind, size } = base;
    if ((kind !== 'struct' && kind !== 'union') || size < low || size > high) continue;
    if (member !== undefined && !hasMemberOf(base, member)) continue;
    found.set(`${kind} ${name} ${size}`, { name, kind, size });
  }
  return [...found.values()].sort((a, b) => a.size - b.size || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

function sizes(range: string): [number, number] {
  const m = /^(0x[0-9a-f]{1,8}|\d{1,9})(?:-(0x[0-9a-f]{1,8}|\d{1,9}))?$/i.exec(range);
  if (!m) throw new UsageError(`whatis: '${range}' is no size or range of sizes`);
  const low = Number(m[1]);
  return [low, m[2] === undefined ? low : Number(m[2])];
}

function* linesOf(data: WhatisData, offsets: boolean): Iterable<string> {
  const { structure, enumeration, types } = data;
  if (structure) {
    yield* definitionLines(structure, structure.definition, { offsets, radix: 10, follow: false });
  } else if (enumeration) {
    yield `enum ${enumeration.name}${enumeration.name === '' ? '' : ' '}{`;
    for (const c of enumeration.constants) yield `  ${c.name} = ${c.value}`;
    yield '};';
  } else if (types) {
    yield types.length > 0 ? 'SIZE  TYPE' : '(none found)';
    for (const t of types) yield `${String(t.size).padStart(4)}  ${t.name}`;
  } else if (data.declaration !== undefined) yield data.declaration;
  if (data.size !== undefined) yield `SIZE: ${data.size}`;
}
