import type { Phrase } from '../../base/phrase.ts';
import { waitGraphBlocks } from '../wait-graph-blocks.ts';
import { blocksHtml } from './blocks-html.ts';
import { html } from './markup.ts';
import type { Section } from './view.ts';
import { waitPicture } from './wait-picture.ts';

const TITLE: Phrase = { en: 'Who waits for whom', zh: '谁在等谁' };

/** The wait-for graph as a picture, and the same in words. */
export const waitSection: Section = {
  id: 'waits',
  title: TITLE,
  draw(view) {
    const { waits } = view.report;
    if (waits.waits.length === 0) return undefined;
    return html`${waitPicture(waits, view)}${blocksHtml(waitGraphBlocks(waits, view.language), view.say(TITLE))}`;
  },
};
