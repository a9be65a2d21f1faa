import { type CrashReport, crashReportSchema } from '../../src/report/crash-report.ts';
import type { Schema } from '../../src/report/schema.ts';
import { madeUpReport } from './made-up-report.ts';

/** What would run, load or break out if it were taken for markup anywhere. */
const HOSTILE = `"><img src=x onerror="window.pwned=1"></script><script>window.pwned=2</script>' onload='window.pwned=3\u001b[2J\u202e&lt;`;

/** A report in which every text that a dump can hold is hostile; the program's own words and enumerations stay. */
export function hostileReport(): CrashReport {
  return hostile(madeUpReport(), '', crashReportSchema) as CrashReport;
}

const OWN = /^(?:rule|kind|id)$/;

function hostile(value: unknown, name: string, schema: Schema | undefined): unknown {
  if (typeof value === 'string')
    return schema?.enum || schema?.pattern || OWN.test(name) ? value : `${value}${HOSTILE}`;
  if (Array.isArray(value)) return value.map((v) => hostile(v, name, schema?.items));
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).map(([key, v]) => [key, hostile(v, key, schema?.properties?.[key])]);
  return Object.fromEntries(members);
}
