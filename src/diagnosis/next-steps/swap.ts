import { formatSize } from '../../report/format-size.ts';
import { SHORT_OF_MEMORY } from './rule-kinds.ts';
import { accuses, type StepMaker } from './step-facts.ts';

const GIB = 2 ** 30;

/** Room for memory that nobody uses, where there is none and memory was short. */
export const swap: StepMaker = function* (facts) {
  const { memory, system } = facts.report;
  if (memory.SwapTotal !== 0 || system.memoryBytes === null) return;
  const free = (memory.MemFree ?? 0) * 1024;
  const finding = accuses(facts, SHORT_OF_MEMORY);
  if (!finding && !(free < system.memoryBytes / 50)) return;
  const size = swapSize(system.memoryBytes);
  const mib = size / 2 ** 20;
  yield {
    id: 'swap',
    title: { en: `Give the machine ${formatSize(size)} of swap`, zh: `给机器 ${formatSize(size)} 交换空间` },
    why: {
      en: `There was no swap: memory of processes that is never touched again could not leave the RAM, so that only file pages and slab objects were left to reclaim. ${formatSize(free)} were free.`,
      zh: `没有交换空间：进程不再触及的内存无法离开内存，只剩文件页与 slab 对象可供回收。当时空闲 ${formatSize(free)}。`,
    },
    texts: [
      {
        place: 'shell',
        text: [
          `fallocate -l ${mib}M /swapfile || dd if=/dev/zero of=/swapfile bs=1M count=${mib}`,
          'chmod 600 /swapfile',
          'mkswap /swapfile',
          'swapon /swapfile',
        ].join('\n'),
      },
      { place: 'file', text: '# /etc/fstab\n/swapfile none swap sw 0 0' },
    ],
    cost: { en: `${formatSize(size)} of disk.`, zh: `${formatSize(size)} 磁盘空间。` },
    risk: {
      en: 'Pages that are swapped out come back slowly. It relieves pressure, it does not mend a bug that pressure uncovers. /tmp is the wrong place: it may be in memory or be emptied.',
      zh: '换出的页换入较慢。它只缓解压力，不能修好由压力暴露的缺陷。不要放在 /tmp：它可能在内存中，也可能被清空。',
    },
    undo: {
      en: 'swapoff /swapfile, rm /swapfile, and take the line out of /etc/fstab.',
      zh: 'swapoff /swapfile，rm /swapfile，并删去 /etc/fstab 中那一行。',
    },
    ...(finding && { rules: [finding.rule] }),
  };
};

/** As much as the RAM on small machines, half of it on larger ones, and never more than 16 GiB. */
function swapSize(memory: number): number {
  const rounded = Math.max(1, Math.round(memory / GIB));
  return (rounded <= 8 ? rounded : Math.min(16, Math.max(8, Math.round(rounded / 2)))) * GIB;
}
