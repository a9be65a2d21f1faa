import type { Case } from '../diagnosis/case.ts';
import { percent, pressure, share, sizeOf } from '../diagnosis/memory-pressure.ts';
import type { Rule } from '../diagnosis/rule.ts';
import { fileUsers } from '../kernel/file-users.ts';
import type { Finding } from '../report/finding.ts';
import { memoryJudgement } from '../report/memory-judgement-data.ts';
import type { MemoryJudgement } from '../report/memory-judgement-schema.ts';
import { type PageCacheData, reportPageCache } from '../report/page-cache-data.ts';

/** A file, or the files of a filesystem in memory, from this part of all memory on. */
const FILE = 0.2;
const IN_MEMORY = 0.3;

const MOST_USERS = 4;

/** One file, or tmpfs, holds a large part of the memory. */
export const pageCachePressure: Rule = {
  id: 'memory.page-cache',
  title: 'One file or tmpfs holds much of the memory',
  source: 'hcache and vmtouch on live machines; shared memory and tmpfs can go to swap only (mm/shmem.c)',
  *check(of: Case): Iterable<Finding> {
    const memory = memoryJudgement(of.prog);
    const { data } = reportPageCache(of.prog);
    const file = data.files[0];
    if (file && share(memory, file.pages) >= FILE) yield fileFinding(of, memory, file);
    const held = memory.balance.held.sharedMemory ?? 0;
    if (share(memory, held) >= IN_MEMORY) yield sharedFinding(memory, held);
  },
};

function fileFinding(of: Case, memory: MemoryJudgement, file: PageCacheData['files'][number]): Finding {
  const name = file.path ?? `inode ${file.number}`;
  const fixed = isInMemory(file.filesystem);
  const size = `${sizeOf(memory, file.pages)} (${percent(share(memory, file.pages))})`;
  const users = fileUsers(of.prog, BigInt(file.inode)).users.slice(0, MOST_USERS);
  const names = users.map(({ task, uses }) => `${task.comm} (pid ${task.pid}, ${uses.join('+')})`).join(', ');
  const used = names === '' ? ', which no process has open' : `, used by ${names}`;
  const usedZh = names === '' ? '（没有进程打开它）' : `（由 ${names} 使用）`;
  return {
    severity: fixed && pressure(memory) !== 'nothing' ? 'suspect' : 'context',
    confidence: 'certain',
    title: { en: 'One file holds much of the memory', zh: '单个文件占用大量内存' },
    sentence: {
      en: `${size} of the memory are pages of ${name}${used}; ${fixed ? 'they can be reclaimed by swapping only' : 'they are given back when memory is needed'}.`,
      zh: `全部内存中有 ${size} 是 ${name} 的页${usedZh}；${fixed ? '它们只能通过交换回收' : '需要内存时会被回收'}。`,
    },
    subject: { address: file.inode, type: 'struct inode' },
    evidence: [
      { what: { en: `pages of ${name}`, zh: `${name} 的页数` }, value: String(file.pages), command: 'memory -f' },
      ...users.map(({ task }) => ({
        what: { en: `process that uses it (pid ${task.pid})`, zh: `使用它的进程（pid ${task.pid}）` },
        value: task.comm,
        command: `fuser ${file.inode.slice(2)}`,
      })),
    ],
  };
}

function isInMemory(filesystem: string): boolean {
  return ['tmpfs', 'rootfs', 'ramfs', 'devtmpfs'].includes(filesystem);
}

function sharedFinding(memory: MemoryJudgement, pages: number): Finding {
  const size = `${sizeOf(memory, pages)} (${percent(share(memory, pages))})`;
  return {
    severity: pressure(memory) === 'nothing' ? 'context' : 'suspect',
    confidence: 'certain',
    title: { en: 'Shared memory and tmpfs hold much of the memory', zh: '共享内存和 tmpfs 占用大量内存' },
    sentence: {
      en: `Shared memory and files in tmpfs hold ${size} of the memory; it can be reclaimed by swapping only, and no process's death gives back a file in tmpfs.`,
      zh: `共享内存和 tmpfs 中的文件占用 ${size} 的内存；它只能通过交换回收，且杀死进程并不会释放 tmpfs 中的文件。`,
    },
    evidence: [
      {
        what: { en: 'shared memory and tmpfs, pages', zh: '共享内存和 tmpfs（页）' },
        value: String(pages),
        command: 'memory',
      },
    ],
  };
}
