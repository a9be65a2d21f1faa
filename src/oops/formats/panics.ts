import type { ReportFormat } from '../report-format.ts';

const panic = { severity: 'fatal', kind: 'panic', type: 'DoS', culprit: 'none' } as const;

/** kernel/panic.c: the words behind `not syncing:` say what it was. */
export const panicFormats: readonly ReportFormat[] = [
  {
    ...panic,
    kind: 'stack-corruption',
    start:
      /^Kernel panic - not syncing: stack-protector: Kernel stack is corrupted in: (?<fn>(?![0-9a-f]{8})[A-Za-z_][^\s+]*)/,
    noTrace: true,
    title: 'kernel panic: stack is corrupted in {frame}',
    culprit: 'named',
  },
  {
    ...panic,
    kind: 'stack-corruption',
    start: /^Kernel panic - not syncing: stack-protector:/,
    title: 'kernel panic: stack is corrupted in {frame}',
    culprit: 'trace',
    traceOnly: true,
    skip: /stack_chk/,
  },
  {
    ...panic,
    kind: 'stack-corruption',
    start: /^Kernel panic - not syncing: corrupted stack end/,
    title: 'kernel panic: corrupted stack end in {frame}',
    alt: ['stack-overflow in {frame}'],
    culprit: 'anchor',
    traceOnly: true,
    skip: /schedule|retint_kernel/,
  },
  {
    ...panic,
    kind: 'stack-overflow',
    start:
      /^(?:Kernel panic - not syncing: )?kernel stack overflow|^Insufficient stack space to handle exception|^kernel stack overflow \(|^Kernel stack overflow\b/i,
    title: 'kernel stack overflow in {frame}',
    alt: ['stack-overflow in {frame}'],
    culprit: 'anchor',
    orFirst: true,
    skip: /bad_stack/,
  },
  {
    ...panic,
    start: /^Kernel panic - not syncing: Attempted to kill init!/,
    title: 'kernel panic: Attempted to kill init!',
  },
  {
    ...panic,
    start: /^Kernel panic - not syncing: Attempted to kill the idle task!/,
    title: 'kernel panic: Attempted to kill the idle task!',
  },
  {
    ...panic,
    start: /^Kernel panic - not syncing: Couldn't open N_TTY ldisc/,
    title: "kernel panic: Couldn't open N_TTY ldisc",
  },
  {
    ...panic,
    kind: 'oom',
    start: /^Kernel panic - not syncing: (?:Out of memory|System is deadlocked on memory)(?<rest>.{0,80})/i,
    title: 'kernel panic: {0}',
    suppressed: true,
  },
  {
    ...panic,
    kind: 'sysrq',
    start: /^Kernel panic - not syncing: sysrq triggered crash/,
    title: 'kernel panic: sysrq triggered crash',
    type: '',
    suppressed: true,
  },
  {
    ...panic,
    start: /^Kernel panic - not syncing: (?<what>Fatal exception|panic_on_warn set|hung_task: blocked tasks)/,
    title: 'kernel panic: {what}',
    corrupted: 'what led to the panic is missing',
  },
  { ...panic, start: /^Kernel panic - not syncing: (?<what>.{1,200})$/, title: 'kernel panic: {what}' },
  { ...panic, start: /^Kernel panic\b/, title: 'kernel panic', corrupted: 'the line is cut' },
  {
    ...panic,
    kind: 'other',
    start: /^trusty: .*?(?:DEBUG )?ASSERT FAILED at \([^)]*\): ?(?<what>.*)$/,
    title: 'trusty: ASSERT FAILED: {what}',
  },
  {
    ...panic,
    kind: 'other',
    start: /^trusty: panic \([^)]*\): (?<what>.+)$/,
    title: 'trusty: panic: {what}',
    noTrace: true,
  },
  {
    ...panic,
    kind: 'sysrq',
    start: /^(?:sysrq|SysRq ?): (?:SysRq : )?Trigger a crash/i,
    title: 'sysrq triggered crash',
    type: '',
    suppressed: true,
  },
];

const other = { severity: 'note', kind: 'other', type: '', culprit: 'none', noTrace: true } as const;

