import { attempt } from '../base/attempt.ts';
import { ipcNamespace, type SharedMemory, sharedMemory } from '../kernel/ipc.ts';
import type { Program } from '../program/program.ts';
import type { MemoryJudgement } from '../report/memory-judgement-schema.ts';
import { reportPageCache } from '../report/page-cache-data.ts';
import { type HeldBy, KEPT, pagesOf } from './held-by.ts';
import { sizeOf } from './memory-pressure.ts';

const TMPFS = ['tmpfs', 'rootfs', 'ramfs', 'devtmpfs'];
/** Part of the shared memory from which on it is that of System V. */
const MOST = 0.5;

/** Shared memory: segments of System V, or files in tmpfs. */
export function sharedHolder(prog: Program, memory: MemoryJudgement, pages: number): HeldBy {
  const segments = attempt(() => sharedMemory(prog, ipcNamespace(prog)).objects) ?? [];
  const resident = segments.reduce((sum, s) => sum + (s.residentPages ?? 0), 0);
  return resident > pages * MOST ? segmentHolder(memory, segments, resident, pages) : fileHolder(prog, pages);
}

function segmentHolder(
  memory: MemoryJudgement,
  segments: readonly SharedMemory[],
  resident: number,
  pages: number,
): HeldBy {
  const lonely = segments.filter((s) => s.attached === 0).length;
  const [first] = [...segments].sort((a, b) => (b.residentPages ?? 0) - (a.residentPages ?? 0));
  const key = `0x${(first?.key ?? 0).toString(16).padStart(8, '0')}`;
  const size = sizeOf(memory, resident);
  return {
    words: {
      en: `shared memory, ${size} of it in ${segments.length} segments of System V, of which nobody has ${lonely} attached (the largest with key ${key}, owner uid ${first?.uid ?? '?'}),`,
      zh: `共享内存（其中 ${size} 在 ${segments.length} 个 System V 共享内存段中，${lonely} 个无人附加；最大的键为 ${key}，所有者 uid 为 ${first?.uid ?? '?'}）`,
    },
    ends: KEPT,
    subject: { ...(first && { address: `0x${first.address.toString(16)}`, type: 'struct shmid_kernel' }) },
    evidence: [
      pagesOf({ en: 'shared memory and tmpfs', zh: '共享内存和 tmpfs' }, pages),
      ...(first
        ? [
            {
              what: { en: 'key of the largest segment', zh: '最大的段的键' },
              value: key.slice(2),
              command: 'ipcs -m',
            },
          ]
        : []),
    ],
    settle: {
      en: 'ipcs -m and ipcs -mp name the segments and who made them; ipcrm -m gives back those that nobody needs. A program has to remove them itself (IPC_RMID).',
      zh: 'ipcs -m 与 ipcs -mp 列出各段及其创建者；ipcrm -m 收回无人需要的段。程序应自行删除它们（IPC_RMID）。',
    },
  };
}

function fileHolder(prog: Program, pages: number): HeldBy {
  const file = attempt(() => reportPageCache(prog).data.files[0]);
  const name = file && TMPFS.includes(file.filesystem) ? file.path : undefined;
  const largest = name ? `, the largest file ${name},` : '';
  return {
    words: {
      en: `shared memory and files in tmpfs${largest}`,
      zh: `共享内存和 tmpfs 文件${name ? `（最大的是 ${name}）` : ''}`,
    },
    ends: KEPT,
    subject: { ...(name && file && { address: file.inode, type: 'struct inode' }) },
    evidence: [
      pagesOf({ en: 'shared memory and tmpfs', zh: '共享内存和 tmpfs' }, pages),
      ...(name && file
        ? [{ what: { en: `pages of ${name}`, zh: `${name} 的页数` }, value: String(file.pages), command: 'memory -f' }]
        : []),
    ],
    settle: {
      en: 'Limit tmpfs by its mount option size=, and see which files in it are needed.',
      zh: '用挂载选项 size= 限制 tmpfs，并检查其中哪些文件是必要的。',
    },
  };
}
