import { attempt } from '../base/attempt.ts';
import { hex, hexPad } from '../base/hex.ts';
import type { Case } from '../diagnosis/case.ts';
import { diskWaiters } from '../diagnosis/disk-waiters.ts';
import { memberEvidence, present } from '../diagnosis/evidence.ts';
import { peerEvidence, peerWords } from '../diagnosis/peer-words.ts';
import type { Rule } from '../diagnosis/rule.ts';
import { STUCK_SECONDS, type StuckDisk, stuckDisks } from '../diagnosis/stuck-disk.ts';
import { swapOnDisk } from '../diagnosis/swap-on-disk.ts';
import { callerWords, canDieOfWaiting, taskWords, waitEvidence } from '../diagnosis/wait-evidence.ts';
import type { DiskDriver } from '../kernel/disk-driver.ts';
import { networkDiskPeers } from '../kernel/socket-peer.ts';
import type { TaskWait } from '../kernel/wait-graph.ts';
import type { Evidence, Finding, FindingSubject } from '../report/finding.ts';

const MOST_DISKS = 4;
const MOST_TASKS = 3;

/** A disk has not answered a request for long. */
export const ioStuck: Rule = {
  id: 'io.stuck',
  title: 'A disk does not answer',
  source: 'block/blk-mq.c, blk_mq_check_expired(); include/linux/blkdev.h, BLK_DEFAULT_TIMEOUT',
  *check(of) {
    for (const stuck of stuckDisks(of.prog).slice(0, MOST_DISKS)) yield finding(of, stuck);
  },
};

function finding(of: Case, { disk, request, seconds, stuck, driver }: StuckDisk): Finding {
  const { known, maybe } = diskWaiters(of.prog, disk);
  const waiting = [...known, ...maybe];
  const whole = Math.floor(seconds);
  const what = { en: 'when the disk got the request, in ns', zh: '磁盘收到该请求的时刻（纳秒）' };
  const start = of.prog.findMember('request', 'io_start_time_ns') ? 'io_start_time_ns' : 'start_time_ns';
  const kills = known.length > 0 && canDieOfWaiting(of.fatal?.kind);
  const n = waiting.length;
  const peers = attempt(() => networkDiskPeers(of.prog, disk)) ?? [];
  const peer = peerWords(of.prog, peers);
  const swap = swapOnDisk(of.prog, disk.name);
  return {
    severity: kills ? 'cause' : 'suspect',
    confidence: 'likely',
    title: { en: `Disk ${disk.name} does not answer`, zh: `磁盘 ${disk.name} 无响应` },
    sentence: {
      en: `Disk ${disk.name} has not answered ${stuck} ${stuck === 1 ? 'request' : 'requests'} for more than ${STUCK_SECONDS} s, the oldest a ${request.write ? 'write' : 'read'} since ${whole} s; ${n} ${n === 1 ? 'task waits' : 'tasks wait'} for I/O, ${known.length} of them surely for this disk's${driver ? `. Its driver takes requests in ${nameOf(driver)}` : ''}.${peer.en}${swap.en}`,
      zh: `磁盘 ${disk.name} 有 ${stuck} 个请求超过 ${STUCK_SECONDS} 秒未完成，最早的${request.write ? '写' : '读'}请求已 ${whole} 秒；${n} 个任务在等待 I/O，其中 ${known.length} 个可确定在等该磁盘${driver ? `。其驱动以 ${nameOf(driver)} 接收请求` : ''}。${peer.zh}${swap.zh}`,
    },
    subject: { address: hex(request.address), type: 'request', ...(driver && foreign(of, driver)) },
    evidence: [
      ...present(memberEvidence(of.prog, what, 'request', start, request.address)),
      ...(driver ? [driverEvidence(driver)] : []),
      ...peerEvidence(peers),
      ...waiting.slice(0, MOST_TASKS).flatMap((w) => taskEvidence(of, w)),
    ],
    settle: [
      {
        en: `the log of the storage or hypervisor behind ${disk.name} at that time`,
        zh: `查看当时 ${disk.name} 后端存储或虚拟机管理器的日志`,
      },
    ],
    explains: ['wait.hung-task', 'panic.asked', 'panic.nmi'],
  };
}

function taskEvidence(of: Case, wait: TaskWait): Evidence[] {
  if (wait.resource) return waitEvidence(of.prog, wait).slice(0, 2);
  const who = `${taskWords(wait.task)}, ${callerWords(wait)}`;
  const what = { en: `${who} waits for I/O in this function`, zh: `${who} 在此函数中等待 I/O` };
  return [{ what, value: wait.site.function, command: `bt ${wait.task.pid}` }];
}

function nameOf({ function: name, module }: DiskDriver): string {
  return module === undefined ? name : `${name} [${module}]`;
}

function driverEvidence({ function: name, word }: DiskDriver): Evidence {
  const what = { en: 'the function of its driver that takes requests', zh: '其驱动接收请求的函数' };
  return { what, value: name, command: `rd -s ${hexPad(word)}` };
}

/** A driver of the kernel's own hands on what the storage does not answer; one from elsewhere may be the one that loses it. */
function foreign(of: Case, { function: name, module }: DiskDriver): FindingSubject {
  const taints = of.modules.modules.find((m) => m.name === module)?.taints ?? '';
  return module !== undefined && taints !== '' ? { function: name, module } : {};
}
