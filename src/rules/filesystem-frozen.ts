import { hex } from '../base/hex.ts';
import type { Case } from '../diagnosis/case.ts';
import { memberEvidence, present } from '../diagnosis/evidence.ts';
import { longWait } from '../diagnosis/hung-reports.ts';
import type { Rule } from '../diagnosis/rule.ts';
import { callerWords, canDieOfWaiting, taskWords, waitEvidence } from '../diagnosis/wait-evidence.ts';
import { filesystemStates } from '../kernel/filesystem-state.ts';
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
    for (const found of frozenWaits(filesystemStates(of.prog).filesystems, waits, size)) {
      if ((found.waits[0]?.seconds ?? 0) >= longWait(of)) yield finding(of, found);
    }
  },
};

function finding(of: Case, { filesystem, waits }: FrozenWaits): Finding {
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
      en: `${filesystem.type} ${path} (${device}) is frozen (level ${filesystem.frozen}) and was not thawed: ${n} ${n === 1 ? 'task waits' : 'tasks wait'} to write to it, the longest since ${seconds} s: ${who.join(', ')}${n > MOST ? ` and ${n - MOST} more` : ''}.`,
      zh: `${filesystem.type} ${path}（${device}）处于冻结状态（级别 ${filesystem.frozen}）且未解冻：${n} 个任务等待写入，最长已 ${seconds} 秒：${who.join('、')}${n > MOST ? `，另有 ${n - MOST} 个` : ''}。`,
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
    explains: ['wait.hung-task', 'wait.hang', 'panic.asked', 'panic.nmi'],
  };
}
