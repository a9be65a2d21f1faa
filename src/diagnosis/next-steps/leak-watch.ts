import { LEAK, RCU } from './rule-kinds.ts';
import { accuses, type StepMaker } from './step-facts.ts';

/** Who keeps memory that nobody points to (Documentation/dev-tools/kmemleak.rst), and how the caches grow. */
export const leakWatch: StepMaker = function* (facts) {
  const finding = accuses(facts, LEAK);
  // memory that a grace period holds up comes back with its end
  if (!finding || RCU.test(facts.accusing[0]?.rule ?? '')) return;
  yield {
    id: 'leak-watch',
    title: { en: 'Watch what grows', zh: '观察什么在增长' },
    why: {
      en: 'Two readings an hour apart tell which cache or counter grows for ever. kmemleak then names the stacks that allocated what nobody points to any more.',
      zh: '相隔一小时读两次，即可看出哪个缓存或计数只增不减。kmemleak 再给出分配了已无人引用的内存的调用栈。',
    },
    texts: [
      { place: 'shell', text: 'sort -rnk3 /proc/slabinfo | head -30\ngrep -v " 0 kB" /proc/meminfo' },
      { place: 'config', text: 'CONFIG_DEBUG_KMEMLEAK=y' },
      { place: 'boot', text: 'kmemleak=on' },
      { place: 'shell', text: 'echo scan > /sys/kernel/debug/kmemleak; cat /sys/kernel/debug/kmemleak' },
    ],
    cost: {
      en: 'Reading costs nothing. kmemleak keeps a record for each allocation and scans all memory every 10 minutes.',
      zh: '读取没有代价。kmemleak 为每次分配保存一条记录，并每 10 分钟扫描全部内存。',
    },
    risk: {
      en: 'kmemleak is for test machines; it may report what is no leak. Pages that are taken directly are not in it: page_owner has them.',
      zh: 'kmemleak 用于测试机；它可能误报。直接取得的页不在其中：那些由 page_owner 记录。',
    },
    undo: { en: 'Boot without kmemleak=on.', zh: '启动时去掉 kmemleak=on。' },
    rules: [finding.rule],
  };
};
