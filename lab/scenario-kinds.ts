import type { Scenario } from './scenarios.ts';

/** What happens, on whatever kernel. */
export type Kind = Omit<Scenario, 'name' | 'kernel'>;

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

/** Every way to die that the guests know. */
export const KINDS = {
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
