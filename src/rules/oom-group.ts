import type { Phrase } from '../base/phrase.ts';
import type { Case } from '../diagnosis/case.ts';
import { percent, pressure, share, sizeOf } from '../diagnosis/memory-pressure.ts';
import { type OomStop, oomStop } from '../diagnosis/oom-stop.ts';
import type { Rule } from '../diagnosis/rule.ts';
import { isOfGroup, type OomReport, type OomTableRow } from '../oops/oom-report.ts';
import type { Evidence, Finding } from '../report/finding.ts';
import { formatSize } from '../report/format-size.ts';
import { memoryJudgement } from '../report/memory-judgement-data.ts';
import type { MemoryJudgement } from '../report/memory-judgement-schema.ts';

/** The kernel stopped because a control group, such as a container, reached its limit of memory; the machine had enough. */
export const oomGroup: Rule = {
  id: 'memory.group-limit',
  title: 'A control group reached its limit of memory, and the kernel stopped',
  source:
    'check_panic_on_oom() in mm/oom_kill.c; Documentation/admin-guide/sysctl/vm.rst, panic_on_oom: 2 is compulsory, for groups too',
  *check(of: Case): Iterable<Finding> {
    const report = oomStop(of);
    if (report && isOfGroup(report)) yield finding(of, report);
  },
};

const MOST = 3;

function finding(of: Case, report: OomStop): Finding {
  const memory = memoryJudgement(of.prog);
  const group = report.group ?? '?';
  const rows = [...report.rows].sort((a, b) => size(of, b) - size(of, a));
  const limit = limitWords(report);
  const held = holdsWords(of, memory, report, rows);
  const rest = machineWords(memory);
  return {
    severity: 'cause',
    confidence: 'certain',
    title: {
      en: `Control group ${group} is out of memory: the kernel stopped`,
      zh: `控制组 ${group} 内存耗尽：内核停机`,
    },
    sentence: {
      en: `Control group ${group} ran out of memory${limit.en}, and vm.panic_on_oom=2 makes the kernel stop for it instead of killing one of its processes${held.en}. ${rest.en}`,
      zh: `控制组 ${group} 内存耗尽${limit.zh}，而 vm.panic_on_oom=2 使内核为此停机，而不是杀死该组的进程${held.zh}。${rest.zh}`,
    },
    subject: { function: 'mem_cgroup_out_of_memory', ...(rows[0] && { pid: rows[0].pid }) },
    evidence: [
      log({ en: 'the panic', zh: 'panic 信息' }, report.panic),
      log({ en: 'whose allocation failed', zh: '申请内存失败的任务' }, `${report.comm} invoked oom-killer`),
      ...limitEvidence(report),
      ...groupEvidence(memory, group),
      ...rows.slice(0, MOST).map((row) =>
        log(
          {
            en: `resident pages of ${row.name} (pid ${row.pid}) of the group`,
            zh: `该组中 ${row.name}（pid ${row.pid}）的常驻页数`,
          },
          String(row.rss),
        ),
      ),
    ],
    settle: [
      {
        en: `whether the limit of ${group} (memory.max; resources.limits.memory of a container) is too low for its load, or one of its processes leaks: watch memory.current and memory.stat of the group`,
        zh: `${group} 的上限（memory.max；容器的 resources.limits.memory）对其负载是否过低，或是否有进程泄漏：观察该组的 memory.current 与 memory.stat`,
      },
      {
        en: 'Set vm.panic_on_oom to 0 or 1: with 2 any container that reaches its own limit stops the whole machine.',
        zh: '把 vm.panic_on_oom 设为 0 或 1：设为 2 时，任何容器到达自身上限都会使整机停机。',
      },
    ],
    explains: ['memory.reclaim'],
  };
}

/** Pages in memory, in swap and of page tables. */
function size(of: Case, row: OomTableRow): number {
  return row.rss + row.swap + Math.ceil(row.pageTableBytes / of.prog.pageSize);
}

function limitWords({ groupKiB }: OomReport): Phrase {
  if (!groupKiB) return { en: '', zh: '' };
  const [usage, limit] = [formatSize(groupKiB.usage * 1024), formatSize(groupKiB.limit * 1024)];
  return { en: `: it uses ${usage} of its limit of ${limit}`, zh: `：已用 ${usage}，上限 ${limit}` };
}

/** Its processes, and what they do not explain. */
function holdsWords(of: Case, memory: MemoryJudgement, report: OomReport, rows: readonly OomTableRow[]): Phrase {
  const [top] = rows;
  if (!top) return { en: '', zh: '' };
  const n = rows.length;
  const all = rows.reduce((sum, row) => sum + row.rss, 0);
  const usage = ((report.groupKiB?.usage ?? 0) * 1024) / of.prog.pageSize;
  const little = usage > 0 && all < usage / 2;
  const name = `${top.name} (pid ${top.pid})`;
  return {
    en: `; of its ${n} ${n === 1 ? 'process' : 'processes'} ${name} holds the most: ${sizeOf(memory, size(of, top))}${little ? `, all together only ${sizeOf(memory, all)}: the rest is page cache, files in tmpfs or kernel memory that is charged to the group` : ''}`,
    zh: `；其 ${n} 个进程中占用最多的是 ${name}：${sizeOf(memory, size(of, top))}${little ? `，全部进程合计只有 ${sizeOf(memory, all)}：其余是记在该组账上的页缓存、tmpfs 文件或内核内存` : ''}`,
  };
}

function machineWords(memory: MemoryJudgement): Phrase {
  const free = memory.balance.held.free ?? 0;
  if (pressure(memory) !== 'nothing' || free === 0) return { en: '', zh: '' };
  const [bytes, part] = [sizeOf(memory, free), percent(share(memory, free))];
  return {
    en: `The machine itself was not short of memory: ${bytes} (${part}) were free.`,
    zh: `整机并不缺内存：空闲 ${bytes}（${part}）。`,
  };
}

function limitEvidence({ groupKiB }: OomReport): Evidence[] {
  if (!groupKiB) return [];
  const what = { en: 'what the group has and may have', zh: '该组的用量与上限' };
  return [log(what, `usage ${groupKiB.usage}kB, limit ${groupKiB.limit}kB`)];
}

/** The group itself, where it still has the limit. */
function groupEvidence(memory: MemoryJudgement, path: string): Evidence[] {
  const group = memory.groups.find((g) => g.path === path && g.max !== null);
  if (!group) return [];
  const what = { en: `memory.max of ${path}, in pages`, zh: `${path} 的 memory.max（页）` };
  return [{ what, value: String(group.max), command: 'memory' }];
}

function log(what: Phrase, value: string): Evidence {
  return { what, value, command: 'log' };
}
