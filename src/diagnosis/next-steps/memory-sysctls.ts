import { RCU, SHORT_OF_MEMORY } from './rule-kinds.ts';
import { accuses, type StepMaker } from './step-facts.ts';

/** Settings that help when memory is short, and two that are often advised and mislead (Documentation/admin-guide/sysctl/vm.rst). */
export const memorySysctls: StepMaker = function* (facts) {
  const finding = accuses(facts, SHORT_OF_MEMORY);
  // memory that a grace period holds up comes back with its end
  if (!finding || RCU.test(facts.accusing[0]?.rule ?? '')) return;
  const total = facts.report.memory.MemTotal;
  // One per cent of RAM, between 64 MiB and 1 GiB.
  const reserve = total === undefined ? 131_072 : Math.round(Math.min(2 ** 20, Math.max(65_536, total / 100)));
  yield {
    id: 'memory-sysctls',
    title: { en: 'Let reclaim begin earlier', zh: '让回收更早开始' },
    why: {
      en: 'A higher min_free_kbytes and watermark_scale_factor wake kswapd while there is still room, so that fewer tasks must reclaim on their own. vm.overcommit_memory=2 does not free a byte: it makes allocations fail that would have gone well. drop_caches throws away what the next read must fetch again.',
      zh: '更高的 min_free_kbytes 与 watermark_scale_factor 让 kswapd 在尚有余地时就被唤醒，需要自行回收的任务更少。vm.overcommit_memory=2 不会释放一个字节：它只会让本可成功的分配失败。drop_caches 丢掉的内容，下次读取时还得再取回。',
    },
    texts: [
      { place: 'shell', text: `sysctl vm.min_free_kbytes=${reserve}\nsysctl vm.watermark_scale_factor=100` },
      {
        place: 'file',
        text: `# /etc/sysctl.d/90-reclaim.conf\nvm.min_free_kbytes = ${reserve}\nvm.watermark_scale_factor = 100`,
      },
    ],
    cost: {
      en: `${reserve} KB are kept free, and about 1 % of memory is reclaimed earlier.`,
      zh: `保持 ${reserve} KB 空闲，约 1 % 的内存会更早被回收。`,
    },
    risk: {
      en: 'min_free_kbytes set far too high starves the machine: not more than a few per cent of memory.',
      zh: 'min_free_kbytes 设得过高会使机器缺内存：不要超过内存的百分之几。',
    },
    undo: {
      en: 'Write the old values back (sysctl -a shows them before the change) and delete the file.',
      zh: '写回原值（更改前用 sysctl -a 查看）并删除该文件。',
    },
    rules: [finding.rule],
  };
};
