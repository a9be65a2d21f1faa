import { attempt } from '../base/attempt.ts';
import type { Phrase } from '../base/phrase.ts';
import { callPath } from '../fault/call-path.ts';
import { panicSetting } from '../kernel/panic-settings.ts';
import { presentCpus } from '../kernel/percpu.ts';
import { taskStack } from '../kernel/task-stack.ts';
import type { Evidence, Finding } from '../report/finding.ts';
import type { FrameData } from '../report/stack-data.ts';
import { bareName } from './allocator-calls.ts';
import { frameName, frameSubject } from './blame.ts';
import type { Case } from './case.ts';
import { cpuStory } from './cpu-story.ts';
import { logEvidence } from './evidence.ts';
import { contextWords, interruptWords, type StuckCpu, stuckCpu } from './stuck-cpu.ts';
import { taskWords } from './wait-evidence.ts';

/** What the kernel said of a CPU that did not go on. */
export interface LockupReport {
  readonly line: string;
  readonly cpu: number;
  readonly seconds?: number;
}

/** The finding about a CPU that is held: by whom, in which function, spinning on what. */
export function lockupFinding(of: Case, report: LockupReport, found: StuckCpu | undefined, name: Phrase): Finding {
  const taker = found?.spins?.caller;
  const user = found && callerOfWaiting(found);
  const inside = user && user !== found?.frame ? ` (${found.frame.symbol})` : '';
  const where = taker ? `${taker.function}${taker.module === undefined ? '' : ` [${taker.module}]`}` : frameName(user);
  const asked = found && !taker && user?.module === null ? moduleBehind(of, found) : undefined;
  const by = asked === undefined ? '' : `${asked.function} [${asked.module}]`;
  const behalf = by === '' ? NOTHING : { en: `, called by ${by}`, zh: `（由 ${by} 调用）` };
  const { seconds } = report;
  const since = seconds === undefined ? { en: '', zh: '' } : { en: ` for ${seconds} s`, zh: ` ${seconds} 秒` };
  const who = whoWords(found);
  const interrupts = found !== undefined && contextWords(found).en !== '';
  const flags = found ? interruptWords(found) : { en: '', zh: '' };
  const silent = found && CALLS_CPUS.test(found.frame.symbol ?? '') ? silentCpu(of, found.cpu) : NOTHING;
  const story = found && cpuStory(of, found);
  const spins = story?.words ?? NOTHING;
  return {
    severity: 'cause',
    confidence: found ? 'certain' : 'likely',
    title: { en: `${name.en} of CPU ${report.cpu} in ${where}`, zh: `CPU ${report.cpu} ${name.zh}：${where}` },
    sentence: {
      en: `${name.en}: CPU ${report.cpu} was held${since.en}${who.before.en} in ${where}${taker ? '' : inside}${behalf.en}${who.behind.en}${flags.en}${spins.en}${silent.en}.`,
      zh: `${name.zh}：CPU ${report.cpu} ${who.before.zh}被占用${since.zh}，停在 ${where}${taker ? '' : inside}${behalf.zh}${who.behind.zh}${flags.zh}${spins.zh}${silent.zh}。`,
    },
    subject: { ...(taker ?? asked ?? frameSubject(user)), ...(found && !interrupts && { pid: found.task.pid }) },
    evidence: [logEvidence(report.line), ...(found ? cpuEvidence(found) : []), ...(story?.evidence ?? [])],
    ...(story?.settle && { settle: [story.settle] }),
    explains: ['rcu.stall', 'work.stall', 'wait.hung-task', 'wait.hang', 'panic.asked'],
  };
}

const NOTHING: Phrase = { en: '', zh: '' };

/** Who had the CPU: the task, or an interrupt that came while it ran and that it has no part in. */
function whoWords(found: StuckCpu | undefined): { readonly before: Phrase; readonly behind: Phrase } {
  if (!found) return { before: { en: ' by ?', zh: '由 ? ' }, behind: NOTHING };
  const task = taskWords(found.task);
  const place = contextWords(found);
  if (place.en === '') return { before: { en: ` by ${task}`, zh: `由 ${task} ` }, behind: NOTHING };
  return {
    before: NOTHING,
    behind: { en: `${place.en} that came while ${task} ran`, zh: `${place.zh}，它打断了 ${task}` },
  };
}

