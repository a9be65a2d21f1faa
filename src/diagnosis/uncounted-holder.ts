import { attempt } from '../base/attempt.ts';
import type { Phrase } from '../base/phrase.ts';
import { type BufferMemory, pipeMemory, socketMemory } from '../kernel/buffer-memory.ts';
import type { Program } from '../program/program.ts';
import type { Evidence } from '../report/finding.ts';
import type { MemoryJudgement } from '../report/memory-judgement-schema.ts';
import { type HeldBy, KEPT, pagesOf } from './held-by.ts';
import { sizeOf } from './memory-pressure.ts';

/** Part of the uncounted memory from which on something explains it. */
const MOST = 0.5;

/** Pages that are in no counter: given to the host by a balloon, in pipes or sockets, or of nobody known. */
export function unknownHolder(prog: Program, memory: MemoryJudgement, pages: number): HeldBy {
  const evidence = [pagesOf({ en: 'nobody', zh: '未统计' }, pages)];
  const much = pages * MOST;
  const balloon = memory.balance.balloon ?? 0;
  if (balloon >= much) return balloonHolder(memory, balloon, evidence);
  const least = much * memory.pageBytes;
  const pipes = attempt(() => pipeMemory(prog));
  if (pipes && pipes.bytes >= least) return bufferHolder(memory, pipes, PIPES, evidence);
  const sockets = attempt(() => socketMemory(prog));
  if (sockets && sockets.bytes >= least) return bufferHolder(memory, sockets, SOCKETS, evidence);
  return {
    words: {
      en: 'pages that are in no counter, as those that a driver takes from the page allocator,',
      zh: '不在任何统计中的页（例如驱动直接向页分配器申请的页）',
    },
    ends: KEPT,
    subject: {},
    evidence,
    settle: {
      en: 'Boot with page_owner=on and read /sys/kernel/debug/page_owner: it names who allocated each page.',
      zh: '以 page_owner=on 启动并读取 /sys/kernel/debug/page_owner：它会给出每一页的申请者。',
    },
  };
}

interface Buffers {
  readonly in: Phrase;
  /** Part of it is counted elsewhere. */
  readonly also: Phrase;
  readonly settle: Phrase;
}

const PIPES: Buffers = {
  in: { en: 'pipes', zh: '管道' },
  also: { en: '', zh: '' },
  settle: {
    en: 'who should read these pipes, and why it does not; fs.pipe-max-size and fs.pipe-user-pages-hard bound what they may hold',
    zh: '谁应当读取这些管道、为何没有读；fs.pipe-max-size 与 fs.pipe-user-pages-hard 限制其容量',
  },
};

const SOCKETS: Buffers = {
  in: { en: 'sockets', zh: '套接字' },
  also: { en: ' with their heads in slabs', zh: '（含 slab 中的头部）' },
  settle: {
    en: 'who should read these sockets, and why it does not; net.core.wmem_max, net.core.rmem_max and net.ipv4.tcp_mem bound what they may hold',
    zh: '谁应当读取这些套接字、为何没有读；net.core.wmem_max、net.core.rmem_max 与 net.ipv4.tcp_mem 限制其容量',
  },
};

function bufferHolder(memory: MemoryJudgement, held: BufferMemory, of: Buffers, evidence: Evidence[]): HeldBy {
  const size = sizeOf(memory, Math.round(held.bytes / memory.pageBytes));
  const [top] = held.holders;
  const who = top ? `${top.task.comm} (pid ${top.task.pid})` : '?';
  const part = top && held.holders.length > 1 ? sizeOf(memory, Math.round(top.bytes / memory.pageBytes)) : undefined;
  const of2 = part === undefined ? `all of ${who}` : `${part} of ${who}`;
  const zh2 = part === undefined ? `全部属于 ${who}` : `其中 ${part} 属于 ${who}`;
  return {
    words: {
      en: `data in ${held.count} ${of.in.en} that nobody has read (${size}${of.also.en}, ${of2})`,
      zh: `${held.count} 个${of.in.zh}中无人读取的数据（共 ${size}${of.also.zh}，${zh2}）`,
    },
    ends: {
      en: 'which no counter names and only the end of those who have them open gives back',
      zh: '没有计数器记录，只有打开它们的进程结束才能收回',
    },
    ofProcess: true,
    subject: { ...(top && { pid: top.task.pid }) },
    evidence: [
      ...evidence,
      ...(top
        ? [
            {
              what: { en: `open files of ${who}`, zh: `${who} 打开的文件` },
              value: of === PIPES ? 'pipe:' : 'SOCK',
              command: `files ${top.task.pid}`,
            },
          ]
        : []),
    ],
    settle: of.settle,
  };
}

function balloonHolder(memory: MemoryJudgement, pages: number, evidence: Evidence[]): HeldBy {
  const size = sizeOf(memory, pages);
  return {
    words: {
      en: `a balloon that has given ${size} back to the host, and other pages in no counter,`,
      zh: `气球驱动（已归还宿主机 ${size}）及其他未统计的页`,
    },
    ends: { en: 'which only the host can give back by deflating the balloon', zh: '只有宿主机缩小气球才能收回' },
    subject: {},
    evidence,
    settle: {
      en: 'the target of the balloon on the hypervisor (virsh dommemstat, the log of its memory overcommitment)',
      zh: '虚拟机管理器上气球的目标值（virsh dommemstat，及其内存超分日志）',
    },
  };
}
