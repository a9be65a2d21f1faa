import type { Phrase } from '../base/phrase.ts';
import { phraseSchema } from './finding-data.ts';
import { arrayOf, object, oneOf, optional, type Schema, string } from './schema.ts';

/** Where the text of a step belongs. */
export type StepPlace = 'boot' | 'config' | 'shell' | 'file' | 'bpftrace' | 'inquest';

const PLACES: readonly StepPlace[] = ['boot', 'config', 'shell', 'file', 'bpftrace', 'inquest'];

/** Something that a reader may type or set. Nothing of it is ever executed by the program. */
export interface StepText {
  readonly place: StepPlace;
  readonly text: string;
}

/** What to do next, with what it costs and how to take it back. */
export interface NextStep {
  /** `slub-debug`. */
  readonly id: string;
  readonly title: Phrase;
  /** What it will tell or mend. */
  readonly why: Phrase;
  readonly texts: readonly StepText[];
  readonly cost?: Phrase;
  readonly risk: Phrase;
  readonly undo: Phrase;
  /** Rules whose findings ask for it. */
  readonly rules?: readonly string[];
}

export const nextStepsSchema: Schema = arrayOf(
  'What to do next, the most useful first. Nothing of it is executed.',
  object('A step.', {
    id: string('Short name.'),
    title: phraseSchema('What to do.'),
    why: phraseSchema('What it will tell or mend.'),
    texts: arrayOf(
      'What to type or set.',
      object('One piece.', {
        place: oneOf('Where it belongs.', PLACES),
        text: string('The text, maybe of several lines.'),
      }),
    ),
    cost: optional(phraseSchema('What it costs in memory or speed.')),
    risk: phraseSchema('What may go wrong.'),
    undo: phraseSchema('How to take it back.'),
    rules: optional(arrayOf('Rules whose findings ask for it.', string('Id of a rule.'))),
  }),
);
