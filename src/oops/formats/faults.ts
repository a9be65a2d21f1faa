import type { ReportFormat } from '../report-format.ts';

const fatal = { severity: 'fatal', culprit: 'trace' } as const;
const BAD = ['bad-access in {frame}'];
const paging = {
  ...fatal,
  kind: 'page-fault',
  title: 'BUG: unable to handle kernel paging request in {frame}',
  alt: BAD,
  type: 'MEMORY_SAFETY_BUG',
} as const;
const nullDeref = {
  ...fatal,
  kind: 'null-deref',
  title: 'BUG: unable to handle kernel NULL pointer dereference in {frame}',
  alt: BAD,
  type: 'NULL-POINTER-DEREFERENCE',
} as const;

/**
 * Page faults of the kernel itself: arch/x86/mm/fault.c (three wordings since 2.6), arch/powerpc/mm/fault.c, and the
 * `Unable to handle kernel ...` of arm, arm64, riscv, s390, sh, loongarch and others.
 */
export const pageFaultFormats = (): readonly ReportFormat[] => [
  { ...nullDeref, start: /^BUG: (?:unable to handle )?kernel NULL pointer dereference/i },
  { ...paging, start: /^BUG: unable to handle (?:page fault for address|kernel paging request)/i },
  { ...paging, start: /^BUG: Unable to handle kernel (?:data|instruction|unknown)\b/i },
  {
    ...fatal,
    start: /^BUG: unable to handle kernel/i,
    kind: 'page-fault',
    title: 'BUG: unable to handle kernel',
    type: '',
    culprit: 'none',
    corrupted: 'the first line is cut',
  },
  { ...nullDeref, start: /^(?:CPU \d+ )?Unable to handle kernel NULL pointer dereference/i },
  {
    ...paging,
    start: /^Unable to handle kernel access to user memory/,
    title: 'BUG: unable to handle kernel access to user memory in {frame}',
    type: '',
  },
  { ...nullDeref, start: /^Kernel attempted to (?:read|write|execute|access) user page \(0{0,13}[0-9a-f]{1,3}\)/ },
  {
    ...paging,
    start:
      /^(?:CPU \d+ )?Unable to handle kernel (?:paging request|access|read|write|execut(?:e|ion)|instruction|data|pointer|unaligned)/i,
  },
  { ...paging, start: /^Kernel attempted to (?:read|write|execute|access) user page/ },
  {
    ...fatal,
    start: /^Unhandled fault: /,
    kind: 'exception',
    title: 'Unhandled fault in {frame}',
    alt: BAD,
    type: 'DoS',
  },
  {
    ...fatal,
    start: /^Alignment trap: not handling instruction/,
    kind: 'alignment',
    title: 'Alignment trap in {frame}',
    traceOnly: true,
    type: 'DoS',
  },
];

const gpf = {
  ...fatal,
  kind: 'protection-fault',
  title: 'general protection fault in {frame}',
  alt: BAD,
  type: 'DoS',
} as const;
const exception = { ...fatal, kind: 'exception', type: 'DoS' } as const;

/** What x86 prints behind the first line of a page fault: alone it is all that is left of a report. */
export const errorCodeFormats = (): readonly ReportFormat[] => [
  { ...exception, start: /^Oops: 0[0-9a-f]{3} /, title: 'Oops in {frame}' },
];

/** Other exceptions of the CPU: arch/x86/kernel/traps.c and dumpstack.c; the die() of arm, arm64 and others. */
export const exceptionFormats = (): readonly ReportFormat[] => [
  { ...gpf, start: /^(?:Oops: )?(?:segment-related )?general protection fault\b/ },
  {
    ...fatal,
    start: /^(?:PANIC|Oops): double fault\b/,
    kind: 'double-fault',
    title: 'PANIC: double fault in {frame}',
    type: 'DoS',
  },
  { ...fatal, start: /^double fault: /, kind: 'double-fault', title: 'double fault in {frame}', type: 'DoS' },
  { ...exception, start: /^(?:Oops: )?divide[ _]error: /, title: 'divide error in {frame}' },
  { ...exception, start: /^(?:Oops: )?invalid[ _]opcode: /, title: 'invalid opcode in {frame}' },
  {
    ...exception,
    start:
      /^(?:Oops: )?(?<trap>int3|overflow|bounds|device[ _]not[ _]available|coprocessor[ _]segment[ _]overrun|invalid[ _]TSS|segment[ _]not[ _]present|alignment[ _]check|fpu exception|simd exception|iret[ _]exception|control protection fault|control protection|debug|coprocessor[ _]error): /,
    title: '{trap} in {frame}',
  },
  { ...exception, start: /^(?:Oops: )?stack[ _]segment: /, title: 'stack segment fault in {frame}' },
  { ...exception, start: /^Missing (?:ENDBR|BTI): /, title: 'missing ENDBR in {frame}' },
  { ...exception, start: /^Internal error: /, title: 'Internal error in {frame}', alt: BAD },
  {
    ...exception,
    start: /^Unhandled exception in kernel mode|^Kernel unaligned instruction access/,
    title: 'kernel exception in {frame}',
  },
  {
    ...exception,
    start: /^Bad mode in (?<vector>.+?) handler detected/,
    title: 'kernel panic: bad mode',
    culprit: 'none',
  },
  {
    ...exception,
    start: /^Unhandled (?:64-bit|32-bit) (?<vector>\w+) .*exception|^SError Interrupt on CPU/,
    kind: 'hardware',
    title: 'SError in {frame}',
  },
  { ...exception, start: /^Oops - (?<what>[^:]*?)(?:: |$)/, title: 'Oops in {frame}' },
  {
    ...exception,
    start:
      /^(?:kernel )?(?<what>illegal operation|specification exception|operation exception|addressing exception|protection exception|data exception|privileged operation|translation specification exception|monitor event): [0-9a-f]{4} /,
    title: '{what} in {frame}',
  },
  { ...exception, start: /^(?:Oops|Kernel bug detected)(?:[:[ #]|$)/, title: 'Oops in {frame}' },
];
