import type { Case } from '../diagnosis/case.ts';
import { logEvidence, present } from '../diagnosis/evidence.ts';
import { type HungReport, hungReports } from '../diagnosis/hung-reports.ts';
import type { Rule } from '../diagnosis/rule.ts';
import { callerWords, resourceWords, waitEvidence, waitSubject } from '../diagnosis/wait-evidence.ts';
import { type TaskWait, waitGraph } from '../kernel/wait-graph.ts';
import type { Evidence, Finding } from '../report/finding.ts';

/** Tasks that are told one by one. */
const MOST = 4;

interface Hung {
  readonly report: HungReport;
  readonly wait: TaskWait;
}

/** The kernel's hung task detector complained about tasks that still wait. */
export const waitHungTask: Rule = {
  id: 'wait.hung-task',
  title: 'Hung task',
  source: 'kernel/hung_task.c, check_hung_task()',
  *check(of) {
    const graph = waitGraph(of.prog);
    const waits = new Map(graph.waits.map((w) => [w.task.pid, w]));
    for (const { waits: circle } of graph.cycles) for (const w of circle) waits.delete(w.task.pid); // told as a deadlock
    const hung = hungReports(of).flatMap((report): Hung[] => {
      const wait = waits.get(report.pid);
      return wait && wait.task.comm === report.comm ? [{ report, wait }] : []; // others went on, or are gone
    });
    const [first, ...more] = hung;
    if (first) yield more.length === 0 ? oneTask(of, first) : manyTasks(of, hung, first);
  },
};

function oneTask(of: Case, { report, wait }: Hung): Finding {
  const what = resourceWords(of.prog, wait.resource);
  const where = callerWords(wait);
  const { comm, pid, seconds } = report;
  return {
    ...common(of, wait),
    title: { en: `Task ${comm} (PID ${pid}) hangs in ${where}`, zh: `任务 ${comm}（PID ${pid}）卡在 ${where}` },
    sentence: {
      en: `The kernel found that ${comm} (PID ${pid}) was blocked for more than ${seconds} s; it still waits in ${where} for ${what.en}.`,
      zh: `内核发现 ${comm}（PID ${pid}）阻塞超过 ${seconds} 秒；它仍在 ${where} 中等待 ${what.zh}。`,
    },
    evidence: evidenceOf(of, { report, wait }),
  };
}

function manyTasks(of: Case, hung: readonly Hung[], { report, wait }: Hung): Finding {
  const told = hung.slice(0, MOST);
  const words = told.map((h) => ({ ...resourceWords(of.prog, h.wait.resource), who: whoWords(h) }));
  const more = hung.length - told.length;
  const places = [...new Set(told.map((h) => callerWords(h.wait)))].join(', ');
  const [en, zh] = (['en', 'zh'] as const).map((l) => words.map((w) => `${w.who}: ${w[l]}`));
  return {
    ...common(of, wait),
    title: { en: `${hung.length} tasks hang, in ${places}`, zh: `${hung.length} 个任务卡住：${places}` },
    sentence: {
      en: `The kernel found that ${hung.length} tasks were blocked for more than ${report.seconds} s, and they still wait. ${en?.join('; ')}${more > 0 ? `; and ${more} more` : ''}.`,
      zh: `内核发现 ${hung.length} 个任务阻塞超过 ${report.seconds} 秒，它们仍在等待。${zh?.join('；')}${more > 0 ? `；另有 ${more} 个` : ''}。`,
    },
    evidence: told.flatMap(({ report: hungReport, wait: own }) => {
      const [sleeps, what] = waitEvidence(of.prog, own);
      return [logEvidence(hungReport.line), ...present(what ?? sleeps)];
    }),
  };
}

function whoWords({ report, wait }: Hung): string {
  return `${report.comm} (PID ${report.pid}), ${callerWords(wait)}`;
}

function common(of: Case, wait: TaskWait): Pick<Finding, 'severity' | 'confidence' | 'subject'> {
  const kills = of.fatal?.kind === 'hung task';
  return { severity: kills ? 'cause' : 'suspect', confidence: 'likely', subject: waitSubject(wait) };
}

function evidenceOf(of: Case, { report, wait }: Hung): Evidence[] {
  return [logEvidence(report.line), ...waitEvidence(of.prog, wait)];
}
