import type { Problem } from '../program/ports.ts';
import type { Block } from './block.ts';
import { arrayOf, object, type Schema, string } from './schema.ts';

/** What could not be read, beside an answer that is the poorer for it. */
export interface ProblemData {
  readonly what: string;
  readonly why: string;
}

export const problemsSchema: Schema = arrayOf(
  'What could not be read; absent when nothing was missed.',
  object('One gap.', { what: string('What was being read.'), why: string('Why it could not be.') }),
);

/** A damaged CPU mask alone gives thousands; nobody reads them, and the first ones tell what is wrong. */
const MOST = 50;

/** The `problems` member of an answer, each one once and not more than a reader can use: absent when there are none. */
export function problemsOf(...lists: (readonly Problem[] | undefined)[]): { problems?: ProblemData[] } {
  const problems: ProblemData[] = [];
  const seen = new Set<string>();
  for (const list of lists) {
    for (const { what, why } of list ?? []) {
      const key = `${what}\n${why}`;
      if (seen.has(key)) continue;
      seen.add(key);
      if (problems.length < MOST) problems.push({ what, why });
    }
  }
  const more = seen.size - problems.length;
  if (more > 0) problems.push({ what: 'further gaps', why: `${more} more are not listed` });
  return problems.length === 0 ? {} : { problems };
}

export function problemBlocks(data: { readonly problems?: readonly ProblemData[] }): Block[] {
  return data.problems
    ? [{ kind: 'lines', lines: data.problems.map((p) => `(not complete: ${p.what}: ${p.why})`) }]
    : [];
}
