import { LIFETIME } from './rule-kinds.ts';
import type { StepMaker } from './step-facts.ts';

/** Functions of the kernel that find fault with a timer, a work or a callback of RCU. */
const WORKS = /\b(?:__run_timers|expire_timers|call_timer_fn|add_timer|__mod_timer|__queue_work|rcu_do_batch)\b/;

/** Timers, works and callbacks of RCU followed from their setup to their end (lib/debugobjects.c). */
export const debugObjects: StepMaker = function* (facts) {
  const finding = facts.accusing.find(
    (f) => LIFETIME.test(f.rule) || (/^death\.(?:warning|bug)$|^call\.bad$/.test(f.rule) && WORKS.test(f.title.en)),
  );
  if (!finding || facts.config('CONFIG_DEBUG_OBJECTS_TIMERS') === 'y') return;
  yield {
    id: 'debug-objects',
    title: { en: 'Build with checks of timers and works', zh: '构建时打开定时器与 work 的检查' },
    why: {
      en: 'A kernel with debug objects reports a timer, work or RCU callback that is freed, set up again or leaves its stack while it is pending, when that happens and with who set it up.',
      zh: '带 debug objects 的内核会在定时器、work 或 RCU 回调于等待期间被释放、重新初始化或其所在栈帧返回的当时就报告，并指出由谁设置。',
    },
    texts: [
      {
        place: 'config',
        text: 'CONFIG_DEBUG_OBJECTS=y\nCONFIG_DEBUG_OBJECTS_FREE=y\nCONFIG_DEBUG_OBJECTS_TIMERS=y\nCONFIG_DEBUG_OBJECTS_WORK=y\nCONFIG_DEBUG_OBJECTS_RCU_HEAD=y\nCONFIG_DEBUG_OBJECTS_ENABLE_DEFAULT=1',
      },
    ],
    cost: {
      en: 'Every timer and work is looked up in a hash table: for a test machine.',
      zh: '每个定时器与 work 都要查散列表：用于测试机。',
    },
    risk: {
      en: 'It is another build of the kernel, and its reports stop at the first one of each kind.',
      zh: '这是另一个内核构建，每类问题只报告第一次。',
    },
    undo: { en: 'Boot the old kernel.', zh: '启动原来的内核。' },
    rules: [finding.rule],
  };
};
