import { logEvidence, stackCommand } from '../diagnosis/evidence.ts';
import type { Rule } from '../diagnosis/rule.ts';
import { taskWords } from '../diagnosis/wait-evidence.ts';

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
    const who = of.crashed ? taskWords(of.crashed) : '?';
    const bySysrq = { en: 'the function that crashes on demand is on the stack', zh: '按要求使系统崩溃的函数在栈上' };
    yield {
      severity: 'cause',
      confidence: 'certain',
      title: { en: 'The crash was asked for (sysrq c)', zh: '崩溃是人为请求的（sysrq c）' },
      sentence: {
        en: `The crash was asked for: ${who} ran sysrq c, which makes the kernel crash for the sake of a dump.`,
        zh: `崩溃是人为请求的：${who} 触发了 sysrq c，让内核崩溃以生成转储。`,
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

function lastOrder(texts: readonly string[]): string | undefined {
  return texts.findLast((t) => ORDER.test(t))?.split('\n')[0];
}
