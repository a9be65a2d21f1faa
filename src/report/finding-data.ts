import type { Finding } from './finding.ts';
import { arrayOf, integer, object, oneOf, optional, type Schema, string } from './schema.ts';

/** A finding with the rule that it comes from. */
export interface RankedFinding extends Finding {
  /** `slab.double-free`. */
  readonly rule: string;
}

/** A sentence in every language. */
export function phraseSchema(description: string): Schema {
  return object(description, { en: string('In English.'), zh: string('In Simplified Chinese.') });
}

export function evidenceSchema(description: string): Schema {
  return arrayOf(
    description,
    object('A fact that can be checked.', {
      what: phraseSchema('What the value is.'),
      value: string('As the command prints it.'),
      command: optional(string('A command whose answer holds the value.')),
    }),
  );
}

export const findingsSchema: Schema = arrayOf(
  'What the rules found, most telling first.',
  object('A finding.', {
    rule: string('The rule that it comes from.'),
    severity: oneOf('cause: why the kernel died; suspect: may have led there; context: worth knowing.', [
      'cause',
      'suspect',
      'context',
    ]),
    confidence: oneOf('certain: memory or kernel say so; likely: no other reading fits; possible: one of several.', [
      'certain',
      'likely',
      'possible',
    ]),
    title: phraseSchema('A short name.'),
    sentence: phraseSchema('One plain sentence.'),
    subject: optional(
      object('What is blamed, as far as it is known.', {
        function: optional(string('Function in which it happened.')),
        module: optional(string('Module.')),
        address: optional(string('Address of an object.')),
        type: optional(string('Its type in C.')),
        cache: optional(string('Its slab cache.')),
        pid: optional(integer('Process.')),
      }),
    ),
    evidence: evidenceSchema('What shows it.'),
    against: optional(evidenceSchema('What speaks against it.')),
    settle: optional(arrayOf('What would settle it.', phraseSchema('One way.'))),
    explains: optional(arrayOf('Rules whose findings are symptoms of this.', string('Id of a rule.'))),
  }),
);
