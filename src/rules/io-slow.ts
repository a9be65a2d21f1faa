import { attempt } from '../base/attempt.ts';
import { hex } from '../base/hex.ts';
import type { Phrase } from '../base/phrase.ts';
import type { Case } from '../diagnosis/case.ts';
import { diskWaiters } from '../diagnosis/disk-waiters.ts';
import { logEvidence, memberEvidence, present } from '../diagnosis/evidence.ts';
import { longWait } from '../diagnosis/hung-reports.ts';
import type { Rule } from '../diagnosis/rule.ts';
import { STUCK_SECONDS } from '../diagnosis/stuck-disk.ts';
import { callerWords, canDieOfWaiting, taskWords, waitEvidence } from '../diagnosis/wait-evidence.ts';
import { type Disk, disks } from '../kernel/block-device.ts';
import { diskRequests } from '../kernel/disk-requests.ts';
import { diskStats } from '../kernel/disk-stats.ts';
import { requestAge } from '../kernel/request-facts.ts';
import { vmStat } from '../kernel/vm-stat.ts';
import type { TaskWait } from '../kernel/wait-graph.ts';
import type { Finding } from '../report/finding.ts';
import { formatSize } from '../report/format-size.ts';

const MOST = 3;
/** A disk answers in a thousandth of it. */
const SLOW_SECONDS = 1;

/** Tasks wait long for a disk that does answer, but slowly. */
export const ioSlow: Rule = {
  id: 'io.slow',
  title: 'A disk is too slow for what it has to do',
  source: 'block/blk-core.c, struct disk_stats; Documentation/admin-guide/iostats.rst; kernel/hung_task.c',
  *check(of) {
    for (const disk of attempt(() => disks(of.prog).disks) ?? []) {
      const found = attempt(() => slow(of, disk));
      if (found) yield found;
    }
  },
};

interface Flight {
  readonly address: bigint;
  readonly write: boolean;
  readonly seconds: number;
}

function slow(of: Case, disk: Disk): Finding | undefined {
  const { known } = diskWaiters(of.prog, disk);
  const waits = [...known].sort((a, b) => (b.seconds ?? 0) - (a.seconds ?? 0));
  if ((waits[0]?.seconds ?? 0) < longWait(of)) return undefined;
  const flights = (diskRequests(of.prog, disk, []).requests ?? []).map(({ address, write }): Flight => {
    return { address, write, seconds: requestAge(of.prog, address) ?? 0 };
  });
  flights.sort((a, b) => b.seconds - a.seconds);
  const [oldest] = flights;
  // older ones are not slow: that is another finding
  if (!oldest || oldest.seconds < SLOW_SECONDS || oldest.seconds >= STUCK_SECONDS) return undefined;
  return finding(of, disk, { waits, flights, oldest });
}

interface Slow {
  readonly waits: readonly TaskWait[];
  readonly flights: readonly Flight[];
  readonly oldest: Flight;
}

