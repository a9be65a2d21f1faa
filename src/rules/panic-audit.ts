import { attempt } from '../base/attempt.ts';
import type { Phrase } from '../base/phrase.ts';
import { addrAdd } from '../base/u64.ts';
import type { Case } from '../diagnosis/case.ts';
import { logEvidence } from '../diagnosis/evidence.ts';
import type { Rule } from '../diagnosis/rule.ts';
import { sleeperWords } from '../diagnosis/sleeper-words.ts';
import { taskWords } from '../diagnosis/wait-evidence.ts';
import { isKernelPointer } from '../kernel/kernel-struct.ts';
import { findTask, type TaskRecord } from '../kernel/task.ts';
import { intVariable } from '../kernel/variable.ts';
import type { Program } from '../program/program.ts';

/** Audit records were lost, and the machine is set up to stop rather than to go on without them. */
export const panicAudit: Rule = {
  id: 'panic.audit',
  title: 'The audit system stopped the kernel',
  source: 'kernel/audit.c, audit_panic(); auditctl(8), -f 2 and -b',
  *check(of) {
    const message = (of.panic.message ?? '').replace(/^Kernel panic - not syncing: /, '');
    const what = /^audit: (.*)$/.exec(message)?.[1];
    if (what === undefined) return;
    const limit = attempt(() => intVariable(of.prog, 'audit_backlog_limit'));
    const daemon = attempt(() => auditDaemon(of.prog));
    const words = daemonWords(of, daemon);
    const lost = of.log.map((r) => r.text.split('\n')[0] ?? '').findLast((line) => /^audit: audit_lost=/.test(line));
    yield {
      severity: 'cause',
      confidence: 'certain',
      title: { en: `Audit records were lost: ${what}`, zh: `审计记录丢失：${what}` },
      sentence: {
        en: `The audit system lost records (${what}${limit === undefined ? '' : `; the limit is ${limit}`}), and auditctl -f 2 makes the kernel panic then. ${words.en}`,
        zh: `审计系统丢失了记录（${what}${limit === undefined ? '' : `；上限为 ${limit}`}），而 auditctl -f 2 使内核此时 panic。${words.zh}`,
      },
      subject: { ...(daemon && { pid: daemon.pid }) },
      evidence: [
        logEvidence(message),
        ...(lost === undefined ? [] : [logEvidence(lost)]),
        ...(daemon
          ? [
              {
                what: { en: 'state of the audit daemon', zh: '审计守护进程的状态' },
                value: daemon.state,
                command: `ps ${daemon.pid}`,
              },
            ]
          : []),
      ],
      settle: [
        {
          en: 'why the daemon did not take the records in time (its disk, its own state), what rule made so many (ausearch, aureport), and whether -b and --backlog_wait_time allow for a burst; -f 1 prints instead of stopping the machine',
          zh: '守护进程为何没有及时取走记录（磁盘、自身状态）、哪条规则产生了如此多记录（ausearch、aureport），以及 -b 与 --backlog_wait_time 是否容得下突发；-f 1 只打印而不停机',
        },
      ],
      explains: ['panic.called'],
    };
  },
};

/** `auditd_conn->pid`, since v4.12 behind a pointer of RCU. @throws NotFoundError MemoryFault */
function auditDaemon(prog: Program): TaskRecord | undefined {
  const at = prog.memory.ulong(prog.symbol('auditd_conn'));
  if (!isKernelPointer(prog, at)) return undefined;
  const pid = prog.memory.ulong(addrAdd(at, prog.offset('auditd_connection', 'pid')));
  return findTask(prog, prog.at('pid', pid).get('numbers').index(0).get('nr').toNumber());
}

function daemonWords(of: Case, daemon: TaskRecord | undefined): Phrase {
  if (!daemon)
    return { en: 'No audit daemon was registered, or it had ended.', zh: '没有登记的审计守护进程，或它已结束。' };
  const does = sleeperWords(of.prog, daemon);
  return {
    en: `The daemon that has to take them is ${taskWords(daemon)}, which ${does.en}.`,
    zh: `应取走记录的守护进程是 ${taskWords(daemon)}，它${does.zh}。`,
  };
}
