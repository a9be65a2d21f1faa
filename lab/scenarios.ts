import type { KernelTag } from './kernels.ts';
import type { DumpFormat } from './qemu.ts';

/** One boot to a crash: which kernel, what happens, and what is dumped. */
export interface Scenario {
  readonly name: string;
  readonly kernel: KernelTag;
  /** What `labproc crash` and the crash module are told to do. */
  readonly mode: string;
  /** `init`: from the module's init function; `param`: from the loaded module. */
  readonly trigger?: 'init' | 'param';
  /** More of the kernel's command line (switches of guest/init and of the kernel). */
  readonly append?: string;
  readonly memMiB?: number;
  readonly smp?: number;
  /** Nodes of memory and CPUs. */
  readonly nodes?: number;
  readonly cpu?: string;
  /** Formats dumped; the first goes to `<name>`, the others to `<name>-<format>`. */
  readonly formats?: readonly DumpFormat[];
  /** The console must show this, otherwise the boot is repeated. */
  readonly expect?: RegExp;
  readonly nmiAt?: string;
  /** Console text that ends the boot; default: the end of a panic. */
  readonly until?: string;
  readonly timeoutSeconds?: number;
  /**
   * `big`: the guest of guest/init-big instead of the common one; `more`, `mem`, `hang`: the common one with labmore.ko, labmem.ko, labhang.ko;
   * `storage`: with disks and file systems of many kinds.
   */
  readonly guest?: 'big' | 'more' | 'mem' | 'hang' | 'storage';
  /** It dies before there is a guest that could tell its truth. */
  readonly early?: true;
  /** A third disk, with ext4, that takes so many bytes a second. */
  readonly slowDisk?: number;
}

type Kind = Omit<Scenario, 'name' | 'kernel'>;

/** Softirq on top of a page fault: the fault's entry is in the trace after the interrupt's. */
const IN_PAGE_FAULT = /<\/IRQ>[\s\S]*asm_exc_page_fault|__do_softirq[\s\S]*do_page_fault|do_softirq[\s\S]*do_mem_abort/;
const CHURN = 'lab.churn=2 lab.nohog=1';

const MORE = { guest: 'more' } as const;
const HANG = { guest: 'hang' } as const;
const MEM = { guest: 'mem' } as const;
const RCU_PANIC = 'rcupdate.rcu_cpu_stall_timeout=5 lab.then=kernel.panic_on_rcu_stall=1';
const HUNG_PANIC = 'lab.then=kernel.hung_task_panic=1,kernel.hung_task_timeout_secs=5';
const HUNG = /hung_task: blocked tasks/;
const WARN_PANIC = 'lab.then=kernel.panic_on_warn=1';
const LOCKUP_PANIC = 'lab.then=kernel.softlockup_panic=1,kernel.watchdog_thresh=4';
const LOCKUP = /soft lockup|Hard LOCKUP/i;
const OOM_PANIC = 'lab.then=vm.panic_on_oom=1 lab.nohog=1';
const KFENCE = `kfence.sample_interval=1 ${WARN_PANIC}`;

