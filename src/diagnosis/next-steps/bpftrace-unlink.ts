import type { StepMaker } from './step-facts.ts';
import { TRACE_RISK, TRACE_UNDO } from './trace-words.ts';

const INODES = /inode|dentry/;

/** Which process removes which file: what frees an inode is most often that its file goes. */
export const bpftraceUnlink: StepMaker = function* (facts) {
  const finding = facts.accusing.find((f) => INODES.test(`${f.subject?.cache ?? ''} ${f.subject?.type ?? ''}`));
  if (!finding) return;
  yield {
    id: 'bpftrace-unlink',
    title: { en: 'Trace which process removes files', zh: '跟踪哪个进程删除文件' },
    why: {
      en: 'The object is an inode or a directory entry. Two processes that remove or replace one file at the same time are the first thing to look for.',
      zh: '该对象是 inode 或目录项。首先要看是否有两个进程同时删除或替换同一文件。',
    },
    texts: [
      {
        place: 'bpftrace',
        text: `kprobe:do_unlinkat
{
  printf("%llu %s (pid %d) removes %s\\n", nsecs, comm, pid, str(((struct filename *)arg1)->name));
}
kprobe:do_renameat2
{
  printf("%llu %s (pid %d) renames %s to %s\\n", nsecs, comm, pid,
    str(((struct filename *)arg1)->name), str(((struct filename *)arg3)->name));
}`,
      },
    ],
    cost: { en: 'A line for each file that is removed or renamed.', zh: '每删除或重命名一个文件输出一行。' },
    risk: TRACE_RISK,
    undo: TRACE_UNDO,
    rules: [finding.rule],
  };
};
