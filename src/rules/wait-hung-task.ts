import type { Case } from '../diagnosis/case.ts';
import { logEvidence } from '../diagnosis/evidence.ts';
import { type HungReport, hungReports } from '../diagnosis/hung-reports.ts';
import type { Rule } from '../diagnosis/rule.ts';
import { callerWords, resourceWords, waitEvidence, waitSubject } from '../diagnosis/wait-evidence.ts';
import { type TaskWait, waitGraph } from '../kernel/wait-graph.ts';
import type { Finding } from '../report/finding.ts';

const MOST = 4;

/** The kernel's hung task detector complained about a task that still waits. */
export const waitHungTask: Rule = {
  id: 'wait.hung-task',
  title: 'Hung task',
  source: 'kernel/hung_task.c, check_hung_task()',
  *check(of) {
    const graph = waitGraph(of.prog);
    const waits = new Map(graph.waits.map((w) => [w.task.pid, w]));
    for (const { waits: circle } of graph.cycles) for (const w of circle) waits.delete(w.task.pid); // told as a deadlock
    let count = 0;
    for (const hung of hungReports(of)) {
      const wait = waits.get(hung.pid);
      if (!wait || wait.task.comm !== hung.comm) continue; // it went on, or is gone
      yield finding(of, hung, wait);
      if (++count === MOST) return;
    }
  },
};

function finding(of: Case, hung: HungReport, wait: TaskWait): Finding {
  const what = resourceWords(of.prog, wait.resource);
  const kills = of.fatal?.kind === 'hung task';
  const where = callerWords(wait);
  return {
    severity: kills ? 'cause' : 'suspect',
    confidence: 'likely',
    title: {
      en: `Task ${hung.comm} (PID ${hung.pid}) hangs in ${where}`,
      zh: `任务 ${hung.comm}（PID ${hung.pid}）卡在 ${where}`,
    },
    sentence: {
      en: `The kernel found that ${hung.comm} (PID ${hung.pid}) was blocked for more than ${hung.seconds} s; it still waits in ${where} for ${what.en}.`,
      zh: `内核发现 ${hung.comm}（PID ${hung.pid}）阻塞超过 ${hung.seconds} 秒；它仍在 ${where} 中等待 ${what.zh}。`,
    },
    subject: waitSubject(wait),
    evidence: [logEvidence(hung.line), ...waitEvidence(of.prog, wait)],
  };
}