const KINDS = {
  null: { mode: 'null', expect: /RIP: 0010:gadget_home|pc : gadget_home|NIP \[\w+\] gadget_home/ },
  softnull: { mode: 'softnull', trigger: 'param', expect: /soft_timer_fires/ },
  softfault: { mode: 'softnull', trigger: 'param', append: CHURN, expect: IN_PAGE_FAULT },
  irqnull: { mode: 'irqnull', trigger: 'param', expect: /hard_timer_fires/ },
  worknull: { mode: 'worknull', trigger: 'param', expect: /work_runs/ },
  nminull: { mode: 'nminull', trigger: 'param', expect: /on_nmi/, nmiAt: 'LAB: waiting for an NMI' },
  nmi: { mode: 'nmi', expect: /NMI: Not continuing|unknown_nmi_error/, nmiAt: 'LAB: waiting for an NMI' },
  callnull: { mode: 'callnull', trigger: 'param', expect: /retire_gadget/ },
  callwild: { mode: 'callwild', expect: /retire_gadget/ },
  overflow: { mode: 'overflow', trigger: 'param', expect: /stack guard page|stack overflow/i },
  bug: { mode: 'bug', trigger: 'param', expect: /kernel BUG at/ },
  inode: { mode: 'inode' },
  rcuinode: { mode: 'rcuinode', append: CHURN, expect: IN_PAGE_FAULT },
  dfree: { mode: 'dfree', expect: /kernel BUG at mm\/slub\.c/ },
  uaf: { mode: 'uaf', append: 'slub_debug=UFPZ', expect: /Object already free/ },
  abba: { mode: 'abba', expect: /lab-ab/ },
  spin: {
    mode: 'spin',
    trigger: 'param',
    append: 'lab.sysctl=kernel.softlockup_panic=1,kernel.watchdog_thresh=4',
    expect: /soft lockup/,
  },
  oom: { mode: 'oom', expect: /panic_on_oom|Out of memory/ },
  sysrq: { mode: 'sysrq' },
  swap: { mode: 'sysrq', append: 'lab.anon=440 lab.settle=15 lab.nohog=1' },
  big: {
    mode: 'sysrq',
    guest: 'big',
    append: 'rdinit=/init-big lab.tasks=20000 lab.objects=2000000',
    memMiB: 2560,
    expect: /LABBIG: ready/,
    timeoutSeconds: 600,
  },
  storage: { mode: 'sysrq', guest: 'storage', expect: /LAB: storage ready, mounts: 4/ },
  // the guest with labmore.ko
  rcustall: { ...MORE, mode: 'rcustall', trigger: 'param', append: RCU_PANIC, expect: /RCU Stall/ },
  rcureader: { ...MORE, mode: 'rcureader', trigger: 'param', append: RCU_PANIC, expect: /RCU Stall/ },
  hardlockup: {
    ...MORE,
    mode: 'hardlockup',
    trigger: 'param',
    append: 'lab.then=kernel.watchdog_thresh=4,kernel.hardlockup_panic=1',
    expect: /Hard LOCKUP/i,
  },
  wqstall: { ...MORE, mode: 'wqstall', append: 'lab.before=40 lab.nohog=1' },
  iostuck: { ...MORE, mode: 'none', append: `lab.files=1 lab.before=40 ${HUNG_PANIC}`, slowDisk: 8000, expect: HUNG },
  hungmutex: { ...MORE, mode: 'hungmutex', append: `lab.before=4 ${HUNG_PANIC}`, expect: HUNG },
  hungrwsem: { ...MORE, mode: 'hungrwsem', append: `lab.before=4 ${HUNG_PANIC}`, expect: HUNG },
  completion: { ...MORE, mode: 'completion', append: `lab.before=4 ${HUNG_PANIC}`, expect: HUNG },
  locks: { ...MORE, mode: 'locks', append: `lab.futex=1 lab.before=6 ${HUNG_PANIC}`, expect: HUNG },
  refunder: { ...MORE, mode: 'refunder', trigger: 'param', append: WARN_PANIC, expect: /refcount_t: underflow/ },
  refzero: { ...MORE, mode: 'refzero', trigger: 'param', append: WARN_PANIC, expect: /refcount_t: addition on 0/ },
  listtwice: { ...MORE, mode: 'listtwice', trigger: 'param', expect: /list_del corruption/ },
  liststray: { ...MORE, mode: 'liststray', trigger: 'param', expect: /list_del corruption/ },
  bitflip: { ...MORE, mode: 'bitflip', trigger: 'param', expect: /parcel_weight_ahead/ },
  kfenceuaf: { ...MORE, mode: 'kfenceuaf', trigger: 'param', append: KFENCE, expect: /KFENCE: use-after-free/ },
  divide: { ...MORE, mode: 'divide', trigger: 'param', expect: /parcel_share/ },
  listgone: { ...MORE, mode: 'listgone', trigger: 'param', expect: /parcel_after/ },
  atomic: { ...MORE, mode: 'atomic', trigger: 'param', append: WARN_PANIC, expect: /scheduling while atomic/ },
  selfspin: {
    ...MORE,
    mode: 'selfspin',
    trigger: 'param',
    append: 'lab.then=kernel.softlockup_panic=1,kernel.watchdog_thresh=4',
    expect: /soft lockup|Hard LOCKUP/i,
  },
  selfmutex: { ...MORE, mode: 'selfmutex', append: `lab.before=4 ${HUNG_PANIC}`, expect: HUNG },
  freelist: { ...MORE, mode: 'freelist', trigger: 'param' },
  protector: { ...MORE, mode: 'protector', trigger: 'param', expect: /stack is corrupted in/ },
  timerfreed: { ...MORE, mode: 'timerfreed', trigger: 'param' },
  readonly: { ...MORE, mode: 'readonly', trigger: 'param', expect: /raises_price/ },
  kfenceoob: { ...MORE, mode: 'kfenceoob', trigger: 'param', append: KFENCE, expect: /KFENCE: out-of-bounds/ },
  // the guest with labhang.ko: panics
  ownpanic: { ...HANG, mode: 'ownpanic', trigger: 'param', expect: /not syncing: harbour/ },
  warnpanic: { ...HANG, mode: 'warnpanic', trigger: 'param', append: WARN_PANIC, expect: /panic_on_warn set/ },
  nested: { ...HANG, mode: 'nested', trigger: 'param', expect: /Fatal exception/ },
  irqstack: { ...HANG, mode: 'irqstack', trigger: 'param', expect: /stack guard page|stack overflow/i },
  initdead: { ...HANG, mode: 'initdead', expect: /Attempted to kill init/ },
  ext4panic: { ...HANG, mode: 'ext4panic', expect: /panic forced after error/ },
  noroot: { mode: 'noroot', early: true, append: 'rdinit=/nosuch root=/dev/vda1', expect: /Unable to mount root fs/ },
  noinit: {
    mode: 'noinit',
    early: true,
    append: 'rdinit=/nosuch root=lab rootfstype=tmpfs',
    expect: /No working init found/,
  },
  // waits
  oopsheld: {
    ...HANG,
    mode: 'oopsheld',
    // the detector of hung tasks is silent after an oops
    append: 'lab.sysctl=kernel.panic_on_oops=0 lab.before=34 lab.nohog=1 lab.asked=1',
    expect: /Oops: 0000|Oops: 96/,
  },
  ownerexit: { ...HANG, mode: 'ownerexit', append: `lab.before=4 ${HUNG_PANIC}`, expect: HUNG },
  flushown: { ...HANG, mode: 'flushown', append: `lab.before=4 ${HUNG_PANIC}`, expect: HUNG },
  workring: { ...HANG, mode: 'workring', append: `lab.before=4 ${HUNG_PANIC}`, expect: HUNG },
  kstop: { ...HANG, mode: 'kstop', append: `lab.before=4 ${HUNG_PANIC}`, expect: HUNG },
  rcuself: { ...HANG, mode: 'rcuself', trigger: 'param', append: HUNG_PANIC, expect: HUNG },
  ring: { ...HANG, mode: 'ring', append: `lab.before=4 ${HUNG_PANIC}`, expect: HUNG },
  ringsem: { ...HANG, mode: 'ringsem', append: `lab.before=4 ${HUNG_PANIC}`, expect: HUNG },
  ringcomp: { ...HANG, mode: 'ringcomp', append: `lab.before=4 ${HUNG_PANIC}`, expect: HUNG },
  inodelock: { ...HANG, mode: 'inodelock', append: `lab.before=4 ${HUNG_PANIC}`, expect: HUNG },
  writeback: { ...HANG, mode: 'writeback', append: `lab.before=4 ${HUNG_PANIC}`, expect: HUNG },
  // readers of a disk give way to the detector of hung tasks (blk_io_schedule)
  mute: { ...HANG, mode: 'mute', append: 'lab.before=36 lab.nohog=1 lab.asked=1' },
  freeze: { ...HANG, mode: 'freeze', append: `lab.before=4 ${HUNG_PANIC}`, expect: HUNG },
  dine: { ...HANG, mode: 'dine', append: 'lab.before=34 lab.nohog=1 lab.asked=1' },
  // CPUs
  holdspin: { ...HANG, mode: 'holdspin', trigger: 'param', append: LOCKUP_PANIC, smp: 4, expect: LOCKUP },
  leftspin: { ...HANG, mode: 'leftspin', trigger: 'param', append: LOCKUP_PANIC, expect: LOCKUP },
  wornspin: { ...HANG, mode: 'wornspin', trigger: 'param', append: LOCKUP_PANIC, expect: LOCKUP },
  nmiabba: {
    ...HANG,
    mode: 'nmiabba',
    trigger: 'param',
    append: 'lab.then=kernel.unknown_nmi_panic=1',
    nmiAt: 'labhang: waiting for an NMI',
    expect: /NMI: Not continuing/,
  },
  rwcycle: { ...HANG, mode: 'rwcycle', trigger: 'param', append: LOCKUP_PANIC, expect: LOCKUP },
  seqdead: { ...HANG, mode: 'seqdead', trigger: 'param', append: LOCKUP_PANIC, expect: LOCKUP },
  csdlock: { ...HANG, mode: 'csdlock', trigger: 'param', append: LOCKUP_PANIC, expect: LOCKUP },
  timerloop: { ...HANG, mode: 'timerloop', trigger: 'param', append: LOCKUP_PANIC, expect: LOCKUP },
  irqloop: { ...HANG, mode: 'irqloop', trigger: 'param', append: RCU_PANIC, expect: /RCU Stall/ },
  fifohog: {
    ...HANG,
    mode: 'fifohog',
    trigger: 'param',
    append: `rcupdate.rcu_cpu_stall_suppress=1 lab.sysctl=kernel.sched_rt_runtime_us=-1 ${HUNG_PANIC}`,
    expect: HUNG,
  },
  rcuflood: {
    ...HANG,
    mode: 'rcuflood',
    trigger: 'param',
    append: 'rcupdate.rcu_cpu_stall_suppress=1 lab.then=vm.panic_on_oom=1',
    expect: /panic_on_oom is enabled/,
  },
  // the guest with labmem.ko
  freevmalloc: { ...MEM, mode: 'freevmalloc', expect: /crate_discard/ },
  freestack: { ...MEM, mode: 'freestack', expect: /crate_discard/ },
  freestatic: { ...MEM, mode: 'freestatic', expect: /crate_discard/ },
  wrongcache: { ...MEM, mode: 'wrongcache', append: WARN_PANIC, expect: /Wrong slab cache/ },
  cachebusy: { ...MEM, mode: 'cachebusy', append: WARN_PANIC, expect: /still has objects/ },
  skbtwice: { ...MEM, mode: 'skbtwice', expect: /mode_skbtwice/ },
  bioput: { ...MEM, mode: 'bioput', expect: /kernel BUG at block\/bio/ },
  taskput: { ...MEM, mode: 'taskput', append: WARN_PANIC, expect: /forgets_worker/ },
  dentrybusy: { ...MEM, mode: 'dentrybusy', append: `lab.after=umount ${WARN_PANIC}`, expect: /still in use/ },
  badpage: { ...MEM, mode: 'badpage', append: 'panic_on_taint=0x20', expect: /Bad page state/ },
  pageafter: { ...MEM, mode: 'pageafter', expect: /table_weight/ },
  vfreed: { ...MEM, mode: 'vfreed', expect: /crate_weight/ },
  vguard: { ...MEM, mode: 'vguard', expect: /fills_slots/ },
  nostrend: { ...MEM, mode: 'nostrend', expect: /note_length/ },
  badpte: { ...MEM, mode: 'badpte', expect: /error_code\(0x000[89]\)/ },
  unloadtimer: { ...MEM, mode: 'unloadtimer', append: 'lab.after=unload' },
  unloaddata: { ...MEM, mode: 'unloaddata', append: 'lab.after=unload' },
  overrun: { ...MEM, mode: 'overrun', expect: /crate_notify/ },
  heapcall: { ...MEM, mode: 'heapcall', expect: /crate_notify/ },
  hlisttwice: { ...MEM, mode: 'hlisttwice', expect: /crate_leaves_lane/ },
  rbtree: { ...MEM, mode: 'rbtree', expect: /weighs_all/ },
  workfreed: { ...MEM, mode: 'workfreed' },
  fortify: { ...MEM, mode: 'fortify', expect: /detected buffer overflow|buffer overflow detected/i },
  usercopy: { ...MEM, mode: 'usercopy', expect: /usercopy: Kernel memory exposure/ },
  userread: { ...MEM, mode: 'userread', expect: /crate_weight/ },
  usercall: { ...MEM, mode: 'usercall', expect: /crate_notify/ },
  negoffset: { ...MEM, mode: 'negoffset', expect: /first_number/ },
  errptr: { ...MEM, mode: 'errptr', expect: /crate_weight/ },
  negindex: { ...MEM, mode: 'negindex', expect: /last_slot/ },
  percpu: { ...MEM, mode: 'percpu', expect: /counts_in/ },
  midjump: { ...MEM, mode: 'midjump', expect: /crate_colour/ },
  divoverflow: { ...MEM, mode: 'divoverflow', expect: /share_of/ },
  unaligned: { ...MEM, mode: 'unaligned', expect: /counts_up/ },
  extabort: { ...MEM, mode: 'extabort', expect: /reads_register/ },
  irqoverflow: { ...MEM, mode: 'irqoverflow', expect: /digs/ },
  slableak: { ...MEM, mode: 'slableak', append: OOM_PANIC, expect: /panic_on_oom/ },
  kmalloc: { ...MEM, mode: 'kmalloc', append: OOM_PANIC, expect: /panic_on_oom/ },
  vmleak: { ...MEM, mode: 'vmleak', append: OOM_PANIC, expect: /panic_on_oom/ },
  pageleak: { ...MEM, mode: 'pageleak', append: OOM_PANIC, expect: /panic_on_oom/ },
  tmpfs: { ...MEM, mode: 'tmpfs', append: `lab.after=tmpfs ${OOM_PANIC}`, expect: /panic_on_oom/ },
} as const satisfies Record<string, Kind>;

