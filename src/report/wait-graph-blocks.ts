import type { Language, Phrase } from '../base/phrase.ts';
import type { WaitKind } from '../kernel/wait-function.ts';
import type { HolderHow } from '../kernel/wait-resource.ts';
import type { Block } from './block.ts';
import { digits } from './pad.ts';
import { problemBlocks } from './problems.ts';
import type { TaskName } from './task-data.ts';
import type { WaitData, WaitGraphData, WaitResourceData, WaitRootData } from './wait-graph-data.ts';

export const WAIT_KINDS: Readonly<Record<WaitKind, Phrase>> = {
  mutex: { en: 'mutex', zh: '互斥锁' },
  rwsem: { en: 'rwsem', zh: '读写信号量' },
  'percpu-rwsem': { en: 'percpu rwsem', zh: '每 CPU 读写信号量' },
  'rt-mutex': { en: 'rt-mutex', zh: '实时互斥锁' },
  semaphore: { en: 'semaphore', zh: '信号量' },
  spinlock: { en: 'spinlock', zh: '自旋锁' },
  rwlock: { en: 'rwlock', zh: '读写自旋锁' },
  completion: { en: 'completion', zh: '完成量' },
  'wait-queue': { en: 'wait queue', zh: '等待队列' },
  journal: { en: 'journal', zh: '文件系统日志' },
  page: { en: 'page bit', zh: '页标志位' },
  bit: { en: 'bit', zh: '标志位' },
  work: { en: 'work', zh: '工作项' },
  'grace-period': { en: 'RCU grace period', zh: 'RCU 宽限期' },
  request: { en: 'block request', zh: '块设备请求' },
  'cpu-call': { en: 'call on other CPUs', zh: '对其他 CPU 的函数调用' },
  futex: { en: 'futex', zh: 'futex' },
  timer: { en: 'timer', zh: '定时器' },
  unknown: { en: 'unknown', zh: '未知' },
};

const HOW: Readonly<Record<HolderHow, Phrase>> = {
  owner: { en: 'its owner field', zh: '锁的 owner 字段' },
  reader: { en: 'the reader that came last', zh: '最后进入的读者' },
  'last-holder': { en: 'who got it last', zh: '最近的持有者' },
  vfork: { en: 'the child that must exec or exit', zh: '须 exec 或退出的子进程' },
  thread: { en: 'the thread that must exit or park', zh: '须退出或停驻的线程' },
  worker: { en: 'it executes the work', zh: '正在执行该工作项' },
  reporter: { en: 'the grace period waits for it', zh: '宽限期在等它' },
  target: { en: 'its CPU has not answered', zh: '其 CPU 尚未响应' },
  waker: { en: 'it serves the queue', zh: '由它服务该队列' },
  handle: { en: 'it has a handle of the transaction open', zh: '它持有该事务的打开句柄' },
  futex: { en: 'the futex names it', zh: 'futex 指明是它' },
  lockdep: { en: 'lockdep notes it', zh: 'lockdep 记录了它' },
  'on-stack': { en: 'inferred: the address is on its stack', zh: '推断：地址在其栈上' },
};

const WORDS = {
  title: { en: 'Who waits for whom', zh: '谁在等谁' },
  nobody: { en: 'nobody waits uninterruptibly, for a lock or spinning', zh: '没有任务在不可中断地等待、等锁或自旋' },
  deadlock: { en: 'DEADLOCK', zh: '死锁' },
  maybe: { en: 'POSSIBLE DEADLOCK (inferred)', zh: '可能的死锁（推断）' },
  unfound: { en: 'not found', zh: '未找到' },
  runs: { en: 'running on CPU', zh: '正运行于 CPU' },
  sleeps: { en: 'sleeps in', zh: '睡眠于' },
} as const satisfies Record<string, Phrase>;

/** Waits that are for nothing that could be found. */
const NOTHING: ReadonlySet<WaitKind> = new Set(['unknown', 'timer']);

/** Rows of the table of waits. */
const COLUMNS = [
  { title: 'PID', align: 'right' },
  { title: 'COMMAND', align: 'left' },
  { title: 'ST', align: 'left' },
  { title: 'SECONDS', align: 'right' },
  { title: 'IN', align: 'left' },
  { title: 'FOR', align: 'left' },
  { title: 'HELD BY', align: 'left' },
] as const;

/** The section of a report; none where nobody waits. */
export function* waitGraphSection(data: WaitGraphData, language: Language): Iterable<Block> {
  if (data.total === 0) return;
  yield { kind: 'heading', text: WORDS.title[language] };
  yield* waitGraphBlocks(data, language);
}

/** Cycles, where chains end, and every wait. */
export function* waitGraphBlocks(data: WaitGraphData, language: Language): Iterable<Block> {
  if (data.waits.length === 0 && data.roots.length === 0) {
    yield { kind: 'lines', lines: [WORDS.nobody[language]] };
  } else {
    for (const cycle of data.cycles) {
      const title = (cycle.sure ? WORDS.deadlock : WORDS.maybe)[language];
      yield { kind: 'lines', lines: [title, ...cycleLines(data, cycle, language), ''] };
    }
    const roots = data.roots.map((r) => rootLine(r, data.resources, language));
    if (roots.length > 0) yield { kind: 'lines', lines: [...roots, ''] };
    const rows = data.waits.map((w) => row(w, data.resources, language));
    if (rows.length > 0) yield { kind: 'table', columns: COLUMNS, rows };
    const more = data.total - data.waits.length;
    if (more > 0) yield { kind: 'lines', lines: [moreLine(more, language)] };
  }
  yield* problemBlocks(data);
}

