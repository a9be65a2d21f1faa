import { AnalysisError } from '../base/errors.ts';
import { perOwner } from '../base/lazy.ts';
import type { Addr } from '../base/units.ts';
import type { Problem } from '../program/ports.ts';
import type { Program } from '../program/program.ts';
import { globalAddress } from './global-address.ts';
import { recoverLog } from './log-recover.ts';
import { printkLog } from './printk-log.ts';
import { recoverPrintkLog } from './printk-log-scan.ts';
import { printkRingbuffer } from './printk-ringbuffer.ts';

/** One message of the kernel's log. */
export interface LogRecord {
  /** Number of the record since boot. */
  readonly sequence: bigint;
  /** When it was logged, by the kernel's `local_clock()`. */
  readonly timestampNs: bigint;
  /** 0 (emergency) to 7 (debug). */
  readonly level: number;
  /** syslog facility, 0 for the kernel itself. */
  readonly facility: number;
  /** `enum printk_info_flags`: 2 newline, 4 prefix, 8 continued. */
  readonly flags: number;
  /** Who logged it: `T123` a task's pid, `C1` a CPU in interrupt context; absent when the kernel does not keep it. */
  readonly caller?: string;
  /** Without the final newline; inner newlines stay, dmesg prints each line with the record's own prefix. */
  readonly text: string;
  /** `KEY=value` properties such as SUBSYSTEM and DEVICE. */
  readonly dict?: readonly string[];
}

/** The log as far as it can be read. */
export interface LogRecords {
  /** Oldest first. */
  readonly records: readonly LogRecord[];
  readonly problems: readonly Problem[];
}

/**
 * The kernel's log buffer: `struct printk_ringbuffer` since commit 896fbe20b4e2 ("printk: use the lockless ringbuffer",
 * v5.10), `struct printk_log` before. Layouts come from VMCOREINFO, so it needs neither types nor symbols. Never throws
 * for damage.
 */
export const logRecords = perOwner((prog: Program): LogRecords => {
  const problems: Problem[] = [];
  const records: LogRecord[] = [];
  let prb: Addr | undefined;
  try {
    prb = globalAddress(prog, 'prb');
    if (prb !== undefined) printkRingbuffer(prog, prb, records, problems);
    else printkLog(prog, records, problems);
  } catch (e) {
    if (!(e instanceof AnalysisError)) throw e;
    problems.push({ what: 'kernel log', why: e.message });
  }
  if (records.length === 0 && problems.length > 0) recoverLog(prog, records, problems);
  if (records.length === 0 && problems.length > 0 && prb === undefined) recoverPrintkLog(prog, records, problems);
  return { records, problems };
});
