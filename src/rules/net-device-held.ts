import { attempt } from '../base/attempt.ts';
import { bareName } from '../diagnosis/allocator-calls.ts';
import type { Case } from '../diagnosis/case.ts';
import { logEvidence } from '../diagnosis/evidence.ts';
import type { Rule } from '../diagnosis/rule.ts';
import { canDieOfWaiting, SYMPTOMS_OF_WAITING, taskWords } from '../diagnosis/wait-evidence.ts';
import { type TaskRecord, taskTable } from '../kernel/task.ts';
import { taskStack } from '../kernel/task-stack.ts';
import type { Finding } from '../report/finding.ts';
import type { Stack } from '../unwind/stack.ts';

/** A network device cannot be taken away because somebody still has references to it. */
export const netDeviceHeld: Rule = {
  id: 'net.device-held',
  title: 'A network device is waited for that is still referenced',
  source: 'net/core/dev.c, netdev_wait_allrefs_any(): "waiting for %s to become free. Usage count = %d"',
  *check(of) {
    const lines = of.log.flatMap((r) => r.text.split('\n'));
    const line = lines.findLast((l) => LINE.test(l));
    const match = line === undefined ? null : LINE.exec(line);
    if (line === undefined || !match) return;
    const waiter = waiterOf(of);
    if (waiter) yield finding(of, line, { name: match[1] ?? '', count: Number(match[2]) }, waiter);
  },
};

const LINE = /unregister_netdevice: waiting for (\S+) to become free\. Usage count = (-?\d+)/;
/** netdev_wait_allrefs() until v5.17; netdev_run_todo() has it inlined. */
const WAITS = /^(?:netdev_wait_allrefs(?:_any)?|netdev_run_todo)$/;
const MOST_TASKS = 200;

interface Waiter {
  readonly task: TaskRecord;
  readonly function: string;
  readonly caller?: { readonly function: string; readonly module: string };
}

/** The task that waits now; undefined when the device became free. */
function waiterOf(of: Case): Waiter | undefined {
  const sleeping = (attempt(() => taskTable(of.prog).tasks) ?? []).filter((t) => !t.active && t.state !== 'IN');
  for (const task of sleeping.slice(0, MOST_TASKS)) {
    const stack = attempt(() => taskStack(of.prog, task));
    const found = stack && waitIn(stack);
    if (found) return { task, ...found };
  }
  return undefined;
}

function waitIn({ frames }: Stack): Omit<Waiter, 'task'> | undefined {
  const at = frames.findIndex((f) => !f.user && WAITS.test(bareName(f.symbol?.name ?? '')));
  if (at < 0) return undefined;
  const symbol = frames.slice(at).find((f) => f.symbol?.module !== undefined)?.symbol;
  const caller = symbol?.module === undefined ? undefined : { function: bareName(symbol.name), module: symbol.module };
  return { function: bareName(frames[at]?.symbol?.name ?? ''), ...(caller && { caller }) };
}

function finding(of: Case, line: string, device: { name: string; count: number }, waiter: Waiter): Finding {
  const who = taskWords(waiter.task);
  const { name, count } = device;
  const { caller } = waiter;
  const by = caller
    ? { en: ` for ${caller.function} [${caller.module}]`, zh: `（由 ${caller.function} [${caller.module}] 发起）` }
    : { en: '', zh: '' };
  return {
    severity: canDieOfWaiting(of.fatal?.kind) ? 'cause' : 'suspect',
    confidence: 'likely',
    title: {
      en: `Network device ${name} is removed, but still referenced`,
      zh: `网络设备 ${name} 正被移除，但仍被引用`,
    },
    sentence: {
      en: `${who} waits${by.en} until nobody has references to the network device ${name} any more, of which ${count} were counted: somebody took one by dev_hold() or netdev_hold() and never gave it back, or a socket, route or tunnel still uses it.`,
      zh: `${who}${by.zh} 在等待网络设备 ${name} 不再被引用，而其引用计数为 ${count}：有代码用 dev_hold() 或 netdev_hold() 取得引用而未归还，或某个套接字、路由、隧道仍在使用它。`,
    },
    subject: { pid: waiter.task.pid, ...(caller ?? { function: waiter.function }) },
    evidence: [
      logEvidence(line),
      {
        what: { en: `where ${who} waits`, zh: `${who} 等待之处` },
        value: waiter.function,
        command: `bt ${waiter.task.pid}`,
      },
    ],
    settle: [
      {
        en: 'CONFIG_NET_DEV_REFCNT_TRACKER=y: the kernel then prints who took each reference that is left',
        zh: '使用 CONFIG_NET_DEV_REFCNT_TRACKER=y：内核会打印每个剩余引用由谁取得',
      },
    ],
    explains: SYMPTOMS_OF_WAITING,
  };
}
