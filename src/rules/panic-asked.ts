import type { Phrase } from '../base/phrase.ts';
import type { Case } from '../diagnosis/case.ts';
import { logEvidence, stackCommand } from '../diagnosis/evidence.ts';
import type { Rule } from '../diagnosis/rule.ts';
import { taskWords } from '../diagnosis/wait-evidence.ts';
import { findTask } from '../kernel/task.ts';
import { taskHome } from '../kernel/task-home.ts';

const ORDER = /^sysrq: (?:SysRq : )?Trigger a crash|^SysRq : Trigger a crash/;
const HANDLER = 'sysrq_handle_crash';

/** Somebody asked the kernel to crash: nothing of it is to blame. */
export const panicAsked: Rule = {
  id: 'panic.asked',
  title: 'The crash was asked for',
  source: 'Documentation/admin-guide/sysrq.rst, command c; drivers/tty/sysrq.c, sysrq_handle_crash()',
  *check(of) {
    const line = of.fatalLines.find((l) => ORDER.test(l)) ?? lastOrder(of.log.map((r) => r.text));
    const handled = of.stack?.frames.some((f) => f.symbol === HANDLER) ?? false;
    if (!handled && of.fatal?.kind !== 'crash requested through sysrq') return;
    const asker = askerWords(of);
    const bySysrq = { en: 'the function that crashes on demand is on the stack', zh: '按要求使系统崩溃的函数在栈上' };
    yield {
      severity: 'cause',
      confidence: 'certain',
      title: { en: 'The crash was asked for (sysrq c)', zh: '崩溃是人为请求的（sysrq c）' },
      sentence: {
        en: `The crash was asked for: ${asker.en}, which makes the kernel crash for the sake of a dump.`,
        zh: `崩溃是人为请求的：${asker.zh}，让内核崩溃以生成转储。`,
      },
      subject: { ...(of.crashed && { pid: of.crashed.pid }) },
      evidence: [
        ...(line === undefined ? [] : [logEvidence(line)]),
        ...(handled ? [{ what: bySysrq, value: HANDLER, command: stackCommand(of) }] : []),
      ],
      // Until v5.4 the handler wrote to address 0 on purpose, and the kernel reported a NULL pointer dereference.
      explains: ['pointer.null', 'pointer.bad', 'death.exception', 'death.bug'],
    };
  },
};

/** Who asked, and where that task lives; a key of a console interrupts whoever runs there. */
function askerWords(of: Case): Phrase {
  const { crashed } = of;
  const frames = of.stack?.frames ?? [];
  const written = frames.some((f) => f.symbol === 'write_sysrq_trigger');
  if (!crashed || (!written && frames.some((f) => KEY.test(f.symbol ?? '')))) {
    return { en: 'somebody pressed sysrq c on a console', zh: '有人在控制台上按下了 sysrq c' };
  }
  const who = taskWords(crashed);
  const { group, level, hostName, uid } = taskHome(of.prog, crashed.address);
  const parent = findTask(of.prog, crashed.ppid);
  const by = parent && parent.pid > 1 ? `, started by ${taskWords(parent)},` : '';
  const user = uid === undefined || uid === 0 ? '' : ` (uid ${uid})`;
  const name = hostName === undefined ? '' : ` "${hostName}"`;
  const box = level > 0 ? `, in a container${name}${group === undefined ? '' : ` (control group ${group})`},` : '';
  const service = level === 0 && group !== undefined ? `, of control group ${group},` : '';
  const zh = level > 0 ? `容器${name}${group === undefined ? '' : `（控制组 ${group}）`}中的 ` : '';
  return {
    en: `${who}${user}${by}${box}${service} ran sysrq c`.replaceAll(',,', ','),
    zh: `${zh}${who}${user}${parent && parent.pid > 1 ? `（由 ${taskWords(parent)} 启动）` : ''} 触发了 sysrq c`,
  };
}

/** Where keys of a keyboard or a serial line come in. */
const KEY =
  /^(?:sysrq_filter|sysrq_handle_keypress|uart_handle_sysrq_char|hvc_poll|.*_(?:rx_chars|handle_irq|interrupt))$/;

function lastOrder(texts: readonly string[]): string | undefined {
  return texts.findLast((t) => ORDER.test(t))?.split('\n')[0];
}
