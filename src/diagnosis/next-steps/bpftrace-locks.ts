import { SLEEPING_LOCK } from './rule-kinds.ts';
import type { StepMaker } from './step-facts.ts';
import { TRACE_RISK, TRACE_UNDO } from './trace-words.ts';

/** Who waits long for a mutex, and from where. */
export const bpftraceLocks: StepMaker = function* (facts) {
  const finding = facts.accusing.find((f) => SLEEPING_LOCK.test(f.rule));
  if (!finding) return;
  yield {
    id: 'bpftrace-locks',
    title: { en: 'Trace who waits long for a mutex', zh: '跟踪谁长时间等待互斥锁' },
    why: {
      en: 'Prints each wait of more than a second with its stack, and every 30 seconds who waits still, with the lock that is waited for.',
      zh: '打印每次超过一秒的等待及其调用栈，并每 30 秒列出仍在等待者和所等的锁。',
    },
    texts: [
      {
        place: 'bpftrace',
        text: `kprobe:mutex_lock
{
  @lock[tid] = arg0;
  @since[tid] = nsecs;
}
kretprobe:mutex_lock
/ @since[tid] /
{
  $ms = (nsecs - @since[tid]) / 1000000;
  if ($ms > 1000) {
    printf("%s (%d) waited %d ms for %p %s%s\\n", comm, tid, $ms, @lock[tid], ksym(@lock[tid]), kstack(12));
  }
  delete(@lock[tid]);
  delete(@since[tid]);
}
interval:s:30 { print(@lock); }
END { clear(@lock); clear(@since); }`,
      },
    ],
    cost: {
      en: 'A probe at each mutex: several per cent of CPU time on a busy machine.',
      zh: '每个互斥锁一个探针：繁忙的机器上占百分之几的 CPU 时间。',
    },
    risk: TRACE_RISK,
    undo: TRACE_UNDO,
    rules: [finding.rule],
  };
};
