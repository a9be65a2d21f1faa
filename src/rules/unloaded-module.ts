import { hex } from '../base/hex.ts';
import type { Addr } from '../base/units.ts';
import { callerFrame, frameName } from '../diagnosis/blame.ts';
import type { Case } from '../diagnosis/case.ts';
import { chainEvidence } from '../diagnosis/chain-evidence.ts';
import { interruptedEvidence } from '../diagnosis/context-evidence.ts';
import { logEvidence } from '../diagnosis/evidence.ts';
import { isMapped } from '../diagnosis/mapped.ts';
import type { Rule } from '../diagnosis/rule.ts';

/** Code or data of a module that was removed was used: a timer, work or callback of it was left behind. */
export const unloadedModule: Rule = {
  id: 'module.unloaded',
  title: 'Something of a module was used after the module was removed',
  source: 'kernel/module/main.c, free_module() and print_modules(): [last unloaded: ...]',
  *check(of) {
    const { fault, site } = of;
    if (!fault || !site || isMapped(of.prog, fault.address) || !isNearModules(of, fault.address)) return;
    const line = of.fatalLines.find((l) => LAST.test(l));
    const name = line === undefined ? undefined : LAST.exec(line)?.[1];
    if (line === undefined || name === undefined || of.modules.modules.some((m) => m.name === name)) return;
    const code = fault.access === 'execute' || BigInt(site.pc) === fault.address;
    const caller = code ? (of.stack?.frames[(of.place?.index ?? 0) + 1] ?? callerFrame(of)) : site;
    const where = frameName(caller);
    const at = hex(fault.address);
    const within = code && of.chain?.within !== undefined;
    const title = within ? RETURN : code ? CALL : USE;
    const did = within
      ? { en: `had called a function that went on at ${at}`, zh: `调用的函数继续执行到 ${at}` }
      : { en: `${code ? 'called' : 'used'} ${at}`, zh: `${code ? '调用' : '访问'}了 ${at}` };
    yield {
      severity: 'cause',
      confidence: 'likely',
      title: {
        en: `${title.en} of a module that was removed, ${name}`,
        zh: `${title.zh[0]}已卸载模块 ${name} 的${title.zh[1]}`,
      },
      sentence: {
        en: `${where} ${did.en}, where modules lie and nothing is mapped any more; the module that was removed last is ${name}: ${within ? 'a thread was still in its code' : 'a timer, a work or a callback of it was left behind'}.`,
        zh: `${where} ${did.zh}，该处是模块的地址区域，现在已没有映射；最后卸载的模块是 ${name}：${within ? '仍有线程在执行它的代码' : '它遗留了定时器、工作项或回调'}。`,
      },
      subject: { module: name, address: at },
      evidence: [
        logEvidence(fault.line),
        logEvidence(lastWords(line)),
        ...chainEvidence(of),
        ...interruptedEvidence(of),
      ],
      explains: ['call.bad', 'pointer.bad', 'pointer.per-cpu', 'pointer.vmalloc', 'death.exception'],
    };
  },
};

const CALL = { en: 'Call to code', zh: ['调用了', '代码'] } as const;
const RETURN = { en: 'Return to code', zh: ['返回到', '代码'] } as const;
const USE = { en: 'Use of data', zh: ['使用了', '数据'] } as const;
const LAST = /\[last unloaded: ([\w-]+)/;
/** Modules lie together, within reach of the branches from one to the other (MODULES_VADDR to MODULES_END). */
const REACH = 1n << 29n;

function isNearModules(of: Case, at: Addr): boolean {
  return of.modules.modules.some(({ base }) => at > base - REACH && at < base + REACH);
}

/** A list of modules may be longer than a record of the log. */
function lastWords(line: string): string {
  return /\[last unloaded: [^\]]*\]?/.exec(line)?.[0] ?? line;
}
