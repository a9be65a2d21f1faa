import { attempt } from '../base/attempt.ts';
import type { Phrase } from '../base/phrase.ts';
import { addrAdd } from '../base/u64.ts';
import { frameName, frameSubject } from '../diagnosis/blame.ts';
import type { Case } from '../diagnosis/case.ts';
import { cpuStory } from '../diagnosis/cpu-story.ts';
import { logEvidence, present, wordEvidence } from '../diagnosis/evidence.ts';
import { settingEvidence } from '../diagnosis/lockup-finding.ts';
import { delayEvidence, delayWords, type RcuDelay, rcuDelays } from '../diagnosis/rcu-delays.ts';
import type { Rule } from '../diagnosis/rule.ts';
import { contextWords, type StuckCpu } from '../diagnosis/stuck-cpu.ts';
import { type GracePeriod, gracePeriod } from '../kernel/rcu-grace-period.ts';
import { secondsSinceTick } from '../kernel/ticks.ts';
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
    const seconds = grace?.running ? attempt(() => secondsSinceTick(of.prog, grace.start)) : undefined;
    const stalls = grace !== undefined && seconds !== undefined && seconds >= STALL_SECONDS;
    if (!stalls && of.fatal?.kind !== 'RCU stall') return;
    yield finding(of, grace, seconds);
  },
};

function finding(of: Case, grace: GracePeriod | undefined, seconds: number | undefined): Finding {
  const held = rcuDelays(of, grace);
  const words = held.map(delayWords);
  const whole = seconds === undefined ? undefined : Math.floor(seconds);
  const since: Phrase =
    whole === undefined ? { en: '', zh: '' } : { en: ` after ${whole} s`, zh: `已持续 ${whole} 秒` };
  const first = held.find((d) => d.frame) ?? held[0];
  const context = first?.stuck ? contextWords(first.stuck) : { en: '', zh: '' };
  const story = first?.stuck && held.length === 1 ? attempt(() => cpuStory(of, first.stuck as StuckCpu)) : undefined;
  return {
    severity: of.fatal?.kind === 'RCU stall' ? 'cause' : 'suspect',
    confidence: held.length > 0 ? 'likely' : 'possible',
    title: {
      en: `RCU stall${first ? ` in ${frameName(first.frame)}${context.en}` : ''}`,
      zh: `${first ? `${frameName(first.frame)}${context.zh} 中` : ''}RCU 停滞`,
    },
    sentence: {
      en: `A grace period of RCU has not ended${since.en}; it waits for ${words.map((h) => h.en).join(', ') || 'nobody that is known'}${story?.words.en ?? ''}.`,
      zh: `RCU 宽限期${since.zh}仍未结束；它在等待${words.map((h) => h.zh).join('、') || '未知对象'}${story?.words.zh ?? ''}。`,
    },
    subject: { ...frameSubject(first?.frame), ...(first?.task && context.en === '' && { pid: first.task.pid }) },
    evidence: [...evidenceOf(of, grace, held), ...(story?.evidence ?? [])],
    ...(story?.settle && { settle: [story.settle] }),
  };
}

function evidenceOf(of: Case, grace: GracePeriod | undefined, held: readonly RcuDelay[]): Evidence[] {
  const line = of.log.map((r) => r.text.split('\n')[0] ?? '').findLast((l) => LINE.test(l));
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
    ...held.flatMap((d) => delayEvidence(d)),
    ...(of.fatal?.kind === 'RCU stall' ? settingEvidence(of, 'kernel.panic_on_rcu_stall') : []),
  ];
}
