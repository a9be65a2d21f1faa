import type { MakeLogForm } from '../log-form.ts';
import { consoleTimeForm } from './console-time.ts';
import { devKmsgForm } from './dev-kmsg.ts';
import { dmesgDecodedForm } from './dmesg-decoded.ts';
import { dmesgJsonForm } from './dmesg-json.ts';
import { journalExportForm } from './journal-export.ts';
import { journalJsonForm } from './journal-json.ts';
import { journalShortForm } from './journal-short.ts';
import { logcatForm } from './logcat.ts';
import { pstoreHeaderForm } from './pstore-header.ts';
import { quotedForm } from './quoted.ts';
import { syslogForm } from './syslog.ts';
import { syslog5424Form } from './syslog-5424.ts';

/** Every form of log but the kernel's own prefix (`printkPrefix`), which may follow in all of them; asked in this order. */
export const logForms: readonly MakeLogForm[] = [
  journalExportForm,
  journalJsonForm,
  devKmsgForm,
  syslog5424Form,
  syslogForm,
  logcatForm,
  journalShortForm,
  consoleTimeForm,
  dmesgDecodedForm,
  dmesgJsonForm,
  pstoreHeaderForm,
  quotedForm,
];
