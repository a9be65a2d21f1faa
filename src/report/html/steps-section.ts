import type { NextStep } from '../next-step.ts';
import { STEP_PLACES, STEP_WORDS } from '../next-step-words.ts';
import { html, type Markup } from './markup.ts';
import { codeBox, factList, folded, type Section, type View } from './view.ts';

/** What to do next; each step opens to its text, cost, risk and undoing. */
export const stepsSection: Section = {
  id: 'steps',
  title: STEP_WORDS.steps,
  draw(view) {
    const steps = view.report.nextSteps ?? [];
    if (steps.length === 0) return undefined;
    return html`<p class="note">${view.say(NOTHING_DONE)}</p>${steps.map((s, i) => step(s, i, view))}`;
  },
};

const NOTHING_DONE = {
  en: 'These are proposals for a person to judge. Nothing of this has been executed.',
  zh: '以下是供人判断的建议，均未执行。',
};

function step(of: NextStep, index: number, view: View): Markup {
  const { say } = view;
  const facts: [string, string][] = of.cost ? [[say(STEP_WORDS.cost), say(of.cost)]] : [];
  facts.push([say(STEP_WORDS.risk), say(of.risk)], [say(STEP_WORDS.undo), say(of.undo)]);
  const copy = say({ en: 'Copy', zh: '复制' });
  const texts = of.texts.map(({ place, text }) => {
    const name = say(STEP_PLACES[place]);
    return html`<figure class="snippet"><figcaption>${name} <button type="button" class="copy" data-copy="${text}" hidden aria-label="${copy}: ${name}, ${say(of.title)}">${copy}</button></figcaption>${codeBox(`${name}: ${say(of.title)}`, text)}</figure>`;
  });
  return html`<article class="card step" id="step-${of.id}"><h3>${index + 1}. ${say(of.title)}</h3><p>${say(of.why)}</p>${folded(
    say({ en: 'How, cost, risk, undo', zh: '做法、代价、风险、撤销' }),
    html`${texts}${factList(facts)}`,
    index === 0,
  )}</article>`;
}
