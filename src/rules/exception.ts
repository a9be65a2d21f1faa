import { frameName, frameSubject } from '../diagnosis/blame.ts';
import type { Case } from '../diagnosis/case.ts';
import { chainEvidence } from '../diagnosis/chain-evidence.ts';
import { interruptedEvidence } from '../diagnosis/context-evidence.ts';
import { logEvidence } from '../diagnosis/evidence.ts';
import type { Rule } from '../diagnosis/rule.ts';
import { NO_CONDITION } from '../fault/assertion.ts';

/** An exception that no other rule knows: where it was, and what the code did there. */
export const exception: Rule = {
  id: 'death.exception',
  title: 'The CPU could not go on',
  source: 'arch/x86/kernel/traps.c, arch/arm64/kernel/traps.c: exceptions that end in die()',
  *check(of) {
    const { fatal, site, chain } = of;
    const line = of.fatalLines[0];
    if (!site || line === undefined || !EXCEPTIONS.has(fatal?.kind ?? '')) return;
    if (of.fatalLines.some((l) => /^kernel BUG at /.test(l))) return;
    const where = frameName(site);
    const trap = compilerTrap(of, line);
    yield {
      severity: 'cause',
      confidence: trap === undefined ? 'possible' : 'likely',
      title: trap
        ? { en: `Trap of the compiler in ${where}`, zh: `${where} 触发了编译器设置的陷阱` }
        : { en: `Exception in ${where}`, zh: `${where} 中发生异常` },
      sentence: trap
        ? {
            en: `${where} ran into a trap that the compiler put there, because \`${trap}\`: a check of UBSAN (an index out of bounds, an overflow), or code that it takes for unreachable.`,
            zh: `${where} 触发了编译器设置的陷阱，因为 \`${trap}\`：UBSAN 的检查（下标越界、溢出），或编译器认为不可达的代码。`,
          }
        : {
            en: `${where} died of an exception: ${chain ? chain.summary.en : line}.`,
            zh: `${where} 因异常终止：${chain ? chain.summary.zh : line}。`,
          },
      subject: frameSubject(site),
      evidence: [logEvidence(line), ...chainEvidence(of), ...interruptedEvidence(of)],
    };
  },
};

/** The condition of a trap that is no BUG(): of that the kernel would have said so (report_bug(), lib/bug.c). */
function compilerTrap({ chain }: Case, line: string): string | undefined {
  if (chain?.kind !== 'assertion' || !/invalid opcode/.test(line)) return undefined;
  return chain.expression === NO_CONDITION ? undefined : chain.expression;
}

/** Kinds of the log's fatal line that an exception leads to. */
const EXCEPTIONS = new Set([
  'access to a bad address',
  'access through a bad pointer',
  'fatal exception',
  'double fault',
  'NULL pointer dereference',
]);