function scenario(
  kernel: KernelTag,
  kind: keyof typeof KINDS,
  more: Partial<Kind> & { label?: string } = {},
): Scenario {
  const { label = kernel, append, ...rest } = more;
  const base: Kind = KINDS[kind];
  const both = [base.append, append].filter((a) => a !== undefined).join(' ');
  return { name: `${label}-${kind}`, kernel, ...base, ...rest, append: both };
}

// Since 7.0 the slab allocator's per-CPU sheaves take an object twice without a word, so that only the plain double free
// (`inode`) ends in a crash there: two inodes are one, and a list notices.

/** Debian's 5.10 hangs in its timer check on some emulated boots. */
const OLD = { append: 'no_timer_check' };
/** 16K pages are not in cortex-a72, and they want more memory. */
const BIG_PAGES = { cpu: 'cortex-a76', memMiB: 1024 };
/** Emulated Power takes its time when the machine does other things as well. */
const SLOW = { timeoutSeconds: 300 };
/** The hashed page table instead of the radix tree. */
const HASH = { append: 'disable_radix', timeoutSeconds: 300 };
/** With PREEMPT_RT softirqs run in threads, so that none interrupts a page fault. */
const RT = { expect: /rcu_do_batch/ };
/** Two nodes of memory and CPUs. */
const NUMA = { label: 'amd64-6.12-numa', smp: 4, nodes: 2, memMiB: 768 };
/** Small and with few processes, for the dumps that live in the repository. */
const SAMPLE = { append: 'lab.quiet=1', memMiB: 256 };

