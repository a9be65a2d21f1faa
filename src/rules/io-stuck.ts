import { attempt } from '../base/attempt.ts';
import { hex } from '../base/hex.ts';
import { addrAdd } from '../base/u64.ts';
import type { Case } from '../diagnosis/case.ts';
import { memberEvidence, present } from '../diagnosis/evidence.ts';
import type { Rule } from '../diagnosis/rule.ts';
import { callerWords, taskWords, waitEvidence } from '../diagnosis/wait-evidence.ts';
import { type Disk, disks } from '../kernel/block-device.ts';
import { diskRequests, type InFlightRequest } from '../kernel/disk-requests.ts';
import { kernelTime } from '../kernel/timekeeping.ts';
import { type TaskWait, waitGraph } from '../kernel/wait-graph.ts';
import type { Finding } from '../report/finding.ts';

/** How long a request may take by default (BLK_DEFAULT_TIMEOUT); a disk answers in a thousandth of it. */
const STUCK_SECONDS = 30;
const MOST_DISKS = 4;
const MOST_TASKS = 3;
/** Waits that the end of a request ends. */
const FOR_IO = new Set(['page', 'bit', 'request']);

/** A disk has not answered a request for long. */
export const ioStuck: Rule = {
  id: 'io.stuck',
  title: 'A disk does not answer',
  source: 'block/blk-mq.c, blk_mq_check_expired(); include/linux/blkdev.h, BLK_DEFAULT_TIMEOUT',
  *check(of) {
    let count = 0;
    for (const disk of disks(of.prog).disks) {
      const found = attempt(() => oldest(of, disk));
      if (!found || found.seconds < STUCK_SECONDS) continue;
      yield finding(of, disk, found);
      if (++count === MOST_DISKS) return;
    }
  },
};

interface Oldest {
  readonly request: InFlightRequest;
  readonly seconds: number;
  readonly stuck: number;
}

function oldest(of: Case, disk: Disk): Oldest | undefined {
  const now = kernelTime(of.prog).monotonicSeconds;
  const ages = (diskRequests(of.prog, disk, []).requests ?? []).flatMap((request) => {
    const start = startOf(of, request);
    return start === undefined ? [] : [{ request, seconds: now - start }];
  });
  const first = ages.sort((a, b) => b.seconds - a.seconds)[0];
  return first && { ...first, stuck: ages.filter((a) => a.seconds >= STUCK_SECONDS).length };
}

/** When the device got it, of the monotonic clock. */
function startOf(of: Case, { address }: InFlightRequest): number | undefined {
  for (const member of ['io_start_time_ns', 'start_time_ns']) {
    const place = of.prog.findMember('request', member);
    const value = place ? of.prog.memory.u64(addrAdd(address, place.offset)) : 0n;
    if (value !== 0n) return Number(value) / 1e9;
  }
  return undefined;
}

function finding(of: Case, disk: Disk, { request, seconds, stuck }: Oldest): Finding {
  const waiting = waitGraph(of.prog).waits.filter((w) => w.task.state === 'UN' && FOR_IO.has(w.site.kind));
  const whole = Math.floor(seconds);
  const what = { en: 'when the disk got the request, in ns', zh: '磁盘收到该请求的时刻（纳秒）' };
  const start = of.prog.findMember('request', 'io_start_time_ns') ? 'io_start_time_ns' : 'start_time_ns';
  return {
    severity: 'suspect',
    confidence: 'likely',
    title: { en: `Disk ${disk.name} does not answer`, zh: `磁盘 ${disk.name} 无响应` },
    sentence: {
      en: `Disk ${disk.name} has not answered ${stuck} ${stuck === 1 ? 'request' : 'requests'} for more than ${STUCK_SECONDS} s, the oldest a ${request.write ? 'write' : 'read'} since ${whole} s; ${waiting.length} tasks wait for I/O.`,
      zh: `磁盘 ${disk.name} 有 ${stuck} 个请求超过 ${STUCK_SECONDS} 秒未完成，最早的${request.write ? '写' : '读'}请求已 ${whole} 秒；${waiting.length} 个任务在等待 I/O。`,
    },
    subject: { address: hex(request.address), type: 'request' },
    evidence: [
      ...present(memberEvidence(of.prog, what, 'request', start, request.address)),
      ...waiting.slice(0, MOST_TASKS).flatMap((w) => taskEvidence(of, w)),
    ],
    settle: [
      {
        en: `the log of the storage or hypervisor behind ${disk.name} at that time`,
        zh: `查看当时 ${disk.name} 后端存储或虚拟机管理器的日志`,
      },
    ],
  };
}

function taskEvidence(of: Case, wait: TaskWait): Finding['evidence'] {
  if (wait.resource) return waitEvidence(of.prog, wait).slice(0, 2);
  const who = `${taskWords(wait.task)}, ${callerWords(wait)}`;
  const what = { en: `${who} waits for I/O in this function`, zh: `${who} 在此函数中等待 I/O` };
  return [{ what, value: wait.site.function, command: `bt ${wait.task.pid}` }];
}
