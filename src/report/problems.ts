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

/** The `problems` member of an answer: absent when there are none. */
export function problemsOf(...lists: (readonly Problem[] | undefined)[]): { problems?: ProblemData[] } {
  const problems: ProblemData[] = [];
  for (const list of lists) {
    for (const { what, why } of list ?? []) {
      if (!problems.some((p) => p.what === what && p.why === why)) problems.push({ what, why });
    }
  }
  return problems.length === 0 ? {} : { problems };
}

export function problemBlocks(data: { readonly problems?: readonly ProblemData[] }): Block[] {
  return data.problems
    ? [{ kind: 'lines', lines: data.problems.map((p) => `(not complete: ${p.what}: ${p.why})`) }]
    : [];
}
