import { attempt } from '../base/attempt.ts';
import type { Phrase } from '../base/phrase.ts';
import type { Case } from '../diagnosis/case.ts';
import { logEvidence } from '../diagnosis/evidence.ts';
import type { Rule } from '../diagnosis/rule.ts';
import { type PageUse, pageUse } from '../kernel/page-use.ts';
import { machineCheckRecords, statusWords } from '../oops/machine-check-record.ts';

/** The hardware itself reported an error. */
export const machineCheck: Rule = {
  id: 'hardware.error',
  title: 'The hardware reported an error',
  source: 'arch/x86/kernel/cpu/mce/core.c, drivers/acpi/apei/ghes.c, drivers/edac/, mm/memory-failure.c',
  *check(of) {
    const lines = of.log.flatMap((r) => r.text.split('\n'));
    const errors = lines.filter((line) => ERROR.test(line));
    if (errors.length === 0) return;
    const fatal = errors.some((line) => FATAL.test(line)) || FATAL.test(of.panic.message ?? '');
    const told = recordWords(of, lines, fatal);
    const corrected = !fatal && errors.every((line) => CORRECTED.test(line));
    yield {
      severity: fatal ? 'cause' : corrected ? 'context' : 'suspect',
      confidence: fatal ? 'certain' : 'possible',
      title: { en: 'Hardware error', zh: '硬件错误' },
      sentence: {
        en: fatal
          ? `The hardware reported an error from which the kernel cannot recover.${told.en}`
          : `The hardware reported ${errors.length} error${errors.length === 1 ? '' : 's'} before the kernel died${corrected ? ', all corrected' : ''}.${told.en}`,
        zh: fatal
          ? `硬件报告了内核无法恢复的错误。${told.zh}`
          : `内核死亡之前硬件报告了 ${errors.length} 个错误${corrected ? '，均已纠正' : ''}。${told.zh}`,
      },
      evidence: errors.slice(0, 4).map((line) => logEvidence(line)),
      ...(fatal && { explains: ['death.exception', 'pointer.bad', 'pointer.null', 'panic.called'] }),
    };
  },
};

/** The record that tells most: the first one that was not corrected. */
function recordWords(of: Case, lines: readonly string[], fatal: boolean): Phrase {
  const records = machineCheckRecords(lines);
  const record = records.find((r) => fatal && (r.status & UNCORRECTED) !== 0n) ?? records[0];
  if (!record) return { en: '', zh: '' };
  const { cpu, bank, status, address } = record;
  const what = statusWords(status);
  const use =
    address === undefined ? undefined : attempt(() => pageUse(of.prog, Math.floor(Number(address) / of.prog.pageSize)));
  const where = address === undefined ? '' : `0x${address.toString(16)}`;
  const used = use && USES[use.kind];
  return {
    en: ` CPU ${cpu}, bank ${bank}: ${what.en}${where === '' ? '' : `, at physical address ${where}${used ? `, ${used.en}` : ''}`}.`,
    zh: `CPU ${cpu}，第 ${bank} 组：${what.zh}${where === '' ? '' : `，物理地址 ${where}${used ? `（${used.zh}）` : ''}`}。`,
  };
}

const UNCORRECTED = 1n << 61n;
const USES: Readonly<Record<PageUse['kind'], Phrase>> = {
  slab: { en: 'which holds objects of the kernel', zh: '存有内核对象' },
  buddy: { en: 'which is free', zh: '空闲页' },
  unused: { en: 'which is free', zh: '空闲页' },
  table: { en: 'which is a page table', zh: '页表' },
  anonymous: { en: 'which is memory of a process', zh: '进程的内存' },
  file: { en: 'which is of the page cache', zh: '页缓存' },
  other: { en: "which is the kernel's own", zh: '内核自用的内存' },
};

const ERROR =
  /\[Hardware Error\]|^mce: .*(?:Machine Check|MCE)|^EDAC .*\b(?:CE|UE)\b|^Memory failure: |^MCE: Killing|^SError Interrupt|^Uncorrected hardware/i;
const FATAL =
  /Fatal machine check|Fatal local machine check|Machine check: |Uncorrected hardware error|Fatal hardware error|Asynchronous SError|Timeout: Not all CPUs entered broadcast exception handler/i;
const CORRECTED = /corrected error|\bCE\b|Corrected/i;
