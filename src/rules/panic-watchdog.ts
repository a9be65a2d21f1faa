import { attempt } from '../base/attempt.ts';
import type { Phrase } from '../base/phrase.ts';
import type { Case } from '../diagnosis/case.ts';
import { logEvidence } from '../diagnosis/evidence.ts';
import type { Rule } from '../diagnosis/rule.ts';
import { sleeperWords } from '../diagnosis/sleeper-words.ts';
import { taskWords } from '../diagnosis/wait-evidence.ts';
import { descriptorFiles } from '../kernel/descriptor-files.ts';
import { openFile } from '../kernel/files.ts';
import type { TaskRecord } from '../kernel/task.ts';
import type { Program } from '../program/program.ts';
import type { Evidence } from '../report/finding.ts';

const CHARACTER_DEVICE = 0o020000;

/** A watchdog expired because user space did not keep it alive. */
export const panicWatchdog: Rule = {
  id: 'panic.watchdog',
  title: 'A watchdog expired',
  source:
    'drivers/watchdog/softdog.c, softdog_fire(); pretimeout_panic.c, pretimeout_panic(); Documentation/watchdog/watchdog-api.rst',
  *check(of) {
    const message = (of.panic.message ?? '').replace(/^Kernel panic - not syncing: /, '');
    if (!EXPIRED.test(message)) return;
    const keeper = attempt(() => keeperOf(of.prog));
    const words = keeperWords(of, keeper);
    yield {
      severity: 'cause',
      confidence: keeper ? 'certain' : 'likely',
      title: keeper
        ? {
            en: `The watchdog expired: ${keeper.task.comm} did not keep it alive`,
            zh: `看门狗超时：${keeper.task.comm} 没有按时喂狗`,
          }
        : { en: 'The watchdog expired: nobody kept it alive', zh: '看门狗超时：无人喂狗' },
      sentence: {
        en: `A watchdog expired ("${message}"): user space did not write to it in time. ${words.en}`,
        zh: `看门狗超时（"${message}"）：用户空间没有按时写入。${words.zh}`,
      },
      subject: { ...(keeper && { pid: keeper.task.pid }) },
      evidence: [logEvidence(message), ...(keeper ? keeperEvidence(keeper) : [])],
      settle: [
        {
          en: `why ${keeper?.task.comm ?? 'its daemon'} did not come to write: what it waits for, the load at that time, and whether its timeout (RuntimeWatchdogSec=, watchdog.conf) is too short for it`,
          zh: `${keeper?.task.comm ?? '其守护进程'} 为何没有写入：它在等待什么、当时的负载，以及超时设置（RuntimeWatchdogSec=、watchdog.conf）是否过短`,
        },
      ],
      explains: ['panic.called'],
    };
  },
};

/** softdog, the governors of a pretimeout, and drivers that panic themselves. */
const EXPIRED =
  /^(?:Software Watchdog Timer expired|.*watchdog pretimeout event|.*[Ww]atchdog (?:pre-?)?timeout|pretimeout)/;

interface Keeper {
  readonly task: TaskRecord;
  readonly path: string;
}

/** Who has the device open; only one may. */
function keeperOf(prog: Program): Keeper | undefined {
  for (const { task, file, kind } of descriptorFiles(prog)) {
    if (kind !== CHARACTER_DEVICE) continue;
    const path = attempt(() => openFile(prog, file).path) ?? '';
    if (/^\/dev\/watchdog\d*$/.test(path)) return { task, path };
  }
  return undefined;
}

function keeperWords(of: Case, keeper: Keeper | undefined): Phrase {
  if (!keeper) {
    return {
      en: 'No process has its device open: its daemon ended without closing it properly (nowayout, or no magic close).',
      zh: '没有进程打开该设备：其守护进程未正常关闭就结束了（nowayout，或没有 magic close）。',
    };
  }
  const does = sleeperWords(of.prog, keeper.task);
  return {
    en: `${taskWords(keeper.task)} has ${keeper.path} open and has to do it; it ${does.en}.`,
    zh: `打开 ${keeper.path} 并负责喂狗的是 ${taskWords(keeper.task)}；它${does.zh}。`,
  };
}

function keeperEvidence({ task, path }: Keeper): Evidence[] {
  return [
    { what: { en: 'its open file', zh: '它打开的文件' }, value: path, command: `files ${task.pid}` },
    { what: { en: 'its state', zh: '它的状态' }, value: task.state, command: `ps ${task.pid}` },
  ];
}