/** Callers that are looked at for a module. */
const NEAR = 6;

/** The nearest function of a module that called what a CPU was found in, also one that jumped on and is on no stack. */
function moduleBehind(
  of: Case,
  { stack, index, task, cpu }: StuckCpu,
): { function: string; module: string } | undefined {
  const path =
    attempt(() => [...callPath(of.prog, { stack: taskStack(of.prog, task), index, cpu, task: task.address })]) ?? [];
  const jumped = path.slice(0, NEAR).find((c) => c.module !== undefined);
  if (jumped?.module !== undefined) return { function: bareName(jumped.function), module: jumped.module };
  const near = stack.frames.slice(index + 1, index + NEAR);
  const end = near.findIndex((f) => f.interrupted || f.stack === 'user');
  const frame = near.slice(0, end < 0 ? undefined : end).find((f) => f.module !== null);
  return frame?.symbol && frame.module ? { function: bareName(frame.symbol), module: frame.module } : undefined;
}

/** Functions that wait for a lock or for other CPUs on behalf of who called them (kernel/locking, kernel/smp.c). */
const WAITING =
  /^(?:_{0,2}raw_(?:spin|read|write)_\w+|(?:native_|pv_|__pv_)?queued_\w+|(?:__)?csd_lock\w*|smp_call_function\w*|on_each_cpu\w*|do_raw_\w+|osq_lock|mutex_spin_on_owner|rwsem_spin_on_owner)$/;
const CALLS_CPUS = /^(?:smp_call_function|on_each_cpu|(?:__)?csd_lock)/;

/** The function in which it was found, or who had it wait there. */
function callerOfWaiting({ frame, stack, index }: StuckCpu): FrameData {
  const bare = (f: FrameData): string => bareName(f.symbol ?? '');
  if (!WAITING.test(bare(frame))) return frame;
  return stack.frames.slice(index).find((f) => !WAITING.test(bare(f)) && f.stack !== 'user') ?? frame;
}

/** A CPU that takes no interrupts, and so does not answer those who call it. */
function silentCpu(of: Case, asking: number): Phrase {
  for (const cpu of presentCpus(of.prog)) {
    if (cpu === asking) continue;
    const other = stuckCpu(of, cpu);
    if (other?.interrupts !== false) continue;
    const at = frameName(callerOfWaiting(other));
    return {
      en: `; it waits for CPU ${cpu}, which takes no interrupts: ${taskWords(other.task)} stands in ${at} there`,
      zh: `；它在等待 CPU ${cpu}，而后者不响应中断：${taskWords(other.task)} 停在 ${at}`,
    };
  }
  return NOTHING;
}

function cpuEvidence(found: StuckCpu): Evidence[] {
  const evidence: Evidence[] = [];
  const command = `bt -c ${found.cpu}`;
  const { symbol } = found.frame;
  if (symbol !== null) {
    const what = { en: `where CPU ${found.cpu} was interrupted`, zh: `CPU ${found.cpu} 被中断处` };
    evidence.push({ what, value: symbol, command });
  }
  const caller = found.stack.frames.slice(found.index + 1).find((f) => f.symbol !== null);
  if (caller?.symbol) evidence.push({ what: { en: 'called by', zh: '调用者' }, value: caller.symbol, command });
  const flags = found.frame.registers?.rflags ?? found.frame.registers?.pstate;
  if (flags !== undefined && found.interrupts !== undefined) {
    const what = found.interrupts
      ? { en: 'its flags: it takes interrupts there', zh: '标志寄存器：该处中断开启' }
      : { en: 'its flags: interrupts are off there', zh: '标志寄存器：该处中断关闭' };
    evidence.push({ what, value: flags.slice(-8), command });
  }
  return evidence;
}

/**
 * The setting that made the kernel stop for it. panic() itself takes panic_on_warn back, so that a warning on its way does not
 * lead to another panic (kernel/panic.c): a setting that reads 0 now proves nothing.
 */
export function settingEvidence(of: Case, name: string): Evidence[] {
  const setting = panicSetting(of.prog, name);
  if (!setting || setting.value === 0) return [];
  const what = { en: `${name}, which says to stop for it`, zh: `${name}：因此而停机` };
  return [{ what, value: String(setting.value), command: `rd -d -32 ${setting.symbol}` }];
}
