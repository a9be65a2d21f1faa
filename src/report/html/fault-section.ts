import type { Phrase } from '../../base/phrase.ts';
import type { FaultData, FaultOriginData, FaultStepData } from '../fault-data.ts';
import { CONFIDENCE } from '../finding-blocks.ts';
import { evidenceTable } from './findings-section.ts';
import { html, type Markup } from './markup.ts';
import { factList, folded, type Section, sentence, type View } from './view.ts';

const WORDS = {
  title: { en: 'Why it faulted', zh: '故障原因' },
  end: { en: 'It ends here', zh: '到此为止' },
  value: { en: 'value', zh: '值' },
  now: { en: 'in the dump now', zh: '转储中现为' },
  inlined: { en: 'inlined in', zh: '内联于' },
  check: { en: 'Check it', zh: '核对' },
  object: { en: 'Object', zh: '对象' },
  origin: { en: 'Origin', zh: '来源' },
  cache: { en: 'slab cache', zh: 'slab 缓存' },
} as const satisfies Record<string, Phrase>;

/** The fault followed backwards, one card a step, from the instruction that trapped to where the value came from. */
export const faultSection: Section = {
  id: 'fault',
  title: WORDS.title,
  draw(view) {
    const { fault } = view.report;
    if (!fault) return undefined;
    return html`<p class="lead">${sentence(view.say(fault.summary))}</p>${fault.strands.map((s) => strand(s, view))}${ends(fault, view)}`;
  },
};

function strand({ steps, stopped }: FaultData['strands'][number], view: View): Markup {
  return html`<ol class="chain">${steps.map((s) => html`<li>${step(s, view)}</li>`)}<li class="end">${view.say(WORDS.end)}: ${view.say(stopped)}</li></ol>`;
}

function step(of: FaultStepData, view: View): Markup {
  const { say } = view;
  const code = of.instruction.replaceAll(/\s+/g, ' ').trim();
  const doubt =
    of.confidence === 'certain' ? undefined : html` <span class="pill plain">${say(CONFIDENCE[of.confidence])}</span>`;
  const value =
    of.value !== null &&
    html`<p class="step-value"><code>${of.expression}</code> = <code>${short(of.value)}</code>${of.type !== undefined && html` <span class="tag">${of.type}</span>`}${changed(of, say)}</p>`;
  return html`<p class="step-what">${say(of.what)}${doubt}</p>${value}<p class="step-code"><code>${of.place}</code>${of.module !== null && html` <span class="tag">${of.module}</span>`} <code class="soft">${code}</code>${source(of, say)}</p>${
    of.evidence.length > 0 && folded(say(WORDS.check), evidenceTable(of.evidence, view))
  }`;
}

/** Memory that holds another value by now than the one that was loaded. */
function changed({ readFrom, value }: FaultStepData, say: View['say']): Markup | undefined {
  if (!readFrom || readFrom.now === null || readFrom.now === value) return undefined;
  return html` <span class="tag">${say(WORDS.now)} ${short(readFrom.now)}</span>`;
}

function source({ source: place, function: name }: FaultStepData, say: View['say']): Markup | undefined {
  if (!place) return undefined;
  const chain = [...place.inlined, name].join(`, ${say(WORDS.inlined)} `);
  return html` <span class="at">${place.file}:${place.line}${place.inlined.length > 0 && html`, ${chain}`}</span>`;
}

function ends({ object, origin }: FaultData, { say }: View): Markup | undefined {
  const facts: [string, Markup][] = [];
  if (object) facts.push([say(WORDS.object), originText(object, say)]);
  if (origin && origin.address !== object?.address) facts.push([say(WORDS.origin), originText(origin, say)]);
  return facts.length === 0 ? undefined : factList(facts);
}

function originText({ expression, address, type, cache }: FaultOriginData, say: View['say']): Markup {
  return html`<code>${expression}${address !== null && ` = ${short(address)}`}</code>${type !== undefined && html` <span class="tag">${type}</span>`}${cache !== undefined && html` ${say(WORDS.cache)} <code>${cache}</code>`}`;
}

/** Without the zeros in front. */
function short(value: string): string {
  return value.replace(/^0x0+(?=.)/, '0x');
}
