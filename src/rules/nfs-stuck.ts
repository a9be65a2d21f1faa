import { hex } from '../base/hex.ts';
import type { Phrase } from '../base/phrase.ts';
import type { Case } from '../diagnosis/case.ts';
import { logEvidence } from '../diagnosis/evidence.ts';
import { longWait } from '../diagnosis/hung-reports.ts';
import { peerEvidence, peerWords } from '../diagnosis/peer-words.ts';
import type { Rule } from '../diagnosis/rule.ts';
import { callerWords, canDieOfWaiting, taskWords, waitEvidence } from '../diagnosis/wait-evidence.ts';
import { type NfsMount, nfsMounts } from '../kernel/nfs.ts';
import { waitGraph } from '../kernel/wait-graph.ts';
import { throughCode } from '../kernel/wait-through.ts';
import type { Finding } from '../report/finding.ts';

const MOST = 3;
/** Code of the client; with it built into the kernel its functions have no module. */
const CODE = { modules: /^(?:nfs|nfsv\d|sunrpc)$/, functions: /^(?:nfs\d?_|rpc_|xprt_)/ };

/** A server of NFS does not answer, and tasks wait for it. */
export const nfsStuck: Rule = {
  id: 'nfs.stuck',
  title: 'An NFS server does not answer',
  source: 'net/sunrpc/clnt.c, rpc_check_timeout(): server not responding, still trying; nfs(5), hard and soft mounts',
  *check(of) {
    for (const nfs of nfsMounts(of.prog)) {
      if ((nfs.calls[0]?.seconds ?? 0) >= longWait(of)) yield finding(of, nfs);
    }
  },
};

function finding(of: Case, nfs: NfsMount): Finding {
  const { mount, server, calls } = nfs;
  const waits = waitGraph(of.prog)
    .waits.filter((w) => w.task.state === 'UN' && throughCode(of.prog, w.task, CODE))
    .sort((a, b) => (b.seconds ?? 0) - (a.seconds ?? 0));
  const n = calls.length;
  const oldest = calls[0];
  const said = of.log.map((r) => r.text.split('\n')[0] ?? '').filter((line) => isOf(line, nfs));
  const ip = nfs.address === undefined || nfs.address === server ? '' : ` (${nfs.address})`;
  const who = waits.slice(0, MOST).map((w) => `${taskWords(w.task)} (${callerWords(w)})`);
  const count = waits.length;
  const link = nfs.connected === undefined ? NOTHING : nfs.connected ? UP : DOWN;
  const waiting = waitingWords(count, who);
  const peers = nfs.peer ? [nfs.peer] : [];
  const peer = peerWords(of.prog, peers);
  const procedure = oldest?.procedure ?? 'call';
  const seconds = Math.floor(oldest?.seconds ?? 0);
  return {
    severity: count > 0 && canDieOfWaiting(of.fatal?.kind) ? 'cause' : 'suspect',
    confidence: 'certain',
    title: { en: `NFS server ${server} does not answer`, zh: `NFS 服务器 ${server} 无响应` },
    sentence: {
      en: `Server ${server}${ip} of ${mount.path} (${mount.device}) has not answered ${n} ${n === 1 ? 'call' : 'calls'}, the oldest a ${procedure} of ${seconds} s ago${link.en}; ${waiting.en}.${peer.en}`,
      zh: `${mount.path}（${mount.device}）的服务器 ${server}${ip} 有 ${n} 个调用未应答，最早的是 ${seconds} 秒前的 ${procedure}${link.zh}；${waiting.zh}。${peer.zh}`,
    },
    subject: {
      ...(oldest && { address: hex(oldest.address), type: 'struct rpc_task' }),
      ...(waits[0] && { pid: waits[0].task.pid }),
    },
    evidence: [
      ...said.slice(0, 2).map((line) => logEvidence(line)),
      { what: { en: 'the mount', zh: '挂载' }, value: mount.device, command: 'mount' },
      ...peerEvidence(peers),
      ...waits.slice(0, MOST).flatMap((w) => waitEvidence(of.prog, w).slice(0, 2)),
    ],
    settle: [
      {
        en: `whether ${server} was up and reachable at that time: its own log, the network between (rpcinfo -t ${server} nfs), and whether others lost it too`,
        zh: `当时 ${server} 是否在运行且可达：它自己的日志、中间的网络（rpcinfo -t ${server} nfs），以及其他客户端是否也失去了它`,
      },
    ],
    explains: ['wait.hung-task', 'wait.hang', 'io.slow', 'panic.asked', 'panic.nmi'],
  };
}

const NOTHING: Phrase = { en: '', zh: '' };
const UP: Phrase = { en: '; its connection is up', zh: '；连接仍在' };
const DOWN: Phrase = { en: '; there is no connection to it', zh: '；与其没有连接' };

function waitingWords(count: number, who: readonly string[]): Phrase {
  if (count === 0) return { en: 'no task waits uninterruptibly for it', zh: '没有任务不可中断地等待它' };
  const more = count - who.length;
  const rest = more > 0 ? { en: ` and ${more} more`, zh: `，另有 ${more} 个` } : NOTHING;
  return {
    en: `${count} ${count === 1 ? 'task waits' : 'tasks wait'} for it: ${who.join(', ')}${rest.en}`,
    zh: `${count} 个任务在等待它：${who.join('、')}${rest.zh}`,
  };
}

/** `nfs: server filer not responding, still trying` */
function isOf(line: string, { server }: NfsMount): boolean {
  return /^nfs: server .* not responding/.test(line) && line.includes(` ${server} `);
}
