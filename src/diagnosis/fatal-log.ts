/** What a line of the kernel log reports, and how sure it is to be about the crash. */
export interface FatalLine {
  /** Index of the record. */
  readonly index: number;
  readonly kind: string;
}

interface Pattern {
  readonly pattern: RegExp;
  readonly kind: string;
  /** 3: the kernel found itself broken; 2: it found itself stuck; 1: it says that it stops. */
  readonly weight: 3 | 2 | 1;
}

/**
 * First lines of the kernel's own reports. Wording of Linux 4.19 to 7.2: arch/x86/mm/fault.c, arch/x86/kernel/dumpstack.c,
 * arch/arm64/mm/fault.c, lib/bug.c, mm/slub.c, lib/list_debug.c, kernel/watchdog.c, kernel/hung_task.c, kernel/rcu/,
 * mm/oom_kill.c, drivers/tty/sysrq.c, kernel/panic.c.
 */
const patterns: readonly Pattern[] = [
  { pattern: /^BUG: kernel NULL pointer dereference/, kind: 'NULL pointer dereference', weight: 3 },
  { pattern: /^BUG: unable to handle kernel NULL pointer dereference/, kind: 'NULL pointer dereference', weight: 3 },
  { pattern: /^Unable to handle kernel NULL pointer dereference/, kind: 'NULL pointer dereference', weight: 3 },
  {
    pattern: /^BUG: unable to handle (?:page fault|kernel paging request)/,
    kind: 'access to a bad address',
    weight: 3,
  },
  { pattern: /^Unable to handle kernel /, kind: 'access to a bad address', weight: 3 },
  { pattern: /^(?:Oops: )?general protection fault/, kind: 'access through a bad pointer', weight: 3 },
  { pattern: /^BUG: KASAN: /, kind: 'memory error found by KASAN', weight: 3 },
  { pattern: /^BUG: KFENCE: /, kind: 'memory error found by KFENCE', weight: 3 },
  { pattern: /^BUG \S+ .*(?:Not tainted|Tainted)/, kind: 'slab memory corruption', weight: 3 },
  { pattern: /^list_(?:add|del) (?:corruption|double add)/, kind: 'list corruption', weight: 3 },
  { pattern: /^kernel BUG at /, kind: 'BUG assertion', weight: 3 },
  { pattern: /^Internal error: /, kind: 'fatal exception', weight: 3 },
  {
    pattern: /^(?:Oops|traps|stack segment|double fault|invalid opcode|divide error|alignment check): /,
    kind: 'fatal exception',
    weight: 3,
  },
  { pattern: /^PANIC: double fault/, kind: 'double fault', weight: 3 },
  {
    pattern: /kernel stack overflow|stack guard page was hit|^Insufficient stack space/,
    kind: 'kernel stack overflow',
    weight: 3,
  },
  { pattern: /^(?:NMI )?watchdog: BUG: soft lockup/, kind: 'soft lockup', weight: 2 },
  { pattern: /hard LOCKUP/, kind: 'hard lockup', weight: 2 },
  { pattern: /^rcu: INFO: \S+ (?:self-)?detected .*stall/, kind: 'RCU stall', weight: 2 },
  { pattern: /invoked oom-killer:/, kind: 'out of memory', weight: 2 },
  { pattern: /^INFO: task .* blocked for more than/, kind: 'hung task', weight: 2 },
  { pattern: /^BUG: /, kind: 'kernel bug', weight: 3 },
  {
    pattern: /^sysrq: Trigger a crash|^sysrq: SysRq : Trigger a crash/,
    kind: 'crash requested through sysrq',
    weight: 1,
  },
  { pattern: /^Kernel panic - not syncing/, kind: 'panic', weight: 1 },
];

/** Which kinds a panic line speaks of, so that an older and unrelated report is not taken for the cause. */
const panicKinds: readonly { readonly pattern: RegExp; readonly kind: string }[] = [
  { pattern: /sysrq triggered crash/, kind: 'crash requested through sysrq' },
  { pattern: /softlockup/, kind: 'soft lockup' },
  { pattern: /Hard LOCKUP/i, kind: 'hard lockup' },
  { pattern: /hung_task/, kind: 'hung task' },
  { pattern: /RCU Stall/i, kind: 'RCU stall' },
  { pattern: /out of memory|deadlocked on memory|panic_on_oom/i, kind: 'out of memory' },
];

function reportOf(text: string): Pattern | undefined {
  return patterns.find((p) => p.pattern.test(text));
}

/**
 * The line that begins the first report of what killed the kernel; undefined when the log holds none.
 * When the panic line names a kind, the first report of that kind is taken; otherwise the first of the heaviest kinds.
 */
export function findFatalLine(texts: readonly string[]): FatalLine | undefined {
  const reports: { index: number; kind: string; weight: number }[] = [];
  let panic: string | undefined;
  for (let index = 0; index < texts.length; index++) {
    const text = texts[index] as string;
    const found = reportOf(text);
    if (!found) continue;
    reports.push({ index, kind: found.kind, weight: found.weight });
    if (text.startsWith('Kernel panic')) panic ??= text;
  }
  if (reports.length === 0) return undefined;
  const named = panic === undefined ? undefined : panicKinds.find((p) => p.pattern.test(panic as string));
  if (named) {
    const first = reports.find((r) => r.kind === named.kind) ?? reports.find((r) => r.weight === 1);
    return { index: first?.index ?? 0, kind: named.kind };
  }
  const heaviest = Math.max(...reports.map((r) => r.weight));
  const first = reports.find((r) => r.weight === heaviest);
  return first && { index: first.index, kind: first.kind };
}