function finding(of: Case, disk: Disk, { waits, flights, oldest }: Slow): Finding {
  const n = waits.length;
  const since = Math.floor(waits[0]?.seconds ?? 0);
  const who = waits.slice(0, MOST).map((w) => `${taskWords(w.task)} (${callerWords(w)})`);
  const past = pastWords(of, disk, oldest.write);
  const behind = behindWords(of);
  const what = oldest.write ? { en: 'write', zh: '写' } : { en: 'read', zh: '读' };
  const failed = failures(of, disk);
  const tried = failed.length > 0 ? TRIED : { en: '', zh: '' };
  const start = of.prog.findMember('request', 'io_start_time_ns') ? 'io_start_time_ns' : 'start_time_ns';
  const when = { en: 'when the disk got the oldest request, in ns', zh: '磁盘收到最早请求的时刻（纳秒）' };
  return {
    severity: canDieOfWaiting(of.fatal?.kind) ? 'cause' : 'suspect',
    confidence: 'likely',
    title:
      failed.length > 0
        ? { en: `Disk ${disk.name} does not answer: its requests time out`, zh: `磁盘 ${disk.name} 无响应：请求超时` }
        : { en: `Disk ${disk.name} is slow, and tasks wait for it`, zh: `磁盘 ${disk.name} 很慢，任务在等待它` },
    sentence: {
      en: `Disk ${disk.name} works on ${flights.length} ${flights.length === 1 ? 'request' : 'requests'}, the oldest a ${what.en} since ${oldest.seconds.toFixed(1)} s${past.en}${tried.en}; ${n} ${n === 1 ? 'task waits' : 'tasks wait'} for it, the longest since ${since} s: ${who.join(', ')}${n > MOST ? ` and ${n - MOST} more` : ''}.${behind.en}`,
      zh: `磁盘 ${disk.name} 正在处理 ${flights.length} 个请求，最早的${what.zh}请求已 ${oldest.seconds.toFixed(1)} 秒${past.zh}${tried.zh}；${n} 个任务在等待它，最长已 ${since} 秒：${who.join('、')}${n > MOST ? `，另有 ${n - MOST} 个` : ''}。${behind.zh}`,
    },
    subject: { address: hex(oldest.address), type: 'request' },
    evidence: [
      ...failed.slice(-MOST).map((line) => logEvidence(line)),
      ...present(memberEvidence(of.prog, when, 'request', start, oldest.address)),
      ...waits.slice(0, MOST).flatMap((w) => waitEvidence(of.prog, w).slice(0, 2)),
    ],
    settle: [
      ...(failed.length > 0 ? [behindIt(disk)] : []),
      {
        en: `what limits ${disk.name}: its quota on the storage or hypervisor (IOPS, bytes a second), a cgroup's io.max, an array that rebuilds; iostat -x shows its load over time`,
        zh: `是什么限制了 ${disk.name}：存储或虚拟机管理器上的配额（IOPS、带宽）、控制组的 io.max、阵列重建；iostat -x 可持续查看其负载`,
      },
      {
        en: 'Less dirty memory at once (vm.dirty_bytes, vm.dirty_background_bytes) shortens what a sync has to wait for.',
        zh: '减少脏内存（vm.dirty_bytes、vm.dirty_background_bytes）可缩短 sync 的等待。',
      },
    ],
    explains: ['wait.hung-task', 'wait.hang', 'panic.asked', 'panic.nmi'],
  };
}

const TRIED: Phrase = {
  en: ', and others were given up before: the age begins anew with each try',
  zh: '，此前已有请求被放弃：每次重试都重新计时',
};

function behindIt(disk: Disk): Phrase {
  return {
    en: `the log of the storage, the HBA or the hypervisor behind ${disk.name} at the time of the first error`,
    zh: `查看首次出错时 ${disk.name} 后端存储、HBA 或虚拟机管理器的日志`,
  };
}

/** What the kernel said of requests of this disk that it gave up or is tired of. */
function failures(of: Case, disk: Disk): string[] {
  const name = disk.name.replaceAll(/[^\w-]/g, '.'); // damage makes any text of it
  const its = new RegExp(`(?:\\bdev ${name}\\b|\\[${name}\\]|\\bblock ${name}:)`);
  const lines = of.log.map((r) => r.text.split('\n')[0] ?? '');
  return lines.filter((line) => FAILED.test(line) && its.test(line));
}

/** block/blk-core.c, blk_print_req_error(); drivers/scsi/scsi_logging.c; drivers of their own words. */
const FAILED = /I\/O error|DID_TIME_OUT|DID_NO_CONNECT|time(?:d )?-?out|abort|stuck request/i;

/** How long it took for what it has answered. */
function pastWords(of: Case, disk: Disk, write: boolean): Phrase {
  const stats = attempt(() => diskStats(of.prog, disk, write ? 'writes' : 'reads'));
  if (!stats || stats.ios === 0) return { en: '', zh: '' };
  const each = (stats.seconds * 1000) / stats.ios;
  const [ms, size] = [each < 10 ? each.toFixed(1) : String(Math.round(each)), formatSize(stats.bytes)];
  return {
    en: ` (${stats.ios} answered since boot, ${size}, ${ms} ms each)`,
    zh: `（启动以来完成 ${stats.ios} 个，共 ${size}，平均 ${ms} 毫秒）`,
  };
}

/** What has yet to be written. */
function behindWords(of: Case): Phrase {
  const stat = attempt(() => vmStat(of.prog));
  const pages = (stat?.get('NR_FILE_DIRTY') ?? 0) + (stat?.get('NR_WRITEBACK') ?? 0);
  if (pages === 0) return { en: '', zh: '' };
  const size = formatSize(pages * of.prog.pageSize);
  return { en: ` ${size} of dirty pages of the machine have yet to be written.`, zh: `整机尚有 ${size} 脏页待写。` };
}
