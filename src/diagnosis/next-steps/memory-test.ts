import { addBootParameter, UNDO_BOOT } from './boot-parameter.ts';
import { HARDWARE } from './rule-kinds.ts';
import { accuses, type StepMaker } from './step-facts.ts';

/** RAM tested, and the machine's own record of errors read, when a bit looks flipped. */
export const memoryTest: StepMaker = function* (facts) {
  const finding = accuses(facts, HARDWARE);
  if (!finding) return;
  yield {
    id: 'memory-test',
    title: { en: 'Test the memory of the machine', zh: '检测机器内存' },
    why: {
      en: 'One bit that differs is the signature of bad RAM. The BMC and the machine-check log may have counted errors already.',
      zh: '只差一位是内存损坏的特征。BMC 与机器检查日志可能已有错误计数。',
    },
    texts: [
      {
        place: 'shell',
        text: 'ipmitool sel list\nras-mc-ctl --errors\ngrep -r . /sys/devices/system/edac/mc/mc*/*_count',
      },
      { place: 'boot', text: 'memtest=4' },
      { place: 'shell', text: addBootParameter('memtest=4') },
    ],
    cost: { en: 'The boot takes minutes longer for each pass.', zh: '每一遍使启动多花数分钟。' },
    risk: {
      en: 'A test that passes proves little. Take the module out or swap it when the count of errors grows.',
      zh: '测试通过并不能证明什么。若错误计数增长,请拔出或更换内存条。',
    },
    undo: UNDO_BOOT,
    rules: [finding.rule],
  };
};
