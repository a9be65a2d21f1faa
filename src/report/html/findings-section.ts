import type { Evidence } from '../finding.ts';
import { FINDING_WORDS } from '../finding-blocks.ts';
import type { RankedFinding } from '../finding-data.ts';
import { html, type Markup } from './markup.ts';
import { findingPills } from './summary-section.ts';
import { commandLine, dataTable, folded, type Section, sentence, type View } from './view.ts';

/** What the rules found, with the evidence and the commands that print it. */
export const findingsSection: Section = {
  id: 'findings',
  title: FINDING_WORDS.findings,
  draw(view) {
    const { findings } = view.report;
    return findings.length === 0 ? undefined : html`${findings.map((f, i) => finding(f, i, view))}`;
  },
};

function finding(of: RankedFinding, index: number, view: View): Markup {
  const { say } = view;
  return html`<article class="card finding ${of.severity}">
<h3>${index + 1}. ${say(of.title)}</h3>
<p class="pills">${findingPills(of, view)} <span class="rule">${of.rule}</span></p>
<p>${sentence(say(of.sentence))}</p>
${
  of.evidence.length > 0 &&
  folded(counted(say({ en: 'Evidence', zh: '证据' }), of.evidence), evidenceTable(of.evidence, view), index === 0)
}${
  of.against &&
  of.against.length > 0 &&
  folded(counted(say(FINDING_WORDS.against), of.against), evidenceTable(of.against, view))
}${
  of.settle &&
  of.settle.length > 0 &&
  folded(
    counted(say(FINDING_WORDS.settle), of.settle),
    html`<ul>${of.settle.map((s) => html`<li>${sentence(say(s))}</li>`)}</ul>`,
  )
}
</article>`;
}

function counted(name: string, list: readonly unknown[]): string {
  return `${name} (${list.length})`;
}

/** Facts with their values and the commands that print them. */
export function evidenceTable(facts: readonly Evidence[], { say }: View): Markup {
  const copy = say({ en: 'Copy', zh: '复制' });
  const columns = [
    { title: say({ en: 'Fact', zh: '事实' }) },
    { title: say({ en: 'Value', zh: '值' }) },
    { title: say({ en: 'Command that prints it', zh: '打印它的命令' }) },
  ];
  const rows = facts.map((e) => [
    sentence(say(e.what)),
    html`<code>${e.value}</code>`,
    e.command === undefined ? '' : commandLine(e.command, copy),
  ]);
  return dataTable(say({ en: 'Evidence', zh: '证据' }), columns, rows);
}
