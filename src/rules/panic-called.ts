import type { Phrase } from '../base/phrase.ts';
import { bareName } from '../diagnosis/allocator-calls.ts';
import { callerFrame, frameName, frameSubject } from '../diagnosis/blame.ts';
import type { Case } from '../diagnosis/case.ts';
import { interruptedEvidence } from '../diagnosis/context-evidence.ts';
import { logEvidence, stackCommand } from '../diagnosis/evidence.ts';
import type { Rule } from '../diagnosis/rule.ts';
import type { Evidence } from '../report/finding.ts';
import type { FrameData } from '../report/stack-data.ts';

/** Code called panic() of its own accord: nothing broke that the CPU noticed, somebody decided to stop. */
export const panicCalled: Rule = {
  id: 'panic.called',
  title: 'Code called panic()',
  source: 'kernel/panic.c, panic(); Documentation/process/deprecated.rst, BUG() and panic()',
  *check(of) {
    if (of.fatal?.kind !== 'panic') return;
    const line = of.fatalLines[0];
    const text = line === undefined ? undefined : TEXT.exec(line)?.[1];
    if (line === undefined || text === undefined || text.trim() === '' || POLICY.test(text)) return;
    const caller = of.site;
    const name = bareName(caller?.symbol ?? '');
    if (TOLD.test(name)) return;
    const where = caller ? frameName({ ...caller, symbol: caller.symbol && name }) : '?';
    const later = secondDeath(of);
    const outer = callerOf(of, caller);
    const by = outer ? { en: `, called by ${frameName(outer)}`, zh: `，调用者是 ${frameName(outer)}` } : NOTHING;
    const stack = caller?.symbol ? [{ what: CALLED, value: caller.symbol, command: stackCommand(of) }] : [];
    yield {
      severity: 'cause',
      confidence: caller ? 'certain' : 'likely',
      title: { en: `${where} called panic(): ${text}`, zh: `${where} 调用了 panic()：${text}` },
      sentence: {
        en: `${where}${by.en} stopped the kernel by panic() with its own words: "${text}"${later ? '; on the way down the kernel died once more, which is a consequence' : ''}.`,
        zh: `${where}${by.zh} 以自己的话调用 panic() 停止了内核："${text}"${later ? '；停机途中内核再次出错，那只是后果' : ''}。`,
      },
      subject: frameSubject(caller),
      evidence: [logEvidence(line), ...stack, ...interruptedEvidence(of), ...(later ? [later] : [])],
      settle: [
        {
          en: `the source of ${name === '' ? 'the caller' : name}: the condition under which it calls panic()`,
          zh: `查看 ${name === '' ? '调用者' : name} 的源码：它在何种条件下调用 panic()`,
        },
      ],
    };
  },
};

/** Functions that stop the kernel for a reason that is theirs alone, and has a finding of its own. */
const TOLD =
  /^(?:do_exit|find_child_reaper|mount_block_root|mount_root_generic|kernel_init|ext4_handle_error|\w*nmi\w*|out_of_memory|check_panic_on_\w+|sysrq_handle_crash|panic_on_rcu_stall|watchdog\w*)$/;
const TEXT = /^Kernel panic - not syncing: (.*)$/;
/** Words of a check that the kernel was told to stop at: panic.policy. */
const POLICY = /(?:panic_on_warn|kasan\.fault=panic(?:_on_write)?) set/;
const NOTHING: Phrase = { en: '', zh: '' };
const CALLED: Phrase = { en: 'called panic()', zh: '调用 panic() 的函数' };

/** The next function of the same stack, where one is named. */
function callerOf(of: Case, caller: FrameData | undefined): FrameData | undefined {
  const index = of.place?.index;
  const next = index === undefined ? undefined : of.stack?.frames[index + 1];
  return caller && callerFrame(of) === caller && next?.symbol && !next.interrupted ? next : undefined;
}

/** A notifier of the panic, or the console, met a fault of its own. */
function secondDeath(of: Case): Evidence | undefined {
  const line = of.fatalLines.slice(1).find((l) => DEATH.test(l));
  const what = { en: 'a second death, on the way down', zh: '停机途中的第二次出错' };
  return line === undefined ? undefined : logEvidence(line, what);
}

const DEATH =
  /^(?:BUG: (?:kernel NULL|unable to handle)|Unable to handle kernel|general protection fault|kernel BUG at|invalid opcode|Oops)/;
