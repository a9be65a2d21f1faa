/**
 * What every first line of a report contains, without its exact form: one test for lines of a log that has nothing to do
 * with reports. Kept in step with the formats by a test.
 */
const BEGINS =
  /BUG|WARNING: |INFO: |UBSAN: |[Kk]ernel (?:panic|stack overflow|attempted|unaligned)|Unable to handle|general protection|fault: |Oops|double fault|divide[ _]error|invalid[ _]opcode|nternal error|int3: |segment: |_exception: |_available: |_check: |abort: |exception|Bad mode|SError|detected .*stall|starved for|[Hh]ard LOCKUP|blocked for|unregister_netdevice|Badness|kernel BUG|panic|unreferenced object|Machine [Cc]heck|\[Hardware Error\]|NMI received|nobody cared|oom-killer|ut of memory|SYZFA|VFS: |Trigger a crash|cut here|(?:illegal|privileged) operation: |Missing (?:ENDBR|BTI)|TSS: |debug: |not present: |overflow: |bounds: |error: |not available: |overrun: |stack recursion|wrong direction|^Linux version |Alignment trap|ASSERT FAILED|^Booting the kernel|^fatal error: |^unexpected fault|^runtime: |SIGSEGV|^FAULT_INJECTION|Insufficient stack| ilc:\d/;

/** Longer lines are looked at up to here. */
export const MAX_LINE = 4096;

/** Cheap test whether a line may begin a report or matters outside of one. */
export function mayMatter(text: string): boolean {
  return BEGINS.test(text.length > MAX_LINE ? text.slice(0, MAX_LINE) : text);
}
