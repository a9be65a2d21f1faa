import { machineFacts } from '../crash-facts.ts';
import { gapTexts } from '../crash-report-blocks.ts';
import { WORDS } from '../words.ts';
import { html } from './markup.ts';
import { dataTable, factList, type Section } from './view.ts';

/** The machine and its kernel. */
export const machineSection: Section = {
  id: 'machine',
  title: WORDS.machine,
  draw: ({ report, language }) => factList(machineFacts(report, language)),
};

/** Modules that taint the kernel. */
export const modulesSection: Section = {
  id: 'modules',
  title: WORDS.modules,
  draw({ report, say }) {
    const { total, tainting } = report.modules;
    if (total === null && tainting.length === 0) return undefined;
    const count = total ?? tainting.length;
    const words = {
      en: `${count} modules are loaded; ${tainting.length} of them taint the kernel. That alone is no proof against them.`,
      zh: `已加载 ${count} 个模块，其中 ${tainting.length} 个污染内核。仅此不足以归咎于它们。`,
    };
    const columns = [
      { title: say(WORDS.modules) },
      { title: say(WORDS.taint) },
      { title: say({ en: 'Version', zh: '版本' }) },
    ];
    const rows = tainting.map((m) => [html`<code>${m.name}</code>`, m.taints, m.version ?? '']);
    return html`<p>${say(words)}</p>${rows.length > 0 && dataTable(say(WORDS.modules), columns, rows)}`;
  },
};

/** What the dump does not tell, and what would add it. */
export const missingSection: Section = {
  id: 'missing',
  title: WORDS.missing,
  draw({ report, language }) {
    const items = gapTexts(report, language);
    return items.length === 0 ? undefined : html`<ul>${items.map((text) => html`<li>${text}</li>`)}</ul>`;
  },
};
