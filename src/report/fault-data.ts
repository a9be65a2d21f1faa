import type { Phrase } from '../base/phrase.ts';
import type { Confidence, Evidence } from './finding.ts';
import { phraseSchema } from './finding-data.ts';
import {
  arrayOf,
  hexString,
  integer,
  nullable,
  object,
  oneOf,
  optional,
  type Schema,
  secret,
  string,
} from './schema.ts';

/** A step from the fault back to where its value came from. */
export interface FaultStepData {
  readonly function: string;
  readonly module: string | null;
  readonly address: string;
  readonly place: string;
  readonly instruction: string;
  readonly source?: { readonly file: string; readonly line: number; readonly inlined: readonly string[] };
  readonly what: Phrase;
  readonly expression: string;
  readonly type?: string;
  readonly value: string | null;
  readonly readFrom?: { readonly address: string; readonly size: number; readonly now: string | null };
  readonly confidence: Confidence;
  readonly evidence: readonly Evidence[];
}

/** What a value came from in the end. */
export interface FaultOriginData {
  readonly kind: string;
  readonly expression: string;
  readonly address: string | null;
  readonly type?: string;
  readonly cache?: string;
}

/** Why the machine trapped, followed backwards. */
export interface FaultData {
  readonly kind: string;
  readonly function: string;
  readonly module: string | null;
  readonly target?: string;
  readonly expression: string;
  readonly summary: Phrase;
  readonly strands: readonly { readonly steps: readonly FaultStepData[]; readonly stopped: Phrase }[];
  readonly origin?: FaultOriginData;
  readonly object?: FaultOriginData;
  readonly pointers: readonly {
    readonly value: string;
    readonly expression: string;
    readonly function: string;
    readonly type?: string;
  }[];
}

const evidence: Schema = arrayOf(
  'What shows it.',
  object('A fact that can be checked.', {
    what: phraseSchema('What the value is.'),
    value: string('As the command prints it.'),
    command: optional(string('A command whose answer holds the value.')),
  }),
);

const step: Schema = object('A step.', {
  function: string('Function in whose code it is.'),
  module: nullable(string('Module; null for the kernel itself.')),
  address: hexString('Of the instruction.'),
  place: string('`function+0x12`.'),
  instruction: string('As `dis` prints it.'),
  source: optional(
    object('Place in the source.', {
      file: secret('path', string('File.')),
      line: integer('Line.'),
      inlined: arrayOf('Functions that are inlined there, innermost first.', string('Name.')),
    }),
  ),
  what: phraseSchema('What happens there.'),
  expression: string('The value as C would write it.'),
  type: optional(string('Its type in C, where it is known.')),
  value: nullable(hexString('The value; null when nothing keeps it.')),
  readFrom: optional(
    object('The memory that it was loaded from.', {
      address: hexString('Address.'),
      size: integer('Bytes.'),
      now: nullable(hexString('What is there in the dump; null when that is not known.')),
    }),
  ),
  confidence: oneOf('How sure the step is.', ['certain', 'likely', 'possible']),
  evidence,
});

function originSchema(description: string): Schema {
  return object(description, {
    kind: oneOf('What it is.', ['variable', 'per-cpu', 'object', 'result']),
    expression: string('As C would write it.'),
    address: nullable(hexString('Where it is; null when that is not known.')),
    type: optional(string('Type in C.')),
    cache: optional(string('Slab cache that the object is of.')),
  });
}

export const faultSchema: Schema = object('Why the machine trapped, followed backwards.', {
  kind: oneOf(
    'access: memory that cannot be used; jump: to where no code is; assertion: the code itself trapped; operand: a value that the CPU refuses.',
    ['access', 'jump', 'assertion', 'operand'],
  ),
  function: string('Function in which it trapped.'),
  module: nullable(string('Module; null for the kernel itself.')),
  target: optional(hexString('Address that could not be used.')),
  expression: string('The access, call or condition as C would write it.'),
  summary: phraseSchema('One sentence.'),
  strands: arrayOf(
    'One a value that is followed; a comparison has two.',
    object('The way of one value.', {
      steps: arrayOf('From the fault backwards.', step),
      stopped: phraseSchema('Why it ends.'),
    }),
  ),
  origin: optional(originSchema('Where the way ends, when that has a name.')),
  object: optional(originSchema('The first slab object on the way.')),
  pointers: arrayOf(
    'Pointers that took part.',
    object('A pointer.', {
      value: hexString('Value.'),
      expression: string('As C would write it.'),
      function: string('Function in which it has that name.'),
      type: optional(string('Type in C.')),
    }),
  ),
});
