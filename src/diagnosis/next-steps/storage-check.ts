import { STORAGE } from './rule-kinds.ts';
import { accuses, type StepMaker } from './step-facts.ts';

/** What the disk and the filesystem say of themselves, before anything is repaired. */
export const storageCheck: StepMaker = function* (facts) {
  const finding = accuses(facts, STORAGE);
  if (!finding) return;
  yield {
    id: 'storage-check',
    title: { en: 'Ask the disk and the filesystem', zh: '检查磁盘与文件系统' },
    why: {
      en: 'The log of the disk, its time-outs and a check that changes nothing tell whether the device, the way to it or the filesystem failed first.',
      zh: '磁盘自身的日志、超时设置以及不作更改的检查，可以说明先出错的是设备、通路还是文件系统。',
    },
    texts: [
      {
        place: 'shell',
        text: 'smartctl -x /dev/sdX\ngrep -H . /sys/block/*/device/timeout\nmultipath -ll\ne2fsck -n /dev/sdX1       # ext4\nxfs_repair -n /dev/sdX1   # XFS',
      },
    ],
    cost: { en: 'A check reads all metadata: minutes to hours.', zh: '检查会读取全部元数据：数分钟到数小时。' },
    risk: {
      en: 'With -n nothing is written. Never check a filesystem that is mounted, and copy the data before a repair.',
      zh: '使用 -n 时不写入任何内容。切勿检查已挂载的文件系统；修复之前先备份数据。',
    },
    undo: { en: 'Nothing is changed.', zh: '不作任何更改。' },
    rules: [finding.rule],
  };
};
