import { attempt } from '../base/attempt.ts';
import { hex, hexPad } from '../base/hex.ts';
import type { Addr } from '../base/units.ts';
import { bareName } from '../diagnosis/allocator-calls.ts';
import type { Case } from '../diagnosis/case.ts';
import type { Rule } from '../diagnosis/rule.ts';
import { canDieOfWaiting, SYMPTOMS_OF_WAITING, taskWords } from '../diagnosis/wait-evidence.ts';
import { type FrameArgument, frameArguments } from '../fault/frame-arguments.ts';
import { structAt } from '../kernel/module-struct.ts';
import { taskStack } from '../kernel/task-stack.ts';
import { type TaskWait, waitGraph } from '../kernel/wait-graph.ts';
import type { Program } from '../program/program.ts';
import type { Confidence, Finding } from '../report/finding.ts';
import type { Stack } from '../unwind/stack.ts';

/** A file of sysfs is removed by the function that reads or writes it, which the removal waits for. */
export const waitOwnFile: Rule = {
  id: 'wait.own-file',
  title: 'A file of sysfs waits for its own reader or writer to end',
  source: 'fs/kernfs/dir.c, kernfs_drain() and kernfs_remove_self(); drivers/base/core.c, device_remove_file_self()',
  *check(of) {
    for (const wait of waitGraph(of.prog).waits) {
      if (!WAITS.test(bareName(wait.site.function))) continue;
      const found = ownFile(of.prog, wait);
      if (found) yield finding(of, wait, found);
    }
  },
};

/** Waits until nobody is inside of a file any more. */
const WAITS = /^kernfs_drain$/;
/** Calls what reads or writes a file, and is counted as inside of it. */
const INSIDE = /^kernfs_fop_(?:read|write)(?:_iter)?$/;

interface OwnFile {
  readonly via: string;
  /** The functions between, the nearest of a module. */
  readonly caller?: { readonly function: string; readonly module: string };
  /** `struct kernfs_node *` */
  readonly node?: Addr;
  readonly name?: string;
  readonly confidence: Confidence;
}

function ownFile(prog: Program, wait: TaskWait): OwnFile | undefined {
  const stack = taskStack(prog, wait.task);
  const names = stack.frames.map((f) => bareName(f.symbol?.name ?? ''));
  const drain = names.findIndex((n) => WAITS.test(n));
  const inside = names.findIndex((n, i) => i > drain && INSIDE.test(n));
  if (drain < 0 || inside < 0) return undefined;
  const waited = argument(prog, stack, drain, /^kn$/);
  const open = argument(prog, stack, inside, /^iocb$/);
  const own = open === undefined ? undefined : attempt(() => nodeOf(prog, open));
  if (waited !== undefined && own !== undefined && waited !== own) return undefined;
  const module = stack.frames.slice(drain, inside).find((f) => f.symbol?.module !== undefined)?.symbol;
  const node = waited ?? own;
  const name = node === undefined ? undefined : attempt(() => structAt(prog, 'kernfs_node', node).get('name').toText());
  return {
    via: names[inside] as string,
    confidence: waited !== undefined && own !== undefined ? 'certain' : 'likely',
    ...(module?.module !== undefined && { caller: { function: bareName(module.name), module: module.module } }),
    ...(node !== undefined && { node }),
    ...(name !== undefined && name !== '' && { name }),
  };
}

function argument(prog: Program, stack: Stack, index: number, name: RegExp): bigint | undefined {
  const all = attempt((): readonly FrameArgument[] => frameArguments(prog, { stack, index }));
  return all?.find((a) => name.test(a.name))?.value;
}

/** The node of the file that an I/O request is for: its private data is a seq_file whose private data is the open file of kernfs. */
function nodeOf(prog: Program, iocb: Addr): Addr {
  const file = structAt(prog, 'kiocb', iocb).get('ki_filp').toBigInt();
  const seq = structAt(prog, 'file', file).get('private_data').toBigInt();
  const open = structAt(prog, 'seq_file', seq).get('private').toBigInt();
  return structAt(prog, 'kernfs_open_file', open).get('kn').toBigInt();
}

function finding(of: Case, wait: TaskWait, { via, caller, node, name, confidence }: OwnFile): Finding {
  const who = taskWords(wait.task);
  const where = caller ? `${caller.function} [${caller.module}]` : bareName(wait.site.function);
  const file =
    name === undefined
      ? { en: 'a file of sysfs', zh: '某个 sysfs 文件' }
      : { en: `the file ${name} of sysfs`, zh: `sysfs 文件 ${name}` };
  const command = `bt ${wait.task.pid}`;
  return {
    severity: canDieOfWaiting(of.fatal?.kind) ? 'cause' : 'suspect',
    confidence,
    title: {
      en: `Self-deadlock: ${where} removes the file of sysfs that it is called by`,
      zh: `自死锁：${where} 删除了正在调用它的 sysfs 文件`,
    },
    sentence: {
      en: `${who} removes ${file.en} in ${where}, which was called because that file is being read or written (${via}): the removal waits until nobody is inside of the file, and it is itself. sysfs_remove_file_self() and device_remove_file_self() are for that.`,
      zh: `${who} 在 ${where} 中删除${file.zh}，而它正是因该文件被读写（${via}）才被调用：删除操作要等无人处于该文件之内，而占用者就是它自己。应使用 sysfs_remove_file_self() 或 device_remove_file_self()。`,
    },
    subject: { pid: wait.task.pid, ...caller, ...(node !== undefined && { address: hex(node), type: 'kernfs_node' }) },
    evidence: [
      { what: { en: `where ${who} waits`, zh: `${who} 等待之处` }, value: bareName(wait.site.function), command },
      { what: { en: 'further up on the same stack', zh: '同一栈的更外层' }, value: via, command },
      ...nodeEvidence(of.prog, node),
    ],
    explains: SYMPTOMS_OF_WAITING,
  };
}

function nodeEvidence(prog: Program, node: Addr | undefined): Finding['evidence'] {
  const active = node === undefined ? undefined : attempt(() => structAt(prog, 'kernfs_node', node).get('active'));
  const value = active && attempt(() => prog.memory.u32(active.address));
  if (!active || value === undefined) return [];
  const what = {
    en: 'who is inside of the file, from KN_DEACTIVATED_BIAS (80000001) on',
    zh: '处于该文件之内的数目，从 KN_DEACTIVATED_BIAS（80000001）算起',
  };
  return [{ what, value: value.toString(16).padStart(8, '0'), command: `rd -32 ${hexPad(active.address)}` }];
}
