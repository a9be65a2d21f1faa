import type { Phrase } from '../../base/phrase.ts';
import type { ExaminedObjectData, FreeListData } from '../examined-object-data.ts';
import { evidenceTable } from './findings-section.ts';
import { html, type Markup } from './markup.ts';
import { folded, type Section, sentence, type View } from './view.ts';

/** Objects of a free list that are drawn around the one that is meant. */
const SHOWN = 8;

/** What the dying code worked with: each object with its state, its free list and its neighbours. */
export const objectsSection: Section = {
  id: 'objects',
  title: { en: 'Objects that the dying code worked with', zh: '出错代码所使用的对象' },
  draw(view) {
    const { objects } = view.report;
    return objects.length === 0 ? undefined : html`${objects.map((o) => object(o, view))}`;
  },
};

function object(of: ExaminedObjectData, view: View): Markup {
  const { say } = view;
  const lists = of.lists.filter((l) => l.objects.length > 0 || l.broken !== undefined);
  const standing = of.allocated === undefined ? undefined : of.allocated ? ALLOCATED : FREE;
  return html`<article class="card"><h3>${sentence(say(of.name))}</h3>
<p class="pills"><code>${short(of.address)}</code>${standing && html` <span class="pill ${standing.style}">${say(standing.words)}</span>`}${of.type !== null && html` <span class="tag">${of.type}</span>`}${of.cache !== null && html` <span class="tag">${of.cache}</span>`}</p>
<p>${sentence(say(of.state))} <span class="at">${say({ en: 'Reached by', zh: '来自' })} ${of.from.map((f, i) => html`${i > 0 && ', '}<code>${f}</code>`)}</span></p>
${neighbours(of, view)}${lists.map((l) => freeList(l, of.address, view))}${of.evidence.length > 0 && folded(`${say({ en: 'Evidence', zh: '证据' })} (${of.evidence.length})`, evidenceTable(of.evidence, view))}</article>`;
}

const ALLOCATED = { style: 'good', words: { en: 'allocated', zh: '已分配' } } as const;
const FREE = { style: 'suspect', words: { en: 'free', zh: '空闲' } } as const;

/** The objects beside it in its slab, in their order. */
function neighbours({ address, allocated, neighbours: others }: ExaminedObjectData, { say }: View): Markup | undefined {
  if (others.length === 0) return undefined;
  const all = [...others, { address, allocated: allocated ?? true }].sort((a, b) => (a.address < b.address ? -1 : 1));
  const cells = all.map((o) => {
    const own = o.address === address;
    return html`<li class="cell ${o.allocated ? 'held' : 'free'}${own ? ' own' : ''}"><code>${tail(o.address)}</code><span>${say((o.allocated ? ALLOCATED : FREE).words)}</span></li>`;
  });
  return html`<p class="label">${say({ en: 'Around it in its slab', zh: '在 slab 中的前后对象' })}</p><ul class="cells">${cells}</ul>`;
}

const LISTS: Readonly<Record<FreeListData['kind'], Phrase>> = {
  slab: { en: 'Free list of the slab', zh: 'slab 的空闲链表' },
  cpu: { en: 'Free list of CPU', zh: '空闲链表，CPU' },
  sheaf: { en: 'Sheaf of free objects', zh: '空闲对象的 sheaf' },
};

function freeList(list: FreeListData, address: string, { say }: View): Markup {
  const at = Math.max(0, list.objects.indexOf(address) - 2);
  const part = list.objects.slice(at, at + SHOWN);
  const more = list.objects.length - at - part.length;
  const cells = part.map((o) => html`<li class="cell free${o === address ? ' own' : ''}"><code>${tail(o)}</code></li>`);
  const name = `${say(LISTS[list.kind])}${list.where === null ? '' : ` ${list.where}`}`;
  const before = at > 0 && html`<li class="more">+${at}</li>`;
  const after = more > 0 && html`<li class="more">+${more}</li>`;
  return html`<p class="label">${name}</p><ul class="cells linked">${before}${cells}${after}${list.broken !== undefined && html`<li class="cell broken">${list.broken}</li>`}</ul>`;
}

/** Objects of one slab differ in their last digits only. */
function tail(address: string): string {
  return `\u2026${address.slice(-6)}`;
}

function short(address: string): string {
  return address.replace(/^0x0+(?=.)/, '0x');
}
