import { formatSize } from '../../report/format-size.ts';
import { MEMORY_BUG } from './rule-kinds.ts';
import type { StepMaker } from './step-facts.ts';

/** Every access checked (Documentation/dev-tools/kasan.rst): for a test machine that can reproduce it. */
export const kasan: StepMaker = function* (facts) {
  const finding = facts.accusing.find((f) => MEMORY_BUG.test(f.rule));
  if (!finding || facts.config('CONFIG_KASAN') === 'y') return;
  const { memoryBytes } = facts.report.system;
  const shadow = memoryBytes === null ? undefined : formatSize(memoryBytes / 8);
  yield {
    id: 'kasan',
    title: { en: 'Reproduce it under KASAN', zh: '在 KASAN 下复现' },
    why: {
      en: 'KASAN checks every access of the kernel and reports the first wrong one, with who allocated and who freed the object. It is the surest way where the crash can be provoked.',
      zh: 'KASAN 检查内核的每次访问，报告第一次错误访问以及对象的分配者与释放者。若能复现，这是最可靠的办法。',
    },
    texts: [
      {
        place: 'config',
        text: 'CONFIG_KASAN=y\nCONFIG_KASAN_GENERIC=y\nCONFIG_KASAN_VMALLOC=y\nCONFIG_STACKTRACE=y\nCONFIG_SLUB_DEBUG=y',
      },
      { place: 'boot', text: 'kasan_multi_shot' },
    ],
    cost: {
      en: `An eighth of the memory${shadow === undefined ? '' : ` (${shadow} here)`}, and two to three times the CPU time in the kernel.`,
      zh: `八分之一的内存${shadow === undefined ? '' : `（此机为 ${shadow}）`}，内核 CPU 时间变为两到三倍。`,
    },
    risk: {
      en: 'It is another build of the kernel: modules must be built for it too, and races may show less often.',
      zh: '这是另一个内核构建：模块也须为它重新构建，竞态可能更少出现。',
    },
    undo: { en: 'Boot the old kernel.', zh: '启动原来的内核。' },
    rules: [finding.rule],
  };
};
