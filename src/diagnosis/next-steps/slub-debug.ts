import type { Phrase } from '../../base/phrase.ts';
import { formatSize } from '../../report/format-size.ts';
import { addBootParameter, UNDO_BOOT } from './boot-parameter.ts';
import { MEMORY_BUG } from './rule-kinds.ts';
import { bootParameter, type CacheFacts, SAFE_NAME, type StepFacts, type StepMaker } from './step-facts.ts';

/**
 * The cache of the finding checked at every allocation and free, with who did them (Documentation/mm/slab.rst): U tracks
 * users, F checks, P poisons, Z puts red zones around. One cache alone, since all of them would slow the machine down.
 */
export const slubDebug: StepMaker = function* (facts) {
  const finding = facts.accusing.find((f) => f.subject?.cache !== undefined && MEMORY_BUG.test(f.rule));
  const cache = finding?.subject?.cache;
  if (
    !finding ||
    cache === undefined ||
    !SAFE_NAME.test(cache) ||
    isWatched(facts, cache) ||
    facts.config('CONFIG_SLUB_DEBUG') === 'n' ||
    facts.config('CONFIG_KASAN_GENERIC') === 'y' // it keeps who allocated and who freed, and checks more
  )
    return;
  const parameter = `slub_debug=UFPZ,${cache}`;
  yield {
    id: 'slub-debug',
    title: { en: `Have the kernel watch ${cache}`, zh: `让内核监视 ${cache}` },
    why: {
      en: `With ${parameter} the kernel checks each object of this cache when it is allocated and freed, and keeps who did it: the next crash names both frees.`,
      zh: `加上 ${parameter} 后，内核在分配与释放该缓存的每个对象时都做检查，并记录是谁所为：下次崩溃即可指出两次释放者。`,
    },
    texts: [
      { place: 'boot', text: parameter },
      { place: 'shell', text: addBootParameter(parameter) },
    ],
    cost: costPhrase(facts.cache(cache)),
    risk: {
      en: 'Every allocation and free in this cache becomes slower, and a race may hide behind the changed timing. The kernel needs CONFIG_SLUB_DEBUG.',
      zh: '该缓存的每次分配与释放都会变慢，时序改变也可能掩盖竞态。内核需有 CONFIG_SLUB_DEBUG。',
    },
    undo: UNDO_BOOT,
    rules: [finding.rule],
  };
};

/** Whether the kernel was booted with debugging of the cache already. */
function isWatched(facts: StepFacts, cache: string): boolean {
  const value = bootParameter(facts, 'slub_debug') ?? bootParameter(facts, 'slab_debug');
  if (value === undefined) return false;
  const blocks = value.split(';').map((block) => block.split(','));
  return blocks.some(
    ([flags = '', ...caches]) =>
      (flags === '' || /u/i.test(flags)) &&
      (caches.length === 0 || caches.some((c) => c === cache || (c.endsWith('*') && cache.startsWith(c.slice(0, -1))))),
  );
}

/** Two tracks, a stored free pointer that is no longer within the object, and red zones of a word at both ends. */
function extraBytes(trackSize: number): number {
  return 2 * trackSize + 3 * 8;
}

function costPhrase(cache: CacheFacts | undefined): Phrase {
  if (!cache || cache.trackSize === undefined) {
    return {
      en: 'Some 100 to 350 bytes for each object of the cache.',
      zh: '该缓存的每个对象约增加 100 到 350 字节。',
    };
  }
  const extra = extraBytes(cache.trackSize);
  const total = formatSize(extra * cache.objects);
  return {
    en: `About ${extra} bytes for each object of ${cache.size} bytes: with the ${cache.objects} objects of this dump about ${total}.`,
    zh: `每个 ${cache.size} 字节的对象约增加 ${extra} 字节：按此转储中的 ${cache.objects} 个对象计约 ${total}。`,
  };
}
