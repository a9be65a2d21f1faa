import type { Phrase } from '../base/phrase.ts';
import type { StepPlace } from './next-step.ts';

export const STEP_WORDS = {
  steps: { en: 'What to do next', zh: '下一步' },
  how: { en: 'How to do it', zh: '具体做法' },
  cost: { en: 'Cost', zh: '代价' },
  risk: { en: 'Risk', zh: '风险' },
  undo: { en: 'Undo', zh: '撤销' },
} as const satisfies Record<string, Phrase>;

export const STEP_PLACES: Readonly<Record<StepPlace, Phrase>> = {
  boot: { en: 'kernel command line', zh: '内核命令行' },
  config: { en: 'kernel configuration', zh: '内核配置' },
  shell: { en: 'as root', zh: '以 root 执行' },
  file: { en: 'file', zh: '文件' },
  bpftrace: { en: 'bpftrace program', zh: 'bpftrace 程序' },
  inquest: { en: 'inquest', zh: 'inquest' },
};
