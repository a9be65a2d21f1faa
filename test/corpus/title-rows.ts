import assert from 'node:assert/strict';
import { findReports } from '../../src/oops/find-reports.ts';

/** A report's first lines, its stack, and the title and class that it must have. */
export type TitleRow = readonly [head: string, stack: string, title: string, type?: string];

/** A usual stack. */
export const TRACE = 'Call_Trace: dump_stack_lvl turn_knob press_button __x64_sys_ioctl do_syscall_64';

/** A log of a report: each word of `stack` is a frame, or a line of its own when it ends in `:` or `>`; `_` is a space there. */
export function titleLog(head: string, stack: string): { number: number; text: string; seconds: number }[] {
  const frames =
    stack === '' ? [] : stack.split(' ').map((f) => (/[:)>]$/.test(f) ? f.replaceAll('_', ' ') : ` ${f}+0x10/0x80`));
  return [...head.split('\n'), ...frames, ''].map((text, i) => ({ number: i + 1, text, seconds: 1 + i }));
}

/** Each log must get its title, and be whole. */
export function checkTitles(rows: readonly TitleRow[]): void {
  for (const [head, stack, title, type] of rows) {
    const [report] = findReports(titleLog(head, stack));
    assert.equal(report?.title, title, head);
    if (type !== undefined) assert.equal(report?.type, type, head);
    assert.equal(report?.corrupted, false, `${head}: ${report?.corrupted}`);
  }
}
