import type { CrashReport } from '../../src/report/crash-report.ts';
import { madeUpReport } from './made-up-report.ts';

/** What would run, load or break out if it were taken for markup anywhere. */
const HOSTILE = `"><img src=x onerror="window.pwned=1"></script><script>window.pwned=2</script>' onload='window.pwned=3\u001b[2J\u202e&lt;`;

/** A report in which every text that a dump can hold is hostile; the program's own words and enumerations stay. */
export function hostileReport(): CrashReport {
  return hostile(madeUpReport(), '') as CrashReport;
}

const OWN = /^(?:severity|confidence|rule|context|kind|trust|id|place|style|mode|outcome|from|stack)$/;

function hostile(value: unknown, name: string): unknown {
  if (typeof value === 'string') return OWN.test(name) || /^0x[0-9a-f]{16}$/.test(value) ? value : `${value}${HOSTILE}`;
  if (Array.isArray(value)) return value.map((v) => hostile(v, name));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, v]) => [key, hostile(v, key)]));
}
