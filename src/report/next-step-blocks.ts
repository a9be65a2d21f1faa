import type { Language } from '../base/phrase.ts';
import type { Block } from './block.ts';
import type { NextStep } from './next-step.ts';
import { STEP_PLACES, STEP_WORDS } from './next-step-words.ts';

/** The titles alone, for a first page. */
export function* nextStepTitles(steps: readonly NextStep[], language: Language): Iterable<Block> {
  if (steps.length === 0) return;
  yield { kind: 'heading', text: STEP_WORDS.steps[language] };
  yield { kind: 'list', items: steps.map((step) => step.title[language]) };
}

/** What to do next, each step with its text, cost, risk and undoing. */
export function* nextStepBlocks(steps: readonly NextStep[], language: Language): Iterable<Block> {
  if (steps.length === 0) return;
  yield { kind: 'heading', text: STEP_WORDS.how[language] };
  for (const [i, step] of steps.entries()) {
    yield { kind: 'heading', level: 3, text: `${i + 1}. ${step.title[language]}` };
    yield { kind: 'text', text: step.why[language] };
    for (const { place, text } of step.texts) {
      yield { kind: 'lines', lines: [`# ${STEP_PLACES[place][language]}`, ...text.split('\n')].map((l) => `    ${l}`) };
    }
    yield { kind: 'facts', facts: stepFacts(step, language) };
  }
}

function stepFacts(step: NextStep, language: Language): [string, string][] {
  const facts: [string, string][] = step.cost ? [[STEP_WORDS.cost[language], step.cost[language]]] : [];
  facts.push([STEP_WORDS.risk[language], step.risk[language]], [STEP_WORDS.undo[language], step.undo[language]]);
  return facts;
}