/** Memory leaks, reboots nobody asked for, hardware, the OOM killer, user space. */
export const otherFormats: readonly ReportFormat[] = [
  {
    severity: 'warning',
    kind: 'leak',
    start: /^(?:BUG: memory leak|unreferenced object 0x)/,
    title: 'memory leak in {frame}',
    type: 'LEAK',
    culprit: 'trace',
    skip: /kmemleak|mmap|kmem|slab|alloc|create_object|idr_get|list_lru_init|k(?:v)?asprintf|pcpu_create|str(?:n)?dup|memdup/,
  },
  {
    severity: 'fatal',
    kind: 'hardware',
    start:
      /^(?:mce: )?\[Hardware Error\]: (?:CPU \d+: Machine Check Exception|Machine check events logged)|^(?:mce: )?CPU \d+: Machine Check Exception|^Machine check (?:in kernel mode|exception)|^Machine Check Exception|^Disabling lock debugging due to hardware error/i,
    title: 'machine check exception',
    type: '',
    culprit: 'none',
    noTrace: true,
  },
  {
    severity: 'fatal',
    kind: 'hardware',
    start: /^(?:Uhhuh\. )?NMI received for unknown reason/,
    title: 'NMI received for unknown reason',
    type: '',
    culprit: 'none',
    noTrace: true,
  },
  {
    severity: 'warning',
    kind: 'hardware',
    start: /^irq \d+: nobody cared/,
    title: 'irq: nobody cared',
    type: '',
    culprit: 'none',
  },
  {
    ...other,
    kind: 'oom',
    start: /^(?<who>.{1,64}) invoked oom-killer: /,
    title: 'out of memory',
    suppressed: true,
  },
  {
    ...other,
    kind: 'oom',
    start: /^(?:Out of memory|Memory cgroup out of memory): Kill/,
    title: 'out of memory',
    suppressed: true,
  },
  {
    severity: 'warning',
    kind: 'slub',
    start: /^INFO: (?<what>Allocated|Freed) in (?<fn>[^\s+]+)\S* age=\d+ cpu=\d+ pid=-?\d+/,
    title: 'INFO: {what} in {fn} age=NUM cpu=NUM pid=NUM',
    type: '',
    culprit: 'none',
    corrupted: 'its beginning is missing',
  },
  {
    severity: 'fatal',
    kind: 'user-space',
    start: /^(?<what>SYZFAIL: .{1,200})$/,
    title: '{what}',
    type: 'SYZ_FAILURE',
    culprit: 'none',
    noTrace: true,
  },
  {
    severity: 'fatal',
    kind: 'user-space',
    start: /^(?<what>SYZFATAL: .{1,200})$/,
    title: '{what}',
    alt: ['SYZFATAL'],
    type: 'SYZ_FAILURE',
    culprit: 'none',
    noTrace: true,
  },
  {
    severity: 'fatal',
    kind: 'user-space',
    start: /^(?:fatal error: |unexpected fault address |SIGSEGV: segmentation violation|runtime: )/,
    strict: true,
    next: /^(?:goroutine \d+ |runtime stack:)/,
    title: 'go runtime error',
    type: 'SYZ_FAILURE',
    culprit: 'none',
    noTrace: true,
  },
  {
    ...other,
    kind: 'user-space',
    start: /^panic: (?<what>.{1,200})$/,
    title: 'panic: {what}',
    type: 'DoS',
  },
  // whatever else the kernel warns of in one line
  {
    ...other,
    kernelOnly: true,
    start:
      /^(?<what>WARNING: (?!\/etc\/|workqueue cpumask|[Tt]he mand mount|Unsupported flag|Unprivileged eBPF|fbcon:|See https|kernel not compiled with|.{1,80} (?:uses|USES) (?:deprecated v2 cap|wireless ext|WIRELESS EXT)).{1,200})$/,
    title: '{what}',
    type: 'WARNING',
  },
  {
    ...other,
    kernelOnly: true,
    start:
      /^(?<what>INFO: (?!lockdep is turned off|Stall ended before|NMI handler|recovery required|.{1,80} took too long|task |rcu|sys_\w+ is not present|no syscalls can create).{10,200})$/,
    title: '{what}',
  },
  {
    severity: 'fatal',
    kind: 'reboot',
    start: /^Booting the kernel\.\s*$/,
    afterRun: true,
    title: 'unexpected kernel reboot',
    type: 'REBOOT',
    culprit: 'none',
    noTrace: true,
  },
];
