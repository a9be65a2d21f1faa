import type { Phrase } from '../base/phrase.ts';
import type { Addr } from '../base/units.ts';
import type { Case } from '../diagnosis/case.ts';
import { lockOrderEvidence } from '../diagnosis/lock-order.ts';
import type { Rule } from '../diagnosis/rule.ts';
import { type SpinHolder, spinHolders } from '../diagnosis/spin-holders.ts';
import { takenEvidence, takerWords } from '../diagnosis/spin-story.ts';
import {
  callerWords,
  canDieOfWaiting,
  resourceWords,
  SYMPTOMS_OF_WAITING,
  taskWords,
  waitEvidence,
  waitSubject,
} from '../diagnosis/wait-evidence.ts';
import { type TaskWait, waitGraph } from '../kernel/wait-graph.ts';
import type { Program } from '../program/program.ts';
import type { Finding } from '../report/finding.ts';

/** A CPU that spins, and who has what it spins on. */
interface Link {
  readonly wait: TaskWait;
  readonly holder: SpinHolder;
}

/** CPUs spin for locks that each other's code has taken: none of them comes back. */
export const cpuSpinDeadlock: Rule = {
  id: 'cpu.spin-deadlock',
  title: 'Deadlock of spinning locks',
  source: 'Documentation/locking/lockdep-design.rst, "Multi-lock dependency rules"; the AB-BA order of two spinlocks',
  *check(of) {
    for (const circle of circles(of.prog)) yield finding(of, circle, isDeath(of, circle));
  },
};

/** What somebody stopped who saw that nothing went on any more: unknown_nmi_error(), arch/x86/kernel/nmi.c */
const STOPPED = /NMI: Not continuing/;

/** Whether the circle is why the kernel was stopped; a CPU that spins has not died of anything else. */
function isDeath({ fatal, panic }: Case, circle: readonly Link[]): boolean {
  if (canDieOfWaiting(fatal?.kind) || STOPPED.test(panic.message ?? '')) return true;
  return circle.some((l) => l.wait.task.cpu === panic.cpu);
}

/** Tasks that spin for each other, two or more, each once. */
function circles(prog: Program): Link[][] {
  const links = new Map<Addr, Link>();
  for (const wait of waitGraph(prog).waits) {
    const [holder] = wait.task.active ? spinHolders(prog, wait) : [];
    if (holder) links.set(wait.task.address, { wait, holder });
  }
  const told = new Set<Addr>();
  const found: Link[][] = [];
  for (const start of links.keys()) {
    const way: Addr[] = [];
    let at: Addr | undefined = start;
    while (at !== undefined && links.has(at) && !told.has(at) && !way.includes(at)) {
      way.push(at);
      at = links.get(at)?.holder.task.address;
    }
    for (const task of way) told.add(task);
    const from = at === undefined ? -1 : way.indexOf(at);
    const circle = from < 0 ? [] : way.slice(from).flatMap((task) => links.get(task) ?? []);
    if (circle.length > 1) found.push(circle);
  }
  return found;
}

function finding(of: Case, circle: readonly Link[], kills: boolean): Finding {
  const { prog } = of;
  const [first] = circle as [Link, ...Link[]];
  const sure = circle.every((l) => l.holder.sure);
  const names = [...new Set(circle.map((l) => callerWords(l.wait)))].join(', ');
  const links = circle.map((l) => linkWords(prog, l));
  return {
    severity: kills ? 'cause' : 'suspect',
    confidence: sure ? 'certain' : 'likely',
    title: { en: `Deadlock of ${circle.length} tasks: ${names}`, zh: `${circle.length} 个任务死锁：${names}` },
    sentence: {
      en: `Deadlock: ${links.map((l) => l.en).join('; ')}. None of these CPUs can go on.`,
      zh: `死锁：${links.map((l) => l.zh).join('；')}。这些 CPU 都无法继续。`,
    },
    subject: waitSubject(first.wait),
    evidence: [
      ...circle.flatMap(({ wait, holder }) => [...waitEvidence(prog, wait), takenEvidence(holder)]),
      ...lockOrderEvidence(
        of,
        circle.map((l) => l.wait.task),
      ),
    ],
    explains: SYMPTOMS_OF_WAITING,
  };
}

function linkWords(prog: Program, { wait, holder }: Link): Phrase {
  const what = resourceWords(prog, wait.resource);
  const taken = takerWords(holder);
  return {
    en: `${taskWords(wait.task)} on CPU ${wait.task.cpu} spins on ${what.en}, which ${taskWords(holder.task)} has taken in ${taken}`,
    zh: `CPU ${wait.task.cpu} 上的 ${taskWords(wait.task)} 在 ${what.zh} 上自旋，而它已被 ${taskWords(holder.task)} 在 ${taken} 中取得`,
  };
}
