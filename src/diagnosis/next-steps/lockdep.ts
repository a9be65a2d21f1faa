import { LOCK_ORDER } from './rule-kinds.ts';
import type { StepMaker } from './step-facts.ts';

/** The order of all locks checked (Documentation/locking/lockdep-design.rst): names a deadlock before it happens. */
export const lockdep: StepMaker = function* (facts) {
  const finding = facts.accusing.find((f) => LOCK_ORDER.test(f.rule));
  if (!finding || facts.config('CONFIG_PROVE_LOCKING') === 'y' || facts.config('CONFIG_LOCKDEP') === 'y') return;
  yield {
    id: 'lockdep',
    title: { en: 'Test with lockdep', zh: '用 lockdep 测试' },
    why: {
      en: 'A kernel with lockdep reports a wrong order of locks the first time both orders were seen, without the deadlock having to happen.',
      zh: '带 lockdep 的内核在首次见到两种加锁顺序时就报告，而不必真的死锁。',
    },
    texts: [
      { place: 'config', text: 'CONFIG_PROVE_LOCKING=y\nCONFIG_DEBUG_ATOMIC_SLEEP=y\nCONFIG_DETECT_HUNG_TASK=y' },
    ],
    cost: { en: 'Some MB of memory, and locks become several times slower.', zh: '数 MB 内存，加锁慢数倍。' },
    risk: {
      en: 'It is another build of the kernel, for a test machine. Lockdep turns itself off after its first report, whatever that is about.',
      zh: '这是另一个内核构建，用于测试机。lockdep 在首次报告后即自行关闭，不论报告的是什么。',
    },
    undo: { en: 'Boot the old kernel.', zh: '启动原来的内核。' },
    rules: [finding.rule],
  };
};