export const SCENARIOS: readonly Scenario[] = [
  scenario('amd64-6.1', 'null', { formats: ['kdump-zlib', 'elf', 'elf-paging'] }),
  scenario('amd64-6.1', 'rcuinode'),
  scenario('amd64-6.1', 'sysrq'),
  scenario('arm64-6.1', 'rcuinode', { formats: ['kdump-zlib', 'elf'] }),
  scenario('amd64-6.1', 'softnull'),
  scenario('amd64-6.1', 'irqnull'),
  scenario('amd64-6.1', 'worknull'),
  scenario('amd64-6.1', 'nminull'),
  scenario('amd64-6.1', 'nmi'),
  scenario('amd64-6.1', 'callnull'),
  scenario('amd64-6.1', 'callwild'),
  scenario('amd64-6.1', 'overflow'),
  scenario('amd64-6.1', 'bug'),
  scenario('amd64-6.1', 'inode'),
  scenario('amd64-6.1', 'dfree'),
  scenario('amd64-6.1', 'uaf'),
  scenario('amd64-6.1', 'abba'),
  scenario('amd64-6.1', 'spin'),
  scenario('amd64-6.1', 'oom'),
  scenario('amd64-6.1', 'swap'),
  scenario('amd64-6.1', 'null', { label: 'amd64-6.1-la57', cpu: 'max' }),
  scenario('amd64-6.1', 'rcuinode', { label: 'amd64-6.1-la57', cpu: 'max' }),
  scenario('amd64-sid', 'null'),
  scenario('amd64-sid', 'inode'),
  scenario('amd64-sid', 'softfault'),
  scenario('amd64-sid', 'softnull'),
  scenario('amd64-sid', 'overflow'),
  scenario('amd64-sid', 'sysrq'),
  scenario('amd64-sid', 'abba'),
  scenario('amd64-6.12', 'null'),
  scenario('amd64-6.12', 'rcuinode'),
  scenario('amd64-6.12', 'sysrq'),
  scenario('amd64-6.12', 'abba'),
  scenario('amd64-6.12', 'callnull'),
  scenario('amd64-5.10', 'null', OLD),
  scenario('amd64-5.10', 'rcuinode', OLD),
  scenario('amd64-5.10', 'sysrq', OLD),
  scenario('amd64-5.10', 'abba', OLD),
  scenario('amd64-5.10', 'overflow', { ...OLD, until: 'Kernel Offset:' }), // hangs before the last line of its panic
  scenario('arm64-6.1', 'null'),
  scenario('arm64-6.1', 'sysrq'),
  scenario('arm64-6.1', 'abba'),
  scenario('arm64-6.1', 'softnull'),
  scenario('arm64-6.1', 'irqnull'),
  scenario('arm64-6.1', 'callnull'),
  scenario('arm64-6.1', 'overflow'),
  scenario('arm64-6.1', 'spin'),
  scenario('arm64-6.12-16k', 'null', BIG_PAGES),
  scenario('arm64-6.12-16k', 'rcuinode', BIG_PAGES),
  scenario('arm64-6.12-16k', 'sysrq', BIG_PAGES),
  scenario('ppc64el-6.12', 'sysrq'),
  scenario('ppc64el-6.12', 'null', { formats: ['kdump-zlib', 'elf'] }),
  scenario('ppc64el-6.12', 'abba'),
  scenario('ppc64el-6.12', 'softnull'),
  scenario('ppc64el-6.12', 'bug', SLOW),
  scenario('ppc64el-6.12', 'callnull', SLOW),
  scenario('ppc64el-6.12', 'irqnull', SLOW),
  scenario('ppc64el-6.12', 'sysrq', { ...HASH, label: 'ppc64el-6.12-hash' }),
  scenario('ppc64el-6.12-64k', 'sysrq'),
  scenario('ppc64el-6.12-64k', 'null'),
  scenario('ppc64el-6.12-64k', 'sysrq', { ...HASH, label: 'ppc64el-6.12-64k-hash' }),
  scenario('ppc64el-6.1', 'sysrq'),
  scenario('ppc64el-6.1', 'null'),
  scenario('ppc64el-6.1', 'abba'),
  scenario('ppc64el-6.1', 'softnull'),
  scenario('ppc64el-6.1', 'sysrq', { ...HASH, label: 'ppc64el-6.1-hash' }),
  scenario('arm64-sid', 'null'),
  scenario('arm64-sid', 'sysrq'),
  scenario('arm64-sid', 'softfault'),
  scenario('amd64-6.1', 'big'),
  scenario('loong64-sid', 'sysrq'),
  scenario('loong64-sid', 'null', { expect: /ERA: \w+ gadget_home/ }),
  scenario('loong64-sid', 'abba'),
  scenario('loong64-sid', 'softnull'),
  scenario('riscv64-6.12', 'sysrq'),
  scenario('riscv64-6.12', 'null'),
  scenario('riscv64-6.12', 'abba'),
  scenario('riscv64-6.12', 'softnull'),
  scenario('riscv64-6.12', 'irqnull'),
  scenario('riscv64-6.12', 'callnull'),
  scenario('riscv64-6.12', 'overflow'),
  scenario('riscv64-6.12', 'bug'),
  scenario('riscv64-6.12', 'sysrq', { label: 'riscv64-6.12-sv48', append: 'no5lvl', formats: ['kdump-zlib', 'elf'] }),
  scenario('riscv64-6.12', 'null', { label: 'riscv64-6.12-sv39', append: 'no4lvl' }),
  scenario('s390x-6.1', 'sysrq', { formats: ['kdump-zlib', 'elf'] }),
  scenario('s390x-6.1', 'bug'),
  scenario('s390x-6.1', 'abba'),
  scenario('s390x-6.1', 'rcuinode', { expect: /rcu_core[\s\S]*__do_pgm_check/ }),
  scenario('s390x-6.1', 'callnull'),
  scenario('s390x-6.1', 'overflow'),
  scenario('s390x-6.12', 'sysrq'),
  scenario('s390x-6.12', 'bug'),
  scenario('s390x-sid', 'sysrq'),
  scenario('s390x-sid', 'callnull'),
  scenario('s390x-sid', 'abba'),
  scenario('amd64-6.1', 'rcustall'),
  scenario('amd64-6.1', 'rcureader'),
  scenario('amd64-6.1', 'wqstall'),
  scenario('amd64-6.1', 'iostuck'),
  scenario('amd64-6.1', 'hungmutex'),
  scenario('amd64-6.1', 'hungrwsem'),
  scenario('amd64-6.1', 'completion'),
  scenario('amd64-6.1', 'locks'),
  scenario('amd64-6.1', 'refunder'),
  scenario('amd64-6.1', 'refzero'),
  scenario('amd64-6.1', 'listtwice'),
  scenario('amd64-6.1', 'liststray'),
  scenario('amd64-6.1', 'bitflip'),
  scenario('amd64-6.12', 'kfenceuaf'),
  scenario('amd64-6.12', 'kfenceoob'),
  scenario('amd64-6.12', 'rcustall'),
  scenario('amd64-6.12', 'hungrwsem'),
  scenario('amd64-sid', 'locks'),
  scenario('amd64-sid', 'kfenceuaf'),
  scenario('arm64-6.1', 'rcustall'),
  scenario('arm64-6.1', 'hungmutex'),
  scenario('arm64-6.12-16k', 'hardlockup', BIG_PAGES),
  scenario('amd64-6.12-rt', 'sysrq'),
  scenario('amd64-6.12-rt', 'null'),
  scenario('amd64-6.12-rt', 'rcuinode', RT),
  scenario('amd64-6.12-rt', 'abba'),
  scenario('amd64-6.12-rt', 'hungmutex'),
  scenario('amd64-6.12-rt', 'hungrwsem'),
  scenario('amd64-6.12-rt', 'locks'),
  scenario('amd64-6.12-rt', 'irqnull'),
  scenario('amd64-6.12-rt', 'softnull'),
  scenario('amd64-6.12-rt', 'spin'),
  scenario('amd64-6.12-rt', 'overflow'),
  scenario('amd64-6.12-rt', 'completion'),
  scenario('amd64-6.1-rt', 'rcuinode', RT),
  scenario('amd64-6.1-rt', 'abba'),
  scenario('amd64-6.1-rt', 'hungmutex'),
  scenario('arm64-6.12-rt', 'null'),
  scenario('arm64-6.12-rt', 'abba'),
  scenario('arm64-6.12-rt', 'rcuinode', RT),
  scenario('amd64-6.12-full', 'sysrq', NUMA),
  scenario('amd64-6.12-full', 'oom', NUMA),
  scenario('amd64-6.12-full', 'rcuinode', NUMA),
  scenario('amd64-6.12-full', 'storage'),
  scenario('amd64-6.12-full', 'null'),
  scenario('amd64-6.12-full', 'inode'),
  scenario('amd64-6.12-full', 'locks'),
  scenario('amd64-6.1', 'divide'),
  scenario('amd64-6.1', 'listgone'),
  scenario('amd64-6.1', 'atomic'),
  scenario('amd64-6.1', 'selfspin'),
  scenario('amd64-6.1', 'selfmutex'),
  scenario('amd64-6.1', 'freelist'),
  scenario('amd64-6.1', 'protector'),
  scenario('amd64-6.1', 'timerfreed'),
  scenario('amd64-6.1', 'readonly'),
  scenario('arm64-6.1', 'listgone'),
  scenario('arm64-6.1', 'freelist'),
  scenario('arm64-6.1', 'protector'),
  scenario('arm64-6.1', 'readonly'),
  scenario('amd64-6.12', 'freelist'),
  scenario('amd64-6.12', 'selfspin'),
  scenario('amd64-6.12', 'timerfreed'),
  scenario('amd64-6.12', 'listgone'),
  scenario('amd64-sid', 'timerfreed'),
  scenario('amd64-sid', 'atomic'),
  scenario('amd64-6.1', 'ownpanic'),
  scenario('amd64-6.1', 'warnpanic'),
  scenario('amd64-6.1', 'nested'),
  scenario('amd64-6.1', 'irqstack'),
  scenario('amd64-6.1', 'initdead'),
  scenario('amd64-6.1', 'ext4panic'),
  scenario('amd64-6.1', 'noroot'),
  scenario('amd64-6.1', 'noinit'),
  scenario('amd64-6.1', 'oopsheld'),
  scenario('amd64-6.1', 'ownerexit'),
  scenario('amd64-6.1', 'flushown'),
  scenario('amd64-6.1', 'workring'),
  scenario('amd64-6.1', 'kstop'),
  scenario('amd64-6.1', 'rcuself'),
  scenario('amd64-6.1', 'ring'),
  scenario('amd64-6.1', 'ringsem'),
  scenario('amd64-6.1', 'ringcomp'),
  scenario('amd64-6.1', 'inodelock'),
  scenario('amd64-6.1', 'writeback'),
  scenario('amd64-6.1', 'mute'),
  scenario('amd64-6.1', 'freeze'),
  scenario('amd64-6.1', 'dine'),
  scenario('amd64-6.1', 'holdspin'),
  scenario('amd64-6.1', 'leftspin'),
  scenario('amd64-6.1', 'wornspin'),
  scenario('amd64-6.1', 'nmiabba'),
  scenario('amd64-6.1', 'rwcycle'),
  scenario('amd64-6.1', 'seqdead'),
  scenario('amd64-6.1', 'csdlock'),
  scenario('amd64-6.1', 'timerloop'),
  scenario('amd64-6.1', 'irqloop'),
  scenario('amd64-6.1', 'fifohog'),
  scenario('amd64-6.1', 'rcuflood'),
  scenario('amd64-6.1', 'freevmalloc'),
  scenario('amd64-6.1', 'freestack'),
  scenario('amd64-6.1', 'freestatic'),
  scenario('amd64-6.1', 'wrongcache'),
  scenario('amd64-6.1', 'cachebusy'),
  scenario('amd64-6.1', 'skbtwice'),
  scenario('amd64-6.1', 'bioput'),
  scenario('amd64-6.1', 'taskput'),
  scenario('amd64-6.1', 'dentrybusy'),
  scenario('amd64-6.1', 'badpage'),
  scenario('amd64-6.1', 'pageafter'),
  scenario('amd64-6.1', 'vfreed'),
  scenario('amd64-6.1', 'vguard'),
  scenario('amd64-6.1', 'nostrend'),
  scenario('amd64-6.1', 'badpte'),
  scenario('amd64-6.1', 'unloadtimer'),
  scenario('amd64-6.1', 'unloaddata'),
  scenario('amd64-6.1', 'overrun'),
  scenario('amd64-6.1', 'heapcall'),
  scenario('amd64-6.1', 'hlisttwice'),
  scenario('amd64-6.1', 'rbtree'),
  scenario('amd64-6.1', 'workfreed'),
  scenario('amd64-6.1', 'fortify'),
  scenario('amd64-6.1', 'usercopy'),
  scenario('amd64-6.1', 'userread'),
  scenario('amd64-6.1', 'usercall'),
  scenario('amd64-6.1', 'negoffset'),
  scenario('amd64-6.1', 'errptr'),
  scenario('amd64-6.1', 'negindex'),
  scenario('amd64-6.1', 'percpu'),
  scenario('amd64-6.1', 'midjump'),
  scenario('amd64-6.1', 'divoverflow'),
  scenario('amd64-6.1', 'irqoverflow'),
  scenario('amd64-6.1', 'slableak'),
  scenario('amd64-6.1', 'kmalloc'),
  scenario('amd64-6.1', 'vmleak'),
  scenario('amd64-6.1', 'pageleak'),
  scenario('amd64-6.1', 'tmpfs'),
  scenario('arm64-6.1', 'unaligned'),
  scenario('arm64-6.1', 'extabort'),
];

/** What the repository's sample dumps are filtered from. */
export const SAMPLE_SCENARIOS: readonly Scenario[] = [
  scenario('amd64-6.1', 'rcuinode', { label: 'sample-amd64-6.1', ...SAMPLE, formats: ['elf'] }),
  scenario('arm64-6.1', 'rcuinode', { label: 'sample-arm64-6.1', ...SAMPLE, formats: ['elf'] }),
];
