import type { Phrase } from '../base/phrase.ts';
import type { Case } from '../diagnosis/case.ts';
import { logEvidence } from '../diagnosis/evidence.ts';
import type { Rule } from '../diagnosis/rule.ts';
import { taskWords } from '../diagnosis/wait-evidence.ts';
import { RESERVED_PIDS, type ReachedLimit, reachedLimits } from '../kernel/limits.ts';
import type { Evidence, Finding } from '../report/finding.ts';

/** No process can start, or no file be opened, because a limit is reached: the machine seems dead, and somebody stops it. */
export const limitsReached: Rule = {
  id: 'limits.reached',
  title: 'A limit of processes or files is reached',
  source:
    'kernel/pid.c, alloc_pid(); kernel/fork.c, copy_process(); fs/file_table.c, alloc_empty_file(); kernel/cgroup/pids.c; Documentation/admin-guide/sysctl/kernel.rst and fs.rst',
  *check(of) {
    for (const limit of reachedLimits(of.prog)) yield finding(of, limit);
  },
};

interface Words {
  readonly title: Phrase;
  readonly setting: string;
  readonly what: Phrase;
  readonly log: RegExp;
}

const WORDS: Readonly<Record<ReachedLimit['kind'], Words>> = {
  pids: {
    title: { en: 'There are no more process ids', zh: '进程号已用尽' },
    setting: 'kernel.pid_max',
    what: { en: 'no process or thread can be made', zh: '无法再创建进程或线程' },
    log: /^$a/,
  },
  threads: {
    title: { en: 'There are as many threads as there may be', zh: '线程数已达上限' },
    setting: 'kernel.threads-max',
    what: { en: 'no process or thread can be made', zh: '无法再创建进程或线程' },
    log: /^$a/,
  },
  files: {
    title: { en: 'As many files are open as may be', zh: '打开的文件数已达上限' },
    setting: 'fs.file-max',
    what: { en: 'nobody but root can open a file or a socket', zh: '除 root 外无法再打开文件或套接字' },
    log: /^VFS: file-max limit \d+ reached/,
  },
  'group-pids': {
    title: { en: 'A control group has as many processes as it may', zh: '控制组的进程数已达上限' },
    setting: 'pids.max',
    what: { en: 'no process or thread can be made in it', zh: '其中无法再创建进程或线程' },
    log: /^cgroup: fork rejected by pids controller in /,
  },
};

/** A crash that was asked for is asked for because of something: a machine on which nothing starts is one reason. */
function finding(of: Case, limit: ReachedLimit): Finding {
  const { title, setting, what, log } = WORDS[limit.kind];
  const asked = of.fatal?.kind === 'crash requested through sysrq' || of.fatal?.kind === 'hung task';
  const used = usedWords(limit, setting);
  const who = mostWords(limit);
  const said = of.log.map((r) => r.text.split('\n')[0] ?? '').filter((line) => log.test(line));
  return {
    // of one group the machine does not die; whoever asked for the crash may have had it in mind
    severity: asked && limit.group === undefined ? 'cause' : 'suspect',
    confidence: 'certain',
    title,
    sentence: {
      en: `${used.en}: ${what.en}.${who.en}`,
      zh: `${used.zh}：${what.zh}。${who.zh}`,
    },
    subject: { ...(limit.most && { pid: limit.most.parent?.pid ?? limit.most.task.pid }) },
    evidence: [...said.slice(0, 1).map((line) => logEvidence(line)), ...mostEvidence(limit)],
    settle: [
      {
        en: `why ${limit.most?.parent?.comm ?? limit.most?.task.comm ?? 'it'} has so many and gives none back; a higher ${setting} only puts it off`,
        zh: `${limit.most?.parent?.comm ?? limit.most?.task.comm ?? '它'} 为何占用这么多而不归还；提高 ${setting} 只是推迟问题`,
      },
    ],
    ...(limit.group === undefined && { explains: ['panic.asked'] }),
  };
}

/** Pids below 300 are given out once, before the first turn round (RESERVED_PIDS, kernel/pid.c). */
function usedWords({ kind, used, limit, group }: ReachedLimit, setting: string): Phrase {
  if (kind === 'pids') {
    return {
      en: `${used} of the ${limit - RESERVED_PIDS} numbers from ${RESERVED_PIDS} on are taken (${setting} is ${limit})`,
      zh: `从 ${RESERVED_PIDS} 起的 ${limit - RESERVED_PIDS} 个号码已用 ${used} 个（${setting} 为 ${limit}）`,
    };
  }
  return {
    en: `${used} are in use of ${limit} (${group === undefined ? setting : `${setting} of ${group}`})`,
    zh: `${group === undefined ? setting : `${group} 的 ${setting}`} 为 ${limit}，已用 ${used}`,
  };
}

function mostWords({ kind, most }: ReachedLimit): Phrase {
  if (!most) return { en: '', zh: '' };
  const { task, count, parent, alike } = most;
  if (kind === 'files') {
    const all = alike ? `; the ${alike.processes} processes of this name have ${alike.count}` : '';
    const allZh = alike ? `；同名的 ${alike.processes} 个进程共 ${alike.count} 个` : '';
    return {
      en: ` ${taskWords(task)} has the most open, ${count}${all}.`,
      zh: `打开最多的是 ${taskWords(task)}，共 ${count} 个${allZh}。`,
    };
  }
  const of = parent ? `, started by ${taskWords(parent)}` : '';
  return {
    en: ` ${count} of the tasks are called "${task.comm}"${of}.`,
    zh: `其中 ${count} 个任务名为 "${task.comm}"${parent ? `，由 ${taskWords(parent)} 启动` : ''}。`,
  };
}

function mostEvidence({ kind, most }: ReachedLimit): Evidence[] {
  if (!most) return [];
  const { task, parent } = most;
  if (kind === 'files') {
    const what = { en: 'the process with the most open files', zh: '打开文件最多的进程' };
    return [{ what, value: task.comm, command: `files ${task.pid}` }];
  }
  const what = { en: 'one of these tasks', zh: '这些任务之一' };
  return [
    { what, value: task.comm, command: `ps ${task.pid}` },
    ...(parent
      ? [{ what: { en: 'who started them', zh: '启动它们的任务' }, value: parent.comm, command: `ps ${parent.pid}` }]
      : []),
  ];
}
