import type { Phrase } from '../base/phrase.ts';
import { findingsSchema, phraseSchema, type RankedFinding } from './finding-data.ts';
import { arrayOf, integer, nullable, number, object, type Schema, string } from './schema.ts';

/** One of the deaths that are compared. */
export interface ComparedDump {
  readonly name: string;
  readonly release: string | null;
  readonly kind: string | null;
  readonly function: string | null;
  /** Title of the first cause that was found. */
  readonly cause: Phrase | null;
  /** Functions from the place of the death outwards. */
  readonly signature: readonly string[];
  readonly freeKiB: number | null;
  readonly uptimeSeconds: number | null;
}

/** Deaths that have one cause, as far as their reports tell. */
export interface DeathGroup {
  readonly title: Phrase;
  /** Indices in `dumps`. */
  readonly members: readonly number[];
  readonly reasons: readonly Phrase[];
  /** Functions that stand in all of their stacks. */
  readonly functions: readonly string[];
}

export interface ComparedFact {
  readonly what: Phrase;
  /** In the order of `dumps`; null where it is not known. */
  readonly values: readonly (string | null)[];
}

/** Several deaths held beside each other. */
export interface Comparison {
  readonly dumps: readonly ComparedDump[];
  readonly groups: readonly DeathGroup[];
  /** What all of them together tell. */
  readonly findings: readonly RankedFinding[];
  readonly common: readonly ComparedFact[];
  readonly different: readonly ComparedFact[];
}

const fact = object('A fact.', {
  what: phraseSchema('What is compared.'),
  values: arrayOf('In the order of dumps.', nullable(string('Value; null where it is not known.'))),
});

export const comparisonSchema: Schema = object('Several deaths held beside each other.', {
  dumps: arrayOf(
    'The deaths.',
    object('One.', {
      name: string('What it is called here.'),
      release: nullable(string('Kernel release.')),
      kind: nullable(string('What kind of death.')),
      function: nullable(string('Function in which it died.')),
      cause: nullable(phraseSchema('Title of the first cause that was found.')),
      signature: arrayOf('Functions from the place of the death outwards.', string('Name.')),
      freeKiB: nullable(integer('Free memory in KiB.')),
      uptimeSeconds: nullable(number('Seconds since boot.')),
    }),
  ),
  groups: arrayOf(
    'Deaths that have one cause, as far as their reports tell; the largest group first.',
    object('A group.', {
      title: phraseSchema('What it is.'),
      members: arrayOf('Which.', integer('Index in dumps, from 0.')),
      reasons: arrayOf('Why they are taken for one.', phraseSchema('A reason.')),
      functions: arrayOf('Functions that stand in all of their stacks.', string('Name.')),
    }),
  ),
  findings: findingsSchema,
  common: arrayOf('What is the same in all.', fact),
  different: arrayOf('What differs.', fact),
});
