import { RCU, STUCK } from './rule-kinds.ts';
import { accuses, type StepMaker } from './step-facts.ts';

/** Settings that make the kernel say more, and die while the evidence is fresh, when tasks or CPUs hang. */
export const stuckSysctls: StepMaker = function* (facts) {
  const finding = accuses(facts, STUCK);
  if (!finding) return;
  const lines = [
    'kernel.hung_task_timeout_secs = 60',
    'kernel.hung_task_all_cpu_backtrace = 1',
    'kernel.softlockup_all_cpu_backtrace = 1',
    'kernel.hardlockup_all_cpu_backtrace = 1',
    'kernel.hung_task_panic = 1',
    'kernel.softlockup_panic = 1',
    ...(RCU.test(finding.rule) ? ['kernel.panic_on_rcu_stall = 1'] : []),
  ];
  yield {
    id: 'stuck-sysctls',
    title: { en: 'Make the next hang leave a dump at once', zh: '让下次挂起立即留下转储' },
    why: {
      en: 'The sooner the kernel stops after a hang began, the fewer tasks have piled up behind it, and the holder is still where it was.',
      zh: '挂起开始后内核停得越早，堆积在后面的任务就越少，持有者也还在原处。',
    },
    texts: [
      { place: 'file', text: ['# /etc/sysctl.d/90-hang.conf', ...lines].join('\n') },
      { place: 'shell', text: 'sysctl --system' },
    ],
    risk: {
      en: 'The machine reboots on a hang that it might have survived. Settings that a kernel does not have are refused with a message.',
      zh: '本可挺过的挂起也会使机器重启。内核没有的设置会被拒绝并给出提示。',
    },
    undo: {
      en: 'Delete the file, set the panics to 0 with sysctl.',
      zh: '删除该文件，并用 sysctl 把这些 panic 设为 0。',
    },
    rules: [finding.rule],
  };
};
