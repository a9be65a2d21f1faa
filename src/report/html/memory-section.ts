import type { Phrase } from '../../base/phrase.ts';
import { formatSize } from '../format-size.ts';
import { WORDS } from '../words.ts';
import { type Bar, partsBar } from './bars.ts';
import { html } from './markup.ts';
import type { Section } from './view.ts';

/** Members of the report's memory that are parts of all RAM and do not overlap. */
const PARTS: readonly (readonly [name: string, phrase: Phrase])[] = [
  ['AnonPages', { en: 'memory of processes', zh: '进程内存' }],
  ['Cached', { en: 'page cache', zh: '页缓存' }],
  ['Slab', { en: 'slab', zh: 'slab' }],
  ['MemFree', { en: 'free', zh: '空闲' }],
];

/** Where the RAM went, as a picture. */
export const memorySection: Section = {
  id: 'memory',
  title: WORDS.memory,
  draw({ report, say }) {
    const { memory } = report;
    const total = memory.MemTotal;
    if (total === undefined) return undefined;
    const bars: Bar[] = [];
    for (const [name, phrase] of PARTS) {
      const value = memory[name];
      if (value !== undefined) bars.push({ name: say(phrase), text: formatSize(value * 1024), value });
    }
    const rest = total - bars.reduce((sum, b) => sum + b.value, 0);
    if (rest > 0) bars.splice(-1, 0, { name: say(OTHER), text: formatSize(rest * 1024), value: rest });
    return html`${partsBar(say(whole(total)), bars)}`;
  },
};

const OTHER: Phrase = { en: 'all else of the kernel', zh: '内核其他' };

function whole(total: number): Phrase {
  const size = formatSize(total * 1024);
  return { en: `Where the ${size} of RAM went`, zh: `${size} 内存的去向` };
}