function cycleLines(data: WaitGraphData, cycle: WaitGraphData['cycles'][number], language: Language): string[] {
  const lines = cycle.tasks.map((task, i) => {
    const resource = data.resources[cycle.resources[i] ?? -1];
    const next = cycle.tasks[(i + 1) % cycle.tasks.length] ?? task;
    const holder = resource?.holders.find((h) => h.task === next.task);
    const what = resource ? resourceText(resource, language) : WORDS.unfound[language];
    const how = holder ? ` (${HOW[holder.how][language]})` : '';
    return language === 'en'
      ? `  ${taskText(task)} waits for ${what}, held by ${taskText(next)}${how}`
      : `  ${taskText(task)} 等待 ${what}，持有者 ${taskText(next)}${how}`;
  });
  if (cycle.behind === 0) return lines;
  return [
    ...lines,
    language === 'en' ? `  ${cycle.behind} more wait behind them` : `  另有 ${cycle.behind} 个任务在其后等待`,
  ];
}

function rootLine(root: WaitRootData, resources: readonly WaitResourceData[], language: Language): string {
  const has = root.resources.flatMap((i) => resources[i] ?? []).map((r) => resourceText(r, language));
  const where = root.running
    ? `${WORDS.runs[language]} ${root.cpu}`
    : root.function === null
      ? root.state
      : `${WORDS.sleeps[language]} ${root.function}`;
  const longest = root.longestSeconds === null ? '' : seconds(root.longestSeconds);
  if (language === 'zh') {
    const time = longest === '' ? '' : `，最长已等 ${longest} 秒`;
    return `${root.waiting} 个任务等待 ${taskText(root)}（${where}）：${has.join('、')}${time}`;
  }
  const time = longest === '' ? '' : `, the longest since ${longest} s`;
  const count = `${root.waiting} ${root.waiting === 1 ? 'task waits' : 'tasks wait'}`;
  return `${count} for ${taskText(root)} (${where}): ${has.join(', ')}${time}`;
}

/**
 * `mutex lock_a [module] (ffffffffc0584240)`, `rwsem inode.i_rwsem of /mnt/x (inode 13 on vda) (ffff8881…)`,
 * `page bit writeback of page 3 of /mnt/x (inode 13 on vda) (ffffea00…)`
 */
export function resourceText(resource: WaitResourceData, language: Language): string {
  const { kind, name, module, address, owner } = resource;
  const parts = [WAIT_KINDS[kind][language]];
  const part = kind === 'page' || kind === 'bit' ? bitText(resource.state) : undefined;
  if (part !== undefined) parts.push(part);
  if (kind === 'journal') parts.push(resource.state); // `j_wait_done_commit vda-8`
  const of = part === undefined || name === null ? '' : language === 'zh' ? '，属于 ' : ' of ';
  if (name !== null && kind !== 'journal') parts.push(lockNameText(name, language));
  if (module !== null) parts.push(`[${module}]`);
  if (owner && !name?.includes(`PID ${owner.pid}`)) parts.push(`PID ${owner.pid}`);
  const text = of === '' ? parts.join(' ') : `${parts.slice(0, 2).join(' ')}${of}${parts.slice(2).join(' ')}`;
  return `${text}${placeText(resource, language)} (${digits(address)})`;
}

/** A name as it is shown: `on the stack of PID 12` is the only one that is words. */
export function lockNameText(name: string, language: Language): string {
  if (language === 'en') return name;
  return name.replace(/^on the stack of PID (\d+)$/, 'PID $1 的栈上');
}

/** Which bit is waited for: the first word of `writeback flags=0x…`, `BH_Lock: bit 2 of 0x…` or `bit 3 of 0x…`. */
function bitText(state: string): string | undefined {
  const found = /^(?:bit )?([\w-]+)(?= flags=|: bit | of 0x)/.exec(state)?.[1];
  return found;
}

/** The file or the block that it is of, and the device that it is on. */
function placeText({ inode, path, device, block }: WaitResourceData, language: Language): string {
  const zh = language === 'zh';
  const on = device === undefined ? '' : zh ? `，位于 ${device}` : ` on ${device}`;
  if (block !== undefined) return zh ? `，块 ${block}${on}` : `, block ${block}${on}`;
  if (inode === undefined) return on;
  if (path === undefined) return zh ? `，属于 inode ${inode}${on}` : ` of inode ${inode}${on}`;
  return zh ? `，属于 ${path}（inode ${inode}${on}）` : ` of ${path} (inode ${inode}${on})`;
}

function taskText(task: Pick<TaskName, 'pid' | 'comm'>): string {
  return `PID ${task.pid} "${task.comm}"`;
}

function row(wait: WaitData, resources: readonly WaitResourceData[], language: Language): string[] {
  const resource = wait.resource === null ? undefined : resources[wait.resource];
  const mode = wait.mode ? `, ${wait.mode}` : '';
  const by = wait.purpose === wait.function ? wait.caller : (wait.purpose ?? wait.caller);
  return [
    String(wait.pid),
    wait.comm,
    wait.state,
    wait.seconds === null ? '?' : seconds(wait.seconds),
    by === undefined ? wait.function : `${wait.function} < ${by}`,
    resource ? resourceText(resource, language) + mode : NOTHING.has(wait.kind) ? '-' : WORDS.unfound[language],
    resource?.holders.map((h) => `${h.sure ? '' : '? '}${h.pid} ${h.comm}`).join(', ') ?? '',
  ];
}

function seconds(value: number): string {
  return value.toFixed(value < 100 ? 1 : 0);
}

function moreLine(more: number, language: Language): string {
  return language === 'en'
    ? `... ${more} more tasks wait (waits lists all)`
    : `……另有 ${more} 个任务在等待（waits 列出全部）`;
}
