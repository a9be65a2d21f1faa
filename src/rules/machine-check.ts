import { logEvidence } from '../diagnosis/evidence.ts';
import type { Rule } from '../diagnosis/rule.ts';

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
    const corrected = !fatal && errors.every((line) => CORRECTED.test(line));
    yield {
      severity: fatal ? 'cause' : corrected ? 'context' : 'suspect',
      confidence: fatal ? 'certain' : 'possible',
      title: { en: 'Hardware error', zh: '硬件错误' },
      sentence: {
        en: fatal
          ? 'The hardware reported an error from which the kernel cannot recover.'
          : `The hardware reported ${errors.length} error${errors.length === 1 ? '' : 's'} before the kernel died${corrected ? ', all corrected' : ''}.`,
        zh: fatal
          ? '硬件报告了内核无法恢复的错误。'
          : `内核死亡之前硬件报告了 ${errors.length} 个错误${corrected ? '，均已纠正' : ''}。`,
      },
      evidence: errors.slice(0, 4).map((line) => logEvidence(line)),
      ...(fatal && { explains: ['death.exception', 'pointer.bad', 'pointer.null', 'panic.called'] }),
    };
  },
};

const ERROR =
  /\[Hardware Error\]|^mce: .*(?:Machine Check|MCE)|^EDAC .*\b(?:CE|UE)\b|^Memory failure: |^MCE: Killing|^SError Interrupt|^Uncorrected hardware/i;
const FATAL =
  /Fatal machine check|Fatal local machine check|Machine check: |Uncorrected hardware error|Fatal hardware error|Asynchronous SError|Timeout: Not all CPUs entered broadcast exception handler/i;
const CORRECTED = /corrected error|\bCE\b|Corrected/i;
