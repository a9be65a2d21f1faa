import { hex } from '../base/hex.ts';
import type { Phrase } from '../base/phrase.ts';
import type { Case } from '../diagnosis/case.ts';
import { diskWaiters } from '../diagnosis/disk-waiters.ts';
import { logEvidence } from '../diagnosis/evidence.ts';
import { hungReports, longWait } from '../diagnosis/hung-reports.ts';
import type { Rule } from '../diagnosis/rule.ts';
import { swapOnDisk } from '../diagnosis/swap-on-disk.ts';
import { callerWords, canDieOfWaiting, taskWords, waitEvidence } from '../diagnosis/wait-evidence.ts';
import { type MapperState, mapperStates } from '../kernel/dm-state.ts';
import type { TaskWait } from '../kernel/wait-graph.ts';
import type { Evidence, Finding } from '../report/finding.ts';

const MOST = 3;

/** A device-mapper device holds I/O back: it is suspended, or a multipath device that has lost its paths. */
export const mapperStuck: Rule = {
  id: 'io.mapper',
  title: 'A device of the device mapper holds I/O back',
  source:
    'drivers/md/dm.c, dm_submit_bio() and __dm_suspend(); drivers/md/dm-mpath.c, queue_if_no_path; dmsetup(8), multipath.conf(5), no_path_retry',
  *check(of) {
    for (const state of mapperStates(of.prog)) {
      const lost = state.multipath.some((m) => m.valid === 0 && m.queues);
      if (!state.suspended && !lost) continue;
      const { known, maybe } = diskWaiters(of.prog, state.disk);
      const waits = [...known, ...(state.deferred > 0 || lost ? maybe : [])];
      const since = new Map(waits.map((w) => [w, waitedFor(of, w)]));
      waits.sort((a, b) => (since.get(b) ?? 0) - (since.get(a) ?? 0));
      const longest = since.get(waits[0] as TaskWait) ?? 0;
      if (longest >= longWait(of)) yield finding(of, state, waits, longest);
    }
  },
};

/** Who waits for room looks again every few seconds: the detector of hung tasks knows since when. */
function waitedFor(of: Case, { task, seconds = 0 }: TaskWait): number {
  const told = hungReports(of).find((h) => h.pid === task.pid)?.seconds ?? 0;
  return Math.max(seconds, told);
}

function finding(of: Case, state: MapperState, waits: readonly TaskWait[], longest: number): Finding {
  const { disk, name } = state;
  const device = name === undefined ? disk.name : `${disk.name} (${name})`;
  const why = state.suspended ? suspendedWords(state) : pathWords(state);
  const n = waits.length;
  const seconds = Math.floor(longest);
  const who = waits.slice(0, MOST).map((w) => `${taskWords(w.task)} (${callerWords(w)})`);
  const swap = swapOnDisk(of.prog, disk.name, name);
  const more = n > MOST ? ` and ${n - MOST} more` : '';
  return {
    severity: canDieOfWaiting(of.fatal?.kind) ? 'cause' : 'suspect',
    confidence: state.suspended ? 'certain' : 'likely',
    title: {
      en: `${why.title.en.replace('%', device)}`,
      zh: `${why.title.zh.replace('%', device)}`,
    },
    sentence: {
      en: `Device ${device} ${why.does.en}; ${n} ${n === 1 ? 'task waits' : 'tasks wait'} for its I/O, the longest since ${seconds} s: ${who.join(', ')}${more}.${swap.en}`,
      zh: `设备 ${device} ${why.does.zh}；${n} 个任务在等待其 I/O，最长已 ${seconds} 秒：${who.join('、')}${n > MOST ? `，另有 ${n - MOST} 个` : ''}。${swap.zh}`,
    },
    subject: { address: hex(state.mapped), type: 'struct mapped_device' },
    evidence: [
      { what: { en: 'the device', zh: '设备' }, value: disk.name, command: 'dev -d' },
      ...failedPaths(of, state).map((line) => logEvidence(line)),
      ...waits.slice(0, MOST).flatMap((w): Evidence[] => waitEvidence(of.prog, w).slice(0, 2)),
    ],
    settle: [why.settle],
    explains: ['wait.hung-task', 'wait.hang', 'io.stuck', 'io.slow', 'memory.exhausted', 'panic.asked', 'panic.nmi'],
  };
}

/** `device-mapper: multipath: 253:0: Failing path 8:16.` */
function failedPaths(of: Case, { disk, multipath }: MapperState): string[] {
  if (multipath.length === 0) return [];
  const start = new RegExp(`^device-mapper: multipath: ${disk.major}:${disk.firstMinor}: Failing path`);
  return of.log
    .map((r) => r.text.split('\n')[0] ?? '')
    .filter((line) => start.test(line))
    .slice(-2);
}

interface Why {
  readonly title: Phrase;
  readonly does: Phrase;
  readonly settle: Phrase;
}

function suspendedWords({ name, disk, deferred }: MapperState): Why {
  const held = deferred === 0 ? '' : ` and holds back ${deferred} ${deferred === 1 ? 'bio' : 'bios'}`;
  return {
    title: { en: 'Device % is suspended, and I/O to it waits', zh: '设备 % 已挂起，其 I/O 在等待' },
    does: {
      en: `is suspended${held} until it is resumed`,
      zh: `已挂起${deferred === 0 ? '' : `，压着 ${deferred} 个 bio`}，要等到恢复`,
    },
    settle: {
      en: `who suspended it and did not resume it: lvm (a snapshot, pvmove, a resize), dmsetup, multipathd; on a machine that lives dmsetup resume ${name ?? disk.name} ends the hang`,
      zh: `是谁挂起了它而没有恢复：lvm（快照、pvmove、扩容）、dmsetup、multipathd；在仍运行的机器上 dmsetup resume ${name ?? disk.name} 可解除挂起`,
    },
  };
}

function pathWords({ multipath }: MapperState): Why {
  const known = multipath.flatMap((m) => m.paths ?? []);
  const paths = known.length < multipath.length ? undefined : known.reduce((sum, n) => sum + n, 0);
  const all = paths === undefined ? { en: '', zh: '' } : { en: ` (of ${paths})`, zh: `（共 ${paths} 条）` };
  return {
    title: { en: 'Multipath device % has lost all its paths', zh: '多路径设备 % 的所有路径均已失效' },
    does: {
      en: `has no path that works${all.en}, and queue_if_no_path makes its I/O wait for one instead of failing`,
      zh: `没有可用的路径${all.zh}，而 queue_if_no_path 使其 I/O 等待路径恢复而不是失败`,
    },
    settle: {
      en: 'why the paths failed: the log of the HBA or the iSCSI session and of the fabric at that time; no_path_retry of multipath.conf bounds how long I/O waits',
      zh: '路径为何失效：当时 HBA 或 iSCSI 会话以及存储网络的日志；multipath.conf 的 no_path_retry 限定 I/O 等待多久',
    },
  };
}
