import { hex } from '../base/hex.ts';
import type { Phrase } from '../base/phrase.ts';
import type { Case } from '../diagnosis/case.ts';
import { longWait } from '../diagnosis/hung-reports.ts';
import type { Rule } from '../diagnosis/rule.ts';
import { sleeperWords } from '../diagnosis/sleeper-words.ts';
import { canDieOfWaiting, taskWords } from '../diagnosis/wait-evidence.ts';
import { type FuseConnection, type FuseRequest, fuseConnections } from '../kernel/fuse.ts';
import type { TaskRecord } from '../kernel/task.ts';
import { waitGraph } from '../kernel/wait-graph.ts';
import { blockedFor } from '../kernel/wait-times.ts';
import type { Evidence, Finding } from '../report/finding.ts';

const MOST = 3;

/** A file system in user space does not answer, and tasks wait for it. */
export const fuseStuck: Rule = {
  id: 'fuse.stuck',
  title: 'A file system in user space does not answer',
  source: 'fs/fuse/dev.c, request_wait_answer(); Documentation/filesystems/fuse.rst, aborting a filesystem connection',
  *check(of) {
    for (const connection of fuseConnections(of.prog)) {
      const waits = connection.requests
        .flatMap((request) =>
          request.waiters.map((task) => ({ request, task, seconds: blockedFor(of.prog, task) ?? 0 })),
        )
        .sort((a, b) => b.seconds - a.seconds);
      const [first] = waits;
      if (first && first.seconds >= longWait(of)) yield finding(of, connection, waits);
    }
  },
};

interface Waiting {
  readonly request: FuseRequest;
  readonly task: TaskRecord;
  readonly seconds: number;
}

function finding(of: Case, connection: FuseConnection, waits: readonly Waiting[]): Finding {
  const { mounts, number, requests } = connection;
  const [mount] = mounts;
  const first = waits[0] as Waiting;
  const { request, task, seconds } = first;
  const behind = waitGraph(of.prog).roots.filter((r) => waits.some((w) => w.task.address === r.task.address));
  const others = behind.flatMap((r) => r.waiting);
  const path = mount?.path ?? `of connection ${number}`;
  const daemon = daemonWords(of, connection);
  const n = requests.length;
  const hangs = others.length > 0 || waits.some((w) => w.task.state === 'UN');
  const more = others.slice(0, MOST).map(taskWords).join(', ');
  const type = mount ? `${mount.type} of ${mount.device}` : 'FUSE';
  return {
    severity: hangs && canDieOfWaiting(of.fatal?.kind) ? 'cause' : 'suspect',
    confidence: 'certain',
    title: {
      en: `The file system in user space ${path} does not answer`,
      zh: `用户态文件系统 ${path} 无响应`,
    },
    sentence: {
      en: `${path} (${type}, FUSE connection ${number}) has not answered ${n} ${n === 1 ? 'request' : 'requests'}; ${taskWords(task)} waits for a ${request.operation} since ${Math.floor(seconds)} s, which its daemon ${request.taken ? 'has read' : 'has not even read'}${others.length > 0 ? `, and behind it ${others.length} more: ${more}` : ''}. ${daemon.en}`,
      zh: `${path}（${type}，FUSE 连接 ${number}）有 ${n} 个请求未应答；${taskWords(task)} 等待 ${request.operation} 已 ${Math.floor(seconds)} 秒，其守护进程${request.taken ? '已读取该请求' : '尚未读取该请求'}${others.length > 0 ? `；其后还有 ${others.length} 个任务：${more}` : ''}。${daemon.zh}`,
    },
    subject: { address: hex(request.address), type: 'struct fuse_req', pid: connection.daemons[0]?.pid ?? task.pid },
    evidence: [
      ...(mount ? [{ what: { en: 'the mount', zh: '挂载' }, value: mount.path, command: 'mount' }] : []),
      ...waits.slice(0, MOST).map((w) => waitsIn(of, w)),
      ...daemonEvidence(connection),
    ],
    settle: [
      {
        en: `why ${connection.daemons[0]?.comm ?? 'the daemon'} does not answer: its own log, and what it waits for itself (a bucket, a server, a lock)`,
        zh: `${connection.daemons[0]?.comm ?? '守护进程'} 为何不应答：它自己的日志，以及它在等待什么（存储桶、服务器、锁）`,
      },
      {
        en: `On a machine that lives, echo 1 > /sys/fs/fuse/connections/${number}/abort ends the hang: all that wait get an error.`,
        zh: `在仍运行的机器上，echo 1 > /sys/fs/fuse/connections/${number}/abort 可解除挂起：所有等待者得到错误。`,
      },
    ],
    explains: ['wait.hung-task', 'wait.hang', 'io.slow', 'panic.asked', 'panic.nmi'],
  };
}

function waitsIn(of: Case, { task }: Waiting): Evidence {
  const who = taskWords(task);
  const what = { en: `${who} waits in this function`, zh: `${who} 在此函数中等待` };
  return { what, value: sleeperWords(of.prog, task).site, command: `bt ${task.pid}` };
}

/** Who should answer, and what it does. */
function daemonWords(of: Case, { daemons, connected }: FuseConnection): Phrase {
  const [first] = daemons;
  if (!first) {
    return connected
      ? { en: 'No process has its connection open.', zh: '没有进程打开该连接。' }
      : { en: 'The connection was cut.', zh: '该连接已断开。' };
  }
  const does = sleeperWords(of.prog, first);
  const more = daemons.length > 1 ? ` (and ${daemons.length - 1} more)` : '';
  return {
    en: `The daemon is ${taskWords(first)}${more}, which ${does.en}.`,
    zh: `守护进程是 ${taskWords(first)}${daemons.length > 1 ? `（另有 ${daemons.length - 1} 个）` : ''}，它${does.zh}。`,
  };
}

function daemonEvidence({ daemons }: FuseConnection): Evidence[] {
  return daemons.slice(0, 1).map((daemon) => ({
    what: { en: `state of the daemon ${taskWords(daemon)}`, zh: `守护进程 ${taskWords(daemon)} 的状态` },
    value: daemon.state,
    command: `ps ${daemon.pid}`,
  }));
}
