import { attempt } from '../base/attempt.ts';
import { hex, hexPad } from '../base/hex.ts';
import type { Phrase } from '../base/phrase.ts';
import { addrAdd } from '../base/u64.ts';
import type { Addr } from '../base/units.ts';
import { notedFor } from '../kernel/lockdep.ts';
import { findTask, type TaskRecord } from '../kernel/task.ts';
import type { GraphResource, TaskWait } from '../kernel/wait-graph.ts';
import type { Program } from '../program/program.ts';
import type { Evidence, FindingSubject } from '../report/finding.ts';
import { resourceText } from '../report/wait-graph-blocks.ts';
import { resourceData } from '../report/wait-graph-data.ts';
import { present, wordEvidence } from './evidence.ts';

/** A task in a sentence, the same in every language. */
export function taskWords({ pid, comm }: Pick<TaskRecord, 'pid' | 'comm'>): string {
  return `PID ${pid} "${comm}"`;
}

/** What is waited for, in a sentence. */
export function resourceWords(prog: Program, resource: GraphResource | undefined): Phrase {
  if (!resource) return { en: 'something that was not found', zh: '未能确定的对象' };
  const data = resourceData(prog, resource);
  return { en: resourceText(data, 'en'), zh: resourceText(data, 'zh') };
}

/** The function that waits, as a sentence names it. */
export function callerWords({ caller, site }: TaskWait): string {
  if (!caller) return site.function;
  return caller.module === undefined ? caller.function : `${caller.function} [${caller.module}]`;
}

/** That a task waits, for what, and the word that says who has it. */
export function waitEvidence(prog: Program, wait: TaskWait): Evidence[] {
  const { task, site, resource, caller } = wait;
  const who = taskWords(task);
  const sleeps = {
    what: { en: `${who} waits in this function`, zh: `${who} 在此函数中等待` },
    value: site.function,
    command: `bt ${task.pid}`,
  };
  const started = caller?.started === undefined ? [] : [startedEvidence(who, caller.function, caller.started)];
  if (!resource) return [sleeps, ...started];
  const what = {
    what: { en: `what ${who} waits for`, zh: `${who} 等待的对象` },
    value: resourceText(resourceData(prog, resource), 'en'),
    command: `waits -t ${task.pid}`,
  };
  return [sleeps, what, ...started, ...present(ownerEvidence(prog, resource)), ...notedEvidence(prog, resource)];
}

/** More holders of one lock are not told one by one. */
const MOST = 3;

/** Where the holders took it, on a kernel with lockdep. */
function notedEvidence(prog: Program, resource: GraphResource): Evidence[] {
  const noted = attempt(() => notedFor(prog, resource)) ?? [];
  return resource.holders.slice(0, MOST).flatMap(({ task }) => {
    const record = noted.find((n) => n.task === task);
    const holder = findTask(prog, task);
    const name = record && prog.symbolAt(record.by)?.name;
    if (!record || !holder || name === undefined) return [];
    const who = taskWords(holder);
    const what = { en: `by lockdep ${who} took it in`, zh: `lockdep 记录 ${who} 取得它的位置` };
    return [{ what, value: name, command: `rd -s ${hexPad(record.at)}` }];
  });
}

/** The function that a thread or work executes, where it is on the stack no more. */
export function startedEvidence(who: string, name: string, word: Addr): Evidence {
  return {
    what: { en: `what ${who} executes`, zh: `${who} 所执行的函数` },
    value: name,
    command: `rd -s ${hexPad(word)}`,
  };
}

/** The word of a lock that names its owner. */
function ownerEvidence(prog: Program, resource: GraphResource): Evidence | undefined {
  const place = attempt(() => prog.findMember(resource.type, 'owner'));
  if (!place || resource.holders.length === 0) return undefined;
  const holder = resource.holders[0];
  const name = { en: 'its owner: the task with flags in the lowest bits', zh: '其 owner：任务地址，最低几位是标志' };
  const word = wordEvidence(prog, name, addrAdd(resource.address, place.offset));
  return holder && word && BigInt(`0x${word.value}`) >> 3n === holder.task >> 3n ? word : undefined;
}

/** Whom a finding about waits blames: the function that took the lock, the lock, the task. */
export function waitSubject(wait: TaskWait): FindingSubject {
  const { caller, task, resource } = wait;
  return {
    ...(caller && { function: caller.function, ...(caller.module !== undefined && { module: caller.module }) }),
    ...(resource && { address: hex(resource.address) }),
    ...(resource && resource.type !== '' && { type: resource.type }),
    pid: task.pid,
  };
}

/** Whether what killed the kernel can be that tasks did not go on: it found itself stuck, or was told to stop. */
export function canDieOfWaiting(kind: string | undefined): boolean {
  return kind === undefined || STUCK.has(kind);
}

const STUCK = new Set([
  'crash requested through sysrq',
  'hung task',
  'soft lockup',
  'hard lockup',
  'RCU stall',
  'panic',
]);

/** What a deadlock or a hang leads to. */
export const SYMPTOMS_OF_WAITING: readonly string[] = [
  ...['panic.asked', 'panic.nmi', 'wait.hung-task', 'wait.hang', 'work.stall', 'rcu.stall', 'io.stuck', 'io.slow'],
  ...['cpu.soft-lockup', 'cpu.hard-lockup'],
];
