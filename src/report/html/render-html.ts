import type { Language } from '../../base/phrase.ts';
import { crashTitle } from '../crash-facts.ts';
import type { CrashReport } from '../crash-report.ts';
import { isCutOff } from '../report-draft.ts';
import { html, type Markup } from './markup.ts';
import { page } from './page.ts';
import { sections } from './sections.ts';
import { summary } from './summary-section.ts';
import { viewOf } from './view.ts';

/** The report as one HTML file that needs no network. */
export function renderHtml(report: CrashReport, language: Language = 'en'): string {
  const view = viewOf(report, language);
  const parts: { id: string; title: string; content: Markup }[] = [];
  for (const section of sections) {
    if (section.part && isCutOff(report, section.part)) continue;
    const content = section.draw(view);
    if (content) parts.push({ id: section.id, title: view.say(section.title), content });
  }
  const body = parts.map(
    (p) =>
      html`<section id="${p.id}" aria-labelledby="${p.id}-title"><h2 id="${p.id}-title">${p.title}</h2>${p.content}</section>`,
  );
  return page({ title: crashTitle(report, language), language, contents: parts, body: html`${summary(view)}${body}` });
}
