import { OVERFLOW } from './rule-kinds.ts';
import { accuses, type StepMaker } from './step-facts.ts';

/** The deepest stack since boot with who used it (Documentation/trace/ftrace.rst), when one overflowed. */
export const stackDepth: StepMaker = function* (facts) {
  const finding = accuses(facts, OVERFLOW);
  if (!finding) return;
  yield {
    id: 'stack-depth',
    title: { en: 'Record the deepest stacks', zh: '记录最深的栈' },
    why: {
      en: 'The stack tracer keeps the deepest kernel stack since boot and the bytes that each function takes of it.',
      zh: '栈跟踪器保存启动以来最深的内核栈，以及每个函数占用的字节数。',
    },
    texts: [
      { place: 'shell', text: 'sysctl kernel.stack_tracer_enabled=1\ncat /sys/kernel/tracing/stack_trace' },
      { place: 'config', text: 'CONFIG_STACK_TRACER=y\nCONFIG_VMAP_STACK=y\nCONFIG_SCHED_STACK_END_CHECK=y' },
    ],
    cost: { en: 'Some per cent of CPU time while it is on.', zh: '开启时占百分之几的 CPU 时间。' },
    risk: { en: 'None that is known, but for the time it takes.', zh: '除耗时外没有已知风险。' },
    undo: { en: 'sysctl kernel.stack_tracer_enabled=0', zh: 'sysctl kernel.stack_tracer_enabled=0' },
    rules: [finding.rule],
  };
};
