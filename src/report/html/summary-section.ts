import { contextText, crashPlace, crashTime, cutSentence, noMessage } from '../crash-facts.ts';
import { CONFIDENCE, SEVERITY, topFinding } from '../finding-blocks.ts';
import type { RankedFinding } from '../finding-data.ts';
import { isCutOff } from '../report-draft.ts';
import { kindPhrase, WORDS } from '../words.ts';
import { html, type Markup } from './markup.ts';
import { factList, sentence, type View } from './view.ts';

/** Steps that the first page names. */
const STEPS = 4;

/** The first page: what happened, why, and what to do, for somebody who reads nothing else. */
export function summary(view: View): Markup {
  const { report, say, language } = view;
  const { crash } = report;
  const top = topFinding(report.findings) ?? report.findings[0];
  const kind = say(kindPhrase(crash.kind));
  const title = top ? say(top.title) : kind.charAt(0).toUpperCase() + kind.slice(1);
  const message = crash.message ?? crash.panic ?? say(noMessage(report));
  return html`<section class="hero" id="summary" aria-labelledby="summary-title">
<p class="eyebrow">${say({ en: 'Why did it die?', zh: '死因' })} ${top && findingPills(top, view)}</p>
<h1 id="summary-title">${title}</h1>
${top ? html`<p class="lead">${sentence(say(top.sentence))}</p>` : html`<p class="lead">${say(isCutOff(report, 'findings') ? NOT_ASKED : NO_FINDING)}</p>`}
<p class="quote"><span class="label">${say({ en: 'The kernel said', zh: '内核的原话' })}</span> <code>${message}</code></p>
${report.cut && html`<p class="note">${say(cutSentence(report.cut))}</p>`}${keyFacts(view)}
${firstSteps(view)}
</section>`;

  function keyFacts(of: View): Markup {
    const { system } = of.report;
    const where = crash.function === null ? (crash.pc ?? say(WORDS.unknown)) : crashPlace(crash);
    const facts: [string, Markup | string][] = [
      [say(WORDS.when), crashTime(report, language)],
      [say(WORDS.where), html`<code>${where}</code>`],
    ];
    if (crash.file !== undefined)
      facts.push([say(WORDS.line), html`<code>${`${crash.file}:${crash.line ?? 0}`}</code>`]);
    facts.push([say(WORDS.context), contextText(crash, language)]);
    facts.push([say(WORDS.kernel), system.release ?? say(WORDS.unknown)]);
    if (system.nodename !== null) facts.push([say(WORDS.host), system.nodename]);
    return factList(facts);
  }
}

const NOT_ASKED = {
  en: 'The report was stopped before a rule recognised what happened.',
  zh: '报告在有规则认出发生了什么之前被中止。',
};

const NO_FINDING = {
  en: 'No rule recognises what happened. The pages below hold what the dump tells.',
  zh: '没有规则认出发生了什么。下文是转储所能说明的内容。',
};

/** Severity and confidence as small labels. */
export function findingPills(finding: RankedFinding, { say }: View): Markup {
  return html`<span class="pill ${finding.severity}">${say(SEVERITY[finding.severity])}</span> <span class="pill plain">${say(CONFIDENCE[finding.confidence])}</span>`;
}

function firstSteps({ report, say }: View): Markup | undefined {
  const steps = report.nextSteps ?? [];
  if (steps.length === 0) return undefined;
  return html`<div class="todo"><h2>${say({ en: 'What to do', zh: '怎么办' })}</h2><ol>${steps
    .slice(0, STEPS)
    .map((s) => html`<li><a href="#step-${s.id}">${say(s.title)}</a></li>`)}</ol></div>`;
}
