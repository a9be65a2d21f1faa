import { attempt } from '../base/attempt.ts';
import { hex } from '../base/hex.ts';
import type { Phrase } from '../base/phrase.ts';
import type { Case } from '../diagnosis/case.ts';
import { diskWaiters } from '../diagnosis/disk-waiters.ts';
import { memberEvidence, present } from '../diagnosis/evidence.ts';
import { longWait } from '../diagnosis/hung-reports.ts';
import type { Rule } from '../diagnosis/rule.ts';
import { callerWords, canDieOfWaiting, taskWords, waitEvidence } from '../diagnosis/wait-evidence.ts';
import { disks } from '../kernel/block-device.ts';
import { type FilesystemState, filesystemStates } from '../kernel/filesystem-state.ts';
import { type FrozenWaits, frozenWaits } from '../kernel/frozen-waits.ts';
import { waitGraph } from '../kernel/wait-graph.ts';
import type { Finding } from '../report/finding.ts';

const MOST = 4;

/** A file system was frozen and not thawed: whoever writes to it waits. */
export const filesystemFrozen: Rule = {
  id: 'fs.frozen',
  title: 'A file system is frozen',
  source: 'fs/super.c, freeze_super(); fsfreeze(8): snapshots and backups freeze a file system, and have to thaw it',
  *check(of) {
    const waits = waitGraph(of.prog).waits.filter((w) => w.task.state === 'UN');
    if (waits.length === 0) return;
    const size = of.prog.type('super_block').size;
    const { filesystems } = filesystemStates(of.prog);
    for (const found of frozenWaits(filesystems, waits, size)) {
      if ((found.waits[0]?.seconds ?? 0) < longWait(of)) continue;
      const carried = attempt(() => carriedWords(of, found.filesystem, filesystems));
      yield finding(of, found, carried ?? { en: '', zh: '' });
    }
  },
};

/** A loop device whose file is on the frozen file system, and who waits for what is on it. */
function carriedWords(of: Case, frozen: FilesystemState, all: readonly FilesystemState[]): Phrase {
  const inside = (file: string | undefined): boolean =>
    file !== undefined && frozen.paths.some((p) => file.startsWith(p === '/' ? p : `${p}/`));
  for (const other of all) {
    const loop = other.devices.find((d) => inside(d.file));
    const disk = loop && disks(of.prog).disks.find((d) => d.address === loop.disk);
    if (!loop || !disk || other === frozen) continue;
    const { known } = diskWaiters(of.prog, disk);
    const n = known.length;
    const who = known.slice(0, MOST).map((w) => taskWords(w.task));
    const path = other.paths[0] ?? '?';
    return {
      en: ` ${loop.name} with ${path} is a file of it (${loop.file})${n === 0 ? '' : `: ${n} ${n === 1 ? 'task waits' : 'tasks wait'} for that, ${who.join(', ')}`}.`,
      zh: `${loop.name}（挂载于 ${path}）是其中的文件 ${loop.file}${n === 0 ? '' : `：${n} 个任务在等待它：${who.join('、')}`}。`,
    };
  }
  return { en: '', zh: '' };
}

function finding(of: Case, { filesystem, waits }: FrozenWaits, carried: Phrase): Finding {
  const path = filesystem.paths[0] ?? '?';
  const device = filesystem.devices[0]?.name ?? '?';
  const n = waits.length;
  const seconds = Math.floor(waits[0]?.seconds ?? 0);
  const who = waits.slice(0, MOST).map((w) => `${taskWords(w.task)} (${callerWords(w)})`);
  const level = { en: 'its level of freezing: writers wait from 1 on', zh: '其冻结级别：从 1 起写者等待' };
  const state = { en: 'what keeps writers out', zh: '挡住写者的状态' };
  const at = filesystem.superblock;
  return {
    severity: canDieOfWaiting(of.fatal?.kind) ? 'cause' : 'suspect',
    confidence: 'certain',
    title: { en: `Filesystem ${path} is frozen, and its writers wait`, zh: `文件系统 ${path} 已冻结，写者在等待` },
    sentence: {
      en: `${filesystem.type} ${path} (${device}) is frozen (level ${filesystem.frozen}) and was not thawed: ${n} ${n === 1 ? 'task waits' : 'tasks wait'} to write to it, the longest since ${seconds} s: ${who.join(', ')}${n > MOST ? ` and ${n - MOST} more` : ''}.${carried.en}`,
      zh: `${filesystem.type} ${path}（${device}）处于冻结状态（级别 ${filesystem.frozen}）且未解冻：${n} 个任务等待写入，最长已 ${seconds} 秒：${who.join('、')}${n > MOST ? `，另有 ${n - MOST} 个` : ''}。${carried.zh}`,
    },
    subject: { address: hex(at), type: 'struct super_block' },
    evidence: [
      { what: state, value: `frozen (level ${filesystem.frozen})`, command: 'storage' },
      ...present(memberEvidence(of.prog, level, 'super_block', 's_writers.frozen', at)),
      ...waits.slice(0, MOST).flatMap((w) => waitEvidence(of.prog, w).slice(0, 2)),
    ],
    settle: [
      {
        en: `who froze ${path}: a snapshot, a backup, the agent of the hypervisor, fsfreeze -f or a suspended device below it; its log tells why it did not thaw`,
        zh: `是谁冻结了 ${path}：快照、备份、虚拟机代理、fsfreeze -f，或其下被挂起的设备；其日志可说明为何没有解冻`,
      },
    ],
    explains: ['wait.hung-task', 'wait.hang', 'io.slow', 'panic.asked', 'panic.nmi'],
  };
}
