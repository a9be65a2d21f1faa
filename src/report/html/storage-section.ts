import { storageBlocks } from '../storage-blocks.ts';
import { withTitlesIn } from '../table-titles.ts';
import { blocksHtml } from './blocks-html.ts';
import type { Section } from './view.ts';

/** Filesystems, what they hang on, their state, and requests in flight. */
export const storageSection: Section = {
  id: 'storage',
  title: { en: 'Storage', zh: '存储' },
  draw({ report, say, language }) {
    const { storage } = report;
    if (storage.filesystems.length === 0 && storage.requests.length === 0) return undefined;
    return blocksHtml(withTitlesIn(storageBlocks(storage, language), language), say(this.title));
  },
};
