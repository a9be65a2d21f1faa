import type { ReportFormat } from '../report-format.ts';
import { brokenStateFormats, bugFormats } from './assertions.ts';
import { exceptionFormats, pageFaultFormats } from './faults.ts';
import { hangFormats } from './hangs.ts';
import { kasanFormats } from './kasan.ts';
import { lockFormats } from './locks.ts';
import { otherFormats, panicFormats } from './panics.ts';
import { kcsanFormats, kfenceFormats, kmsanFormats, ubsanFormats } from './sanitizers.ts';
import { warningFormats } from './warnings.ts';

/** Every format, in the order in which they are tried. */
export const reportFormats: readonly ReportFormat[] = [
  ...kasanFormats,
  ...kmsanFormats,
  ...kcsanFormats,
  ...kfenceFormats,
  ...ubsanFormats,
  ...pageFaultFormats,
  ...exceptionFormats,
  ...lockFormats,
  ...hangFormats,
  ...warningFormats,
  ...bugFormats,
  ...otherFormats,
  ...panicFormats,
  ...brokenStateFormats,
];
