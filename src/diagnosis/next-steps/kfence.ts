import { OBJECT_BUG } from './rule-kinds.ts';
import type { StepMaker } from './step-facts.ts';

/** Guard pages around a sample of objects (Documentation/dev-tools/kfence.rst): cheap enough for machines that are in use. */
export const kfence: StepMaker = function* (facts) {
  const finding = facts.accusing.find((f) => OBJECT_BUG.test(f.rule));
  // KASAN checks every object, and reports the same
  if (!finding || facts.config('CONFIG_KFENCE') === 'n' || facts.config('CONFIG_KASAN') === 'y') return;
  yield {
    id: 'kfence',
    title: { en: 'Let KFENCE sample more often', zh: '让 KFENCE 更频繁地采样' },
    why: {
      en: 'KFENCE puts single objects between guard pages. A use after free, double free or overrun of such an object is reported with both stacks at the moment it happens.',
      zh: 'KFENCE 把个别对象放在保护页之间。对这种对象的释放后使用、重复释放或越界，会在发生的瞬间连同两个调用栈一起报告。',
    },
    texts: [
      { place: 'boot', text: 'kfence.sample_interval=10' },
      { place: 'shell', text: 'echo 10 > /sys/module/kfence/parameters/sample_interval' },
      { place: 'config', text: 'CONFIG_KFENCE=y\nCONFIG_KFENCE_NUM_OBJECTS=2000' },
    ],
    cost: {
      en: 'Two pages for each of CONFIG_KFENCE_NUM_OBJECTS (2000: 16 MB with pages of 4 KB), and little time.',
      zh: '每个 CONFIG_KFENCE_NUM_OBJECTS 占两页（2000 个：按 4 KB 页计 16 MB），耗时很少。',
    },
    risk: {
      en: 'It finds only what hits a sampled object: it may take days. Kernels before 5.12 do not have it.',
      zh: '只有命中被采样的对象才能发现：可能要数天。5.12 之前的内核没有它。',
    },
    undo: {
      en: 'echo 100 > /sys/module/kfence/parameters/sample_interval, or take the parameter out and reboot.',
      zh: 'echo 100 > /sys/module/kfence/parameters/sample_interval，或删去参数并重启。',
    },
    rules: [finding.rule],
  };
};
