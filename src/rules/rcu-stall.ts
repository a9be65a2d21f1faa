import { attempt } from '../base/attempt.ts';
import { hexPad } from '../base/hex.ts';
import type { Phrase } from '../base/phrase.ts';
import { addrAdd } from '../base/u64.ts';
import { frameName, frameSubject } from '../diagnosis/blame.ts';
import type { Case } from '../diagnosis/case.ts';
import { logEvidence, present, wordEvidence } from '../diagnosis/evidence.ts';
import { settingEvidence } from '../diagnosis/lockup-finding.ts';
import type { Rule } from '../diagnosis/rule.ts';
import { stuckCpu } from '../diagnosis/stuck-cpu.ts';
import { taskWords } from '../diagnosis/wait-evidence.ts';
import { type GracePeriod, gracePeriod } from '../kernel/rcu-grace-period.ts';
import { findTask } from '../kernel/task.ts';
import { tickRate } from '../kernel/timekeeping.ts';
import type { Evidence, Finding } from '../report/finding.ts';

/** The kernel's default: CONFIG_RCU_CPU_STALL_TIMEOUT. */
const STALL_SECONDS = 21;
const LINE = /rcu: INFO: \S+ (?:self-)?detected (?:expedited )?stalls? on|INFO: rcu_\w+ (?:self-)?detected stalls? on/;

/** A grace period of RCU does not end: a CPU or a preempted reader holds it up. */
export const rcuStall: Rule = {
  id: 'rcu.stall',
  title: 'RCU stall',
  source: 'Documentation/RCU/stallwarn.rst; kernel/rcu/tree_stall.h',
  *check(of) {
    const grace = attempt(() => gracePeriod(of.prog));
    const seconds = grace?.running ? ageOf(of, grace) : undefined;
    const line = of.log.map((r) => r.text.split('\n')[0] ?? '').findLast((l) => LINE.test(l));
    const stalls = grace !== undefined && seconds !== undefined && seconds >= STALL_SECONDS;
    if (!stalls && of.fatal?.kind !== 'RCU stall') return;
    yield finding(of, grace, seconds, line);
  },
};

function ageOf(of: Case, grace: GracePeriod): number | undefined {
  const symbol = of.prog.findSymbol('jiffies_64') ?? of.prog.findSymbol('jiffies');
  const rate = attempt(() => tickRate(of.prog));
  const now = symbol && attempt(() => of.prog.memory.u64(symbol.address));
  return rate === undefined || now === undefined || now < grace.start ? undefined : Number(now - grace.start) / rate;
}

function finding(
  of: Case,
  grace: GracePeriod | undefined,
  seconds: number | undefined,
  line: string | undefined,
): Finding {
  const cpus = (grace?.cpus ?? []).map((cpu) => ({ cpu, stuck: stuckCpu(of, cpu) }));
  const tasks = (grace?.tasks ?? []).map((t) => findTask(of.prog, t)).filter((t) => t !== undefined);
  const held: Phrase[] = [
    ...cpus.map(({ cpu, stuck }) => {
      const where = stuck ? `${taskWords(stuck.task)}, ${frameName(stuck.frame)}` : '?';
      return { en: `CPU ${cpu} (${where})`, zh: `CPU ${cpu}（${where}）` };
    }),
    ...tasks.map((t) => ({ en: taskWords(t), zh: taskWords(t) })),
  ];
  const dies = of.fatal?.kind === 'RCU stall';
  const since = seconds === undefined ? '' : ` ${Math.floor(seconds)} s`;
  const first = cpus[0]?.stuck;
  return {
    severity: dies ? 'cause' : 'suspect',
    confidence: held.length > 0 ? 'likely' : 'possible',
    title: { en: 'RCU stall', zh: 'RCU 停滞' },
    sentence: {
      en: `A grace period of RCU has not ended${since === '' ? '' : ` after${since}`}; it waits for ${held.map((h) => h.en).join(', ') || 'nobody that is known'}.`,
      zh: `RCU 宽限期${since === '' ? '' : `已持续${since}`}仍未结束；它在等待${held.map((h) => h.zh).join('、') || '未知对象'}。`,
    },
    subject: { ...frameSubject(first?.frame), ...(first && { pid: first.task.pid }) },
    evidence: evidenceOf(
      of,
      grace,
      line,
      cpus.map((c) => c.cpu),
    ),
  };
}

function evidenceOf(
  of: Case,
  grace: GracePeriod | undefined,
  line: string | undefined,
  cpus: readonly number[],
): Evidence[] {
  const sequence = grace && {
    what: {
      en: 'gp_seq: its lowest two bits are not 0 while a grace period runs',
      zh: 'gp_seq：低两位非 0 表示宽限期进行中',
    },
    at: addrAdd(grace.address, of.prog.offset('rcu_state', 'gp_seq')),
  };
  return [
    ...(line === undefined ? [] : [logEvidence(line)]),
    ...present(sequence && wordEvidence(of.prog, sequence.what, sequence.at)),
    ...cpus.flatMap((cpu) => maskEvidence(of, cpu)),
    ...(of.fatal?.kind === 'RCU stall' ? settingEvidence(of, 'kernel.panic_on_rcu_stall') : []),
  ];
}

/** Where the CPU is that has not reported. */
function maskEvidence(of: Case, cpu: number): Evidence[] {
  const stuck = stuckCpu(of, cpu);
  if (!stuck) return [];
  const what = { en: `what CPU ${cpu} runs, which has not reported`, zh: `尚未上报的 CPU ${cpu} 上运行的任务` };
  return [{ what, value: hexPad(stuck.task.address), command: `bt -c ${cpu}` }];
}
