import type { Phrase } from '../../base/phrase.ts';

export const TRACE_RISK: Phrase = {
  en: 'Probes slow down what they watch. Run it on one machine first; the kernel needs BTF or its headers.',
  zh: '探针会拖慢被监视的代码。请先在一台机器上运行；内核需有 BTF 或其头文件。',
};

export const TRACE_UNDO: Phrase = {
  en: 'Ctrl-C ends it and leaves nothing behind.',
  zh: 'Ctrl-C 即可结束，不留痕迹。',
};
