import type { Language, Phrase } from '../../base/phrase.ts';
import type { CrashReport } from '../crash-report.ts';
import type { ReportPart } from '../report-draft.ts';
import { html, type Markup } from './markup.ts';

/** What a section is drawn from. */
export interface View {
  readonly report: CrashReport;
  readonly language: Language;
  /** A phrase in the language of the page. */
  readonly say: (phrase: Phrase) => string;
}

/** A part of the page; left out when there is nothing to draw. */
export interface Section {
  readonly id: string;
  readonly title: Phrase;
  /** What it draws even when empty; left out of a report that was stopped before it was made. */
  readonly part?: ReportPart;
  draw(view: View): Markup | undefined;
}

export function viewOf(report: CrashReport, language: Language): View {
  return { report, language, say: (phrase) => phrase[language] };
}

/** A sentence in which code stands between backticks, as rules write it. */
export function sentence(text: string): Markup {
  const parts = text.split('`');
  // A backtick without its partner stays what it is.
  if (parts.length % 2 === 0) return html`${text}`;
  return html`${parts.map((part, i) => (i % 2 === 1 ? html`<code>${part}</code>` : part))}`;
}

/** Preformatted text that scrolls in its own box. @param label what it is, for those who cannot see it */
export function codeBox(label: string, content: Markup | readonly Markup[] | string): Markup {
  return html`<pre class="box" tabindex="0" role="group" aria-label="${label}">${content}</pre>`;
}

/** A part that is folded away until it is wanted. */
export function folded(summary: Markup | string, content: Markup | readonly Markup[], open = false): Markup {
  return html`<details${open ? html` open` : ''}><summary>${summary}</summary><div class="inside">${content}</div></details>`;
}

/** Names and values. */
export function factList(facts: readonly (readonly [string, Markup | string])[]): Markup {
  return html`<dl class="facts">${facts.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}

export interface TableColumn {
  readonly title: string;
  readonly numeric?: boolean;
}

/** A table in a box that scrolls. */
export function dataTable(
  label: string,
  columns: readonly TableColumn[],
  rows: readonly (readonly (Markup | string | number)[])[],
): Markup {
  const style = (i: number): Markup | false => columns[i]?.numeric === true && html` class="num"`;
  return html`<div class="scroll" tabindex="0" role="group" aria-label="${label}"><table><thead><tr>${columns.map(
    (c, i) => html`<th scope="col"${style(i)}>${c.title}</th>`,
  )}</tr></thead><tbody>${rows.map(
    (row) => html`<tr>${row.map((cell, i) => html`<td${style(i)}>${cell}</td>`)}</tr>`,
  )}</tbody></table></div>`;
}

/** A command line with a button that copies it. */
export function commandLine(text: string, copy: string): Markup {
  return html`<span class="cmd"><code>${text}</code><button type="button" class="copy" data-copy="${text}" hidden aria-label="${copy}: ${text}">${copy}</button></span>`;
}
