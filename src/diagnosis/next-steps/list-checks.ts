import { DAMAGE } from './rule-kinds.ts';
import type { StepMaker } from './step-facts.ts';

/** Checks that are cheap enough for production and turn silent damage into a report at its place. */
export const listChecks: StepMaker = function* (facts) {
  const finding = facts.accusing.find((f) => DAMAGE.test(f.rule));
  if (!finding || facts.config('CONFIG_DEBUG_LIST') === 'y') return;
  yield {
    id: 'list-checks',
    title: { en: 'Build with checks of lists', zh: '构建时打开链表检查' },
    why: {
      en: 'With these options the kernel checks every insertion and removal, and stops at the first wrong one instead of much later.',
      zh: '打开这些选项后，内核检查每次插入与删除，在第一次出错时就停下，而不是很久以后。',
    },
    texts: [
      {
        place: 'config',
        text: 'CONFIG_DEBUG_LIST=y\nCONFIG_BUG_ON_DATA_CORRUPTION=y\nCONFIG_SLAB_FREELIST_HARDENED=y\nCONFIG_INIT_ON_FREE_DEFAULT_ON=y',
      },
      { place: 'boot', text: 'init_on_free=1' },
    ],
    cost: {
      en: 'A few per cent of the time in the kernel; init_on_free clears all freed memory.',
      zh: '内核时间的百分之几；init_on_free 会清零所有被释放的内存。',
    },
    risk: {
      en: 'Damage that went unnoticed before now stops the machine.',
      zh: '以前没被察觉的损坏现在会使机器停下。',
    },
    undo: { en: 'Boot the old kernel.', zh: '启动原来的内核。' },
    rules: [finding.rule],
  };
};
