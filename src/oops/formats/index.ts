import type { ReportFormat } from '../report-format.ts';
import { brokenStateFormats, bugFormats } from './assertions.ts';
import { errorCodeFormats, exceptionFormats, pageFaultFormats } from './faults.ts';
import { hangFormats } from './hangs.ts';
import { kasanFormats } from './kasan.ts';
import { lockFormats } from './locks.ts';
import { otherFormats, panicFormats } from './panics.ts';
import { kcsanFormats, kfenceFormats, kmsanFormats, ubsanFormats } from './sanitizers.ts';
import { warningFormats } from './warnings.ts';

/**
 * Formats of one sort. Their expressions are made when a line begins, or has, one of these words: to look at the end of one
 * log takes only a few.
 */
export interface FormatFamily {
  readonly begins: readonly string[];
  readonly has?: string;
  readonly formats: () => readonly ReportFormat[];
}

const TRAPS = ['int3', 'overflow', 'bounds', 'device', 'coprocessor', 'segment', 'alignment', 'fpu ', 'simd ', 'iret'];
const S390 = [
  'illegal',
  'specification',
  'operation',
  'addressing',
  'protection',
  'data ',
  'privileged',
  'translation',
];

/** Every format, in the order in which they are tried. */
export const formatFamilies: readonly FormatFamily[] = [
  { begins: ['BUG: KASAN:'], formats: kasanFormats },
  { begins: ['BUG: KMSAN:'], formats: kmsanFormats },
  { begins: ['BUG: KCSAN:'], formats: kcsanFormats },
  { begins: ['BUG: KFENCE:'], formats: kfenceFormats },
  { begins: ['UBSAN: '], formats: ubsanFormats },
  {
    begins: [
      ...['BUG: unable', 'BUG: Unable', 'BUG: kernel', 'BUG: Kernel', 'Unable to handle', 'CPU '],
      ...['Kernel attempted', 'Unhandled fault', 'Alignment trap'],
    ],
    formats: pageFaultFormats,
  },
  { begins: ['Oops: 0'], formats: errorCodeFormats },
  {
    begins: [
      ...[
        'general protection',
        'Oops',
        'PANIC: double',
        'double fault',
        'divide',
        'invalid',
        'stack segment',
        'stack_segment',
      ],
      ...['control protection', 'debug', 'Missing ', 'Internal error', 'Unhandled ', 'Kernel unaligned', 'Bad mode'],
      ...['SError', 'Kernel bug', 'kernel ', 'monitor event', ...TRAPS, ...S390],
    ],
    formats: exceptionFormats,
  },
  { begins: ['[ ', 'BUG: ', 'WARNING: ', 'INFO: '], formats: lockFormats },
  { begins: ['rcu', 'INFO: ', 'BUG: soft', 'NMI ', 'watchdog: ', 'unregister_netdevice'], formats: hangFormats },
  { begins: ['WARNING: ', 'Badness', 'stack ', 'Stack '], formats: warningFormats },
  { begins: ['kernel BUG', 'Kernel BUG', 'KERNEL BUG', 'rust_kernel'], formats: bugFormats },
  {
    begins: [
      ...[
        'BUG: memory',
        'unreferenced',
        'mce: ',
        '[Hardware',
        'CPU ',
        'Machine ',
        'machine ',
        'Disabling lock',
        'Uhhuh',
      ],
      ...['NMI ', 'irq ', 'Out of memory', 'Memory cgroup', 'INFO: ', 'WARNING: ', 'Booting the'],
      ...['SYZ', 'fatal error', 'unexpected fault', 'SIGSEGV', 'runtime: ', 'panic: '],
    ],
    has: ' invoked oom-killer: ',
    formats: otherFormats,
  },
  {
    begins: ['Kernel panic', 'kernel stack', 'Kernel stack', 'Insufficient stack', 'trusty: ', 'sysrq', 'SysRq'],
    formats: panicFormats,
  },
  { begins: ['BUG', 'VFS: ', 'INFO:', 'WARNING:'], formats: brokenStateFormats },
];
