import type { Phrase } from '../base/phrase.ts';
import { phraseSchema } from './finding-data.ts';
import { arrayOf, boolean, integer, nullable, object, optional, type Schema, string } from './schema.ts';

/** A commit that may mend a death. */
export interface FixCandidate {
  readonly hash: string;
  readonly subject: string;
  readonly dateSeconds: number;
  /** For comparison within one answer only. */
  readonly score: number;
  readonly reasons: readonly Phrase[];
  /** Functions that it changes. */
  readonly functions: readonly string[];
  readonly fixes: readonly { readonly hash: string; readonly inDump: boolean }[];
  readonly stable: boolean;
  /** First tag that has it. */
  readonly firstIn?: string;
  /** Copies of it in stable branches of the repository. */
  readonly backports?: readonly { readonly hash: string; readonly firstIn: string | null }[];
  /** Commits that mend this one: they must be taken with it. */
  readonly followedBy?: readonly { readonly hash: string; readonly subject: string }[];
}

/** Commits between a dump's kernel and the head of a tree that may mend a death. */
export interface FixesData {
  readonly release: string | null;
  /** What of the repository stands for the dump's kernel. */
  readonly base: string;
  readonly head: string;
  /** Why the answer may be wrong. */
  readonly doubts: readonly Phrase[];
  readonly functions: readonly { readonly name: string; readonly weight: number; readonly file: string | null }[];
  /** Commits that were looked at. */
  readonly examined: number;
  /** Of these, copies of which the dump's kernel has already. */
  readonly present: number;
  readonly fixes: readonly FixCandidate[];
}

export const fixesSchema: Schema = object('Commits that may mend a death.', {
  release: nullable(string("Release of the dump's kernel.")),
  base: string("Tag or commit that stands for the dump's kernel."),
  head: string('Commit up to which was looked.'),
  doubts: arrayOf('Why the answer may be wrong.', phraseSchema('A reason.')),
  functions: arrayOf(
    'Functions that were looked for.',
    object('A function.', {
      name: string('Name.'),
      weight: integer('10 where it is blamed most.'),
      file: nullable(string('File that defines it; null when the tree has none.')),
    }),
  ),
  examined: integer('Commits that were looked at.'),
  present: integer("Of these, how many the dump's kernel has as copies already."),
  fixes: arrayOf(
    'The most promising first.',
    object('A commit.', {
      hash: string('Its hash.'),
      subject: string('First line of its message.'),
      dateSeconds: integer('Seconds since the epoch.'),
      score: integer('For comparison within this answer only.'),
      reasons: arrayOf('Why it is here.', phraseSchema('A reason.')),
      functions: arrayOf('Functions that it changes.', string('Name.')),
      fixes: arrayOf(
        'What it says it fixes.',
        object('A commit.', { hash: string('Its hash.'), inDump: boolean("Whether the dump's kernel has it.") }),
      ),
      stable: boolean('Whether it is meant for stable kernels.'),
      firstIn: optional(string('First tag that has it.')),
      backports: optional(
        arrayOf(
          'Copies of it in other branches.',
          object('A commit.', { hash: string('Its hash.'), firstIn: nullable(string('First tag that has it.')) }),
        ),
      ),
      followedBy: optional(
        arrayOf(
          'Commits that mend this one.',
          object('A commit.', { hash: string('Its hash.'), subject: string('First line of its message.') }),
        ),
      ),
    }),
  ),
});
