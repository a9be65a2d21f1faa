import type { Phrase } from '../base/phrase.ts';
import { bareName } from './allocator-calls.ts';
import type { Case } from './case.ts';

/** What it means that a function of the kernel found fault with what it was given. */
interface KnownAssertion {
  readonly function: RegExp;
  /** On what the code that traps tests, or on what the kernel said; an entry without it fits whatever it was. */
  readonly when?: RegExp;
  readonly means: Phrase;
}

/** Assertions that drivers run into, of Linux 4.19 to 7.2; the file that has each of them is named. */
const KNOWN: readonly KnownAssertion[] = [
  {
    function: /^free_netdev$/, // net/core/dev.c
    means: {
      en: 'a network device was freed that is still registered: unregister_netdev() comes first',
      zh: '释放了仍处于注册状态的网络设备：应先调用 unregister_netdev()',
    },
  },
  {
    function: /^(?:napi_enable|napi_enable_locked)$/, // net/core/dev.c
    means: {
      en: 'a NAPI context was enabled that is enabled already: each napi_enable() wants a napi_disable() first',
      zh: '对已启用的 NAPI 再次调用了 napi_enable()：须先 napi_disable()',
    },
  },
  {
    function: /^add_timer(?:_on|_local|_global)?$/, // kernel/time/timer.c
    means: {
      en: 'a timer was added that is pending already: mod_timer() is for that',
      zh: '重复添加了仍在等待中的定时器：应使用 mod_timer()',
    },
  },
  {
    function: /^(?:__mod_timer|mod_timer\w*)$/, // kernel/time/timer.c
    when: /function/,
    means: {
      en: 'a timer was started that has no function: it was never set up by timer_setup()',
      zh: '启动了没有回调函数的定时器：从未用 timer_setup() 初始化',
    },
  },
  {
    function: /^(?:__run_timers|expire_timers|call_timer_fn)$/, // kernel/time/timer.c
    means: {
      en: 'a timer fired that has no function: the memory it lies in was freed or zeroed while it was pending',
      zh: '到期的定时器没有回调函数：它所在的内存在等待期间被释放或清零',
    },
  },
  {
    function: /^__queue_work$/, // kernel/workqueue.c
    when: /entry/,
    means: {
      en: 'a work was queued whose list entry is no empty list: it was never set up by INIT_WORK(), or was set up again or freed while it is queued',
      zh: '入队的 work 其链表节点不是空链表：从未用 INIT_WORK() 初始化，或在排队期间被重新初始化或释放',
    },
  },
  {
    function: /^__queue_work$/, // kernel/workqueue.c
    when: /draining|cannot queue|flags|preempt|pcpu_hot|workqueue/i,
    means: {
      en: 'work was queued on a workqueue that is being destroyed or drained',
      zh: '向正在销毁或排空的工作队列提交了 work',
    },
  },
  {
    function: /^smp_call_function_(?:single|many(?:_cond)?|any)$/, // kernel/smp.c
    means: {
      en: 'other CPUs were called with interrupts off, which can deadlock: something before it left them off',
      zh: '在关闭中断的情况下调用其他 CPU，可能死锁：之前有代码未恢复中断',
    },
  },
  {
    function: /^(?:blk_mq_free_request|__blk_mq_end_request|blk_mq_end_request|blk_mq_start_request)$/, // block/blk.h, blk-mq.c
    means: {
      en: 'a request was ended that has ended already: the driver completes it twice',
      zh: '结束了早已结束的请求：驱动重复完成了它',
    },
  },
  {
    function: /^rcu_do_batch$/, // kernel/rcu/tree.c
    means: {
      en: 'there are not as many RCU callbacks as were counted: one was handed to call_rcu() or kfree_rcu() again while it was queued, or its rcu_head was written over',
      zh: 'RCU 回调的数目与计数不符：某个回调在排队期间又被交给 call_rcu() 或 kfree_rcu()，或其 rcu_head 被覆盖',
    },
  },
  {
    function: /^kobject_(?:get|put|add\w*|init\w*)$/, // lib/kobject.c
    means: {
      en: 'a kobject was used that is not initialized, or is initialized again: it may have been released before',
      zh: '使用了未初始化（或重复初始化）的 kobject：它可能早已被释放',
    },
  },
  {
    function: /^(?:local_bh_enable\w*|__local_bh_enable_ip)$/, // kernel/softirq.c
    means: {
      en: 'softirqs were switched on in an interrupt or with interrupts off',
      zh: '在中断中或关闭中断时打开了软中断',
    },
  },
  {
    function: /^(?:vunmap|vfree|__vunmap)$/, // mm/vmalloc.c
    when: /nonexistent|bad address|Trying to/,
    means: {
      en: 'an address was freed that no area of vmalloc begins at',
      zh: '释放的地址不是任何 vmalloc 区域的起点',
    },
  },
  {
    function: /^(?:pskb_expand_head|skb_\w*pull\w*)$/, // net/core/skbuff.c
    when: /users|shared/,
    means: {
      en: 'a socket buffer was changed that others have references to: skb_unshare() comes first',
      zh: '修改了仍被他人引用的 skb：应先 skb_unshare()',
    },
  },
];

/** What the assertion or warning of the function in which it died means; undefined where it is not known. @param said by the kernel */
export function assertionMeaning(of: Case, said?: string): Phrase | undefined {
  const name = bareName(of.site?.symbol ?? '');
  const tested = of.chain?.kind === 'assertion' ? of.chain.expression : '';
  const text = `${tested}\n${said ?? ''}`;
  return KNOWN.find((k) => k.function.test(name) && (k.when?.test(text) ?? true))?.means;
}
