/** What the top finding of a scenario's dump must say. The tests may know the lab's names; the rules do not. */
export interface Expected {
  /** On the title and the sentence of the top finding, in English. */
  readonly says: RegExp;
  /** Instead, where code cannot be walked back on the CPU, or the kernel has no types: what registers, stack and log tell. */
  readonly plain?: Expected;
  /** Type and member that tell it: of a kernel without them the plain answer is expected. */
  readonly member?: readonly [type: string, path: string];
  readonly function?: RegExp;
  readonly module?: string;
  readonly cache?: RegExp;
  /** Variables of the module that `says` names: a kernel without names of data (CONFIG_KALLSYMS_ALL) gives their places in it. */
  readonly data?: readonly string[];
  /** Some other finding must say this: what is no cause of the death, but must not be missed. */
  readonly also?: RegExp;
  /** An address must be named. */
  readonly object?: true;
  /** Nothing may be accused: no suspect, and no cause but the top one. */
  readonly innocent?: true;
}

const NULL_READ: Expected = {
  // a kernel without names of data cannot tell the name of the pointer
  says: /NULL pointer dereference in gadget_home .*(?:missing_gadget|data of module labcrash)/s,
  plain: { says: /NULL pointer dereference in gadget_home/, function: /^gadget_home$/, module: 'labcrash' },
  object: true,
  function: /^gadget_home$/,
  module: 'labcrash',
};

const ASKED: Expected = { says: /asked for|sysrq/i, innocent: true };

/** By the crash module's mode. */
export const EXPECTED: Readonly<Record<string, Expected>> = {
  null: NULL_READ,
  softnull: NULL_READ,
  irqnull: NULL_READ,
  worknull: NULL_READ,
  nminull: NULL_READ,
  callnull: {
    says: /NULL function pointer in retire_gadget/,
    plain: { says: /NULL function pointer in/ },
    function: /^retire_gadget$/,
    module: 'labcrash',
    object: true,
  },
  callwild: { says: /into data/, function: /^retire_gadget$/, module: 'labcrash', object: true },
  overflow: {
    says: /overflow by recursion of dig/,
    plain: { says: /overflow (?:by recursion of|in) dig/, module: 'labcrash' },
    function: /^dig$/,
    module: 'labcrash',
  },
  bug: {
    data: ['missing_gadget'],
    says: /assertion.*missing_gadget/s,
    plain: { says: /BUG in mode_bug/, function: /^mode_bug$/, module: 'labcrash' },
    function: /^mode_bug$/,
    module: 'labcrash',
  },
  inode: { says: /double free|freed twice/i, cache: /^ext4_inode_cache/, object: true },
  rcuinode: {
    says: /double free|freed twice/i,
    function: /^(?:ext4_free_in_core_inode|i_callback)$/,
    cache: /^ext4_inode_cache/,
    object: true,
    plain: { says: /double free|freed twice|BUG in __slab_free/i },
  },
  dfree: {
    says: /double free|freed twice/i,
    function: /^make_and_break$/,
    module: 'labcrash',
    cache: /^lab_gadget$/,
    object: true,
  },
  uaf: { says: /use after free|freed twice|double free/i, module: 'labcrash', cache: /^lab_gadget$/, object: true },
  // a kernel without names of data gives the place in the module
  abba: {
    says: /deadlock.*(?:lock_[ab]|labcrash\+0x)/is,
    module: 'labcrash',
    object: true,
    plain: { says: /deadlock|asked for/i },
  },
  spin: { says: /lockup/i, function: /^mode_spin$/, module: 'labcrash' },
  oom: { says: /out of memory/i },
  nmi: { says: /NMI/ },
  sysrq: ASKED,
  // the guest with labmore.ko
  rcustall: { says: /RCU/, function: /^spins_with_preemption_off$/, module: 'labmore' },
  rcureader: { says: /RCU.*more-reader/s, function: /^sleeps_as_reader$/, module: 'labmore' },
  hardlockup: { says: /hard lockup of CPU 1/i, function: /^spins_with_interrupts_off$/, module: 'labmore' },
  wqstall: { says: /works?.*sorts_for_ever/is, function: /^sorts_for_ever$/, module: 'labmore', object: true },
  none: { says: /disk vdc/i, object: true },
  hungmutex: {
    says: /hangs? behind.*more-keeper.*(?:counter_lock|labmore\+0x)/s,
    function: /^wants_counter$/,
    module: 'labmore',
    object: true,
  },
  hungrwsem: {
    data: ['yard_lock'],
    says: /hangs? behind.*more-reads.*yard_lock/s,
    module: 'labmore',
    object: true,
    // with PREEMPT_RT a reader-writer semaphore only counts its readers
    member: ['rw_semaphore', 'owner'],
    plain: { says: /writes_yard.*rwsem (?:yard_lock|labmore\+0x)/s, module: 'labmore' },
  },
  completion: {
    data: ['truck_arrives'],
    says: /more-waits.*truck_arrives/s,
    function: /^waits_for_truck$/,
    module: 'labmore',
    object: true,
  },
  locks: { says: /(?:gate|road|bay)/, module: 'labmore', object: true },
  refunder: {
    says: /dropped once too often/,
    function: /^(?:mode_refunder|parcel_put)$/,
    module: 'labmore',
    object: true,
  },
  refzero: { says: /nobody held one/, function: /^(?:mode_refzero|parcel_get)$/, module: 'labmore', object: true },
  listtwice: { says: /removed twice/, function: /^parcel_unshelve$/, module: 'labmore', object: true },
  liststray: {
    says: /broken linked list/i,
    function: /^parcel_unshelve$/,
    module: 'labmore',
    object: true,
  },
  bitflip: { says: /single wrong bit.*bit 41/is, function: /^parcel_weight_ahead$/, module: 'labmore', object: true },
  kfenceuaf: {
    says: /use after free/i,
    function: /^(?:mode_kfenceuaf|parcel_drop)$/,
    module: 'labmore',
    cache: /^more_parcel$/,
    object: true,
  },
  divide: { says: /Division by zero in parcel_share/, function: /^parcel_share$/, module: 'labmore' },
  listgone: { says: /LIST_POISON1/, function: /^parcel_after$/, module: 'labmore', object: true },
  atomic: { says: /Sleep in atomic context in weighs_slowly.*msleep/s, function: /^weighs_slowly$/, module: 'labmore' },
  selfspin: {
    says: /lockup.*weighs_twice.*(?:scale_lock|labmore\+0x)/is,
    function: /^weighs_twice$/,
    module: 'labmore',
  },
  selfmutex: {
    says: /Self-deadlock in (?:own_desk|takes_desk_again).*(?:desk_lock|labmore\+0x)/s,
    module: 'labmore',
    object: true,
  },
  // the object was zeroed when it was allocated: what was written there is gone
  freelist: { says: /Broken free list/, function: /^parcel_make$/, module: 'labmore' },
  protector: { says: /Stack overwritten in prints_label.*xxxxxxxx/s, function: /^prints_label$/, module: 'labmore' },
  timerfreed: { says: /0x3c3c3c3c.*over and over/s, cache: /^kmalloc-/, object: true },
  readonly: {
    says: /Write to read-only memory in raises_price/,
    function: /^raises_price$/,
    module: 'labmore',
    object: true,
  },
  kfenceoob: { says: /access beyond an object/i, function: /^parcel_stamp$/, module: 'labmore', object: true },
  // the guest with labhang.ko, and boots that come to nothing
  ownpanic: { says: /called panic\(\): harbour: ledger of 17 ships/, function: /^closes_ledger$/, module: 'labhang' },
  warnpanic: { says: /Warning in checks_draught/, function: /^checks_draught$/, module: 'labhang' },
  nested: {
    says: /called panic\(\): harbour: ledger of 5 ships.*consequence/s,
    function: /^closes_ledger$/,
    module: 'labhang',
  },
  irqstack: { says: /overflow by recursion of digs_deeper/, function: /^digs_deeper$/, module: 'labhang' },
  initdead: { says: /first process.*was killed by SIG(?:SEGV|ILL)/ },
  ext4panic: { says: /\/mnt.*errors=panic/s, object: true },
  noroot: { says: /No root file system could be mounted/ },
  noinit: { says: /Nothing could be started as the first process/ },
  oopsheld: {
    data: ['quay_lock'],
    says: /ended with mutex quay_lock.*captain_years.*hang-moors/s,
    function: /^captain_years$/,
    module: 'labhang',
    object: true,
  },
  ownerexit: {
    data: ['quay_lock'],
    says: /ended with mutex quay_lock/,
    function: /^wants_quay$/,
    module: 'labhang',
    object: true,
  },
  flushown: { says: /Self-deadlock in files_papers.*hang_office/s, function: /^files_papers$/, module: 'labhang' },
  workring: { says: /Deadlock of 2 tasks: .*(?:stamps_papers.*signs_papers|signs_papers.*stamps)/s, module: 'labhang' },
  kstop: { says: /for the thread .*hang-tug" to end/, function: /^stops_tug$/, module: 'labhang' },
  rcuself: { says: /Self-deadlock in updates_chart_as_reader.*RCU/s, function: /^updates_chart_as_reader$/ },
  ring: {
    data: ['channel_lock', 'pilot_lock', 'quay_lock'],
    says: /Deadlock of 3 tasks.*channel_lock.*pilot_lock.*quay_lock/s,
    module: 'labhang',
    object: true,
  },
  ringsem: {
    data: ['berths'],
    says: /(?:Deadlock of 4 tasks|behind.*hang-pilot).*berths/s,
    module: 'labhang',
    object: true,
  },
  ringcomp: {
    data: ['quay_lock', 'crane_free'],
    says: /behind.*hang-crane.*quay_lock.*crane_free/s,
    module: 'labhang',
    object: true,
  },
  inodelock: { says: /i_rwsem of \/mnt\/file3.*hang-inode.*keeps_inode/s, object: true },
  writeback: { says: /i_rwsem of \/mnt\/file4.*writeback of page 0 of \/mnt\/file4/s, object: true },
  mute: { says: /Disk mute does not answer.*mute_takes/s, module: 'labhang', object: true },
  freeze: { says: /\/mnt is frozen/, object: true },
  dine: { says: /asked for|sysrq/i },
  holdspin: {
    data: ['crane_lock'],
    says: /lockup.*wants_crane.*crane_lock/s,
    function: /^wants_crane$/,
    module: 'labhang',
  },
  leftspin: {
    data: ['crane_lock'],
    says: /lockup.*wants_crane.*crane_lock/s,
    function: /^wants_crane$/,
    module: 'labhang',
  },
  wornspin: { says: /lockup.*opens_hatch/s, function: /^opens_hatch$/, module: 'labhang' },
  nmiabba: { says: /Deadlock of 2 tasks: .*(?:crane_then_winch|winch_then_crane)/s, module: 'labhang', object: true },
  rwcycle: { data: ['tide_table', 'fog_table'], says: /tide_table|fog_table/, module: 'labhang' },
  seqdead: { says: /lockup.*reads_tide/s, function: /^reads_tide$/, module: 'labhang' },
  csdlock: {
    says: /lockup.*CPU 1, which takes no interrupts.*loops_for_ever/s,
    function: /^rings_bells$/,
    module: 'labhang',
  },
  timerloop: { says: /lockup.*loops_for_ever.*softirq/s, function: /^loops_for_ever$/, module: 'labhang' },
  irqloop: { says: /RCU.*interrupt.*loops_for_ever/s, function: /^loops_for_ever$/, module: 'labhang' },
  fifohog: { says: /Real-time task .*hang-patrol.*CPU 1/s, function: /^patrols$/, module: 'labhang' },
  rcuflood: { says: /callbacks of RCU.*hang-chart/s },
  // the guest with labmem.ko
  freevmalloc: {
    says: /free .* area of vmalloc that mode_freevmalloc/s,
    function: /^crate_discard$/,
    module: 'labmem',
  },
  freestack: { says: /free .* on the kernel stack of lab-crash/s, function: /^crate_discard$/, module: 'labmem' },
  freestatic: {
    data: ['spare_crate'],
    says: /free .* static memory of spare_crate/s,
    function: /^crate_discard$/,
    module: 'labmem',
  },
  wrongcache: {
    says: /^An object of mem_pallet was freed into the slab cache mem_crate by mode_wrongcache/,
    ...{ cache: /^mem_pallet$/, module: 'labmem', object: true },
  },
  cachebusy: { says: /mem_pallet was destroyed by mode_cachebusy/, module: 'labmem' },
  // since v6.3 small heads have a cache of their own, and the second free dies of what the first one left there
  skbtwice: { says: /Double free|after it had been freed/, cache: /^(?:kmalloc|skbuff_small_head)/, object: true },
  bioput: { says: /after it had been freed/, function: /^(?:bio_put|mode_bioput)$/, cache: /^bio/, object: true },
  taskput: {
    says: /__put_task_struct warned.*mem-worker/s,
    function: /^forgets_worker$/,
    module: 'labmem',
    object: true,
  },
  badpage: { says: /Bad state of page/, function: /^mode_badpage$/, module: 'labmem' },
  pageafter: { says: /the byte 0x70/, function: /^table_weight$/, module: 'labmem' },
  vfreed: { says: /vmalloc.*(?:freed|given back)/s, function: /^crate_weight$/, module: 'labmem' },
  vguard: { says: /beyond the 12288 bytes.*mode_vguard/s, function: /^fills_slots$/, module: 'labmem' },
  nostrend: { says: /strlen.*beyond the 4096 bytes.*mode_nostrend/s, function: /^note_length$/, module: 'labmem' },
  badpte: { says: /Corrupt page table/, function: /^crate_weight$/, module: 'labmem' },
  overrun: {
    says: /a string was written over a pointer/,
    function: /^crate_notify$/,
    cache: /^mem_crate$/,
    object: true,
  },
  heapcall: {
    says: /slab cache kmalloc-(?:192|256), which is data/,
    function: /^crate_notify$/,
    cache: /^kmalloc-(?:192|256)$/,
    object: true,
  },
  hlisttwice: { says: /removed from its list/, function: /^crate_leaves_lane$/, cache: /^mem_crate$/, object: true },
  rbtree: {
    says: /the byte 0x72/,
    function: /^(?:rb_next|weighs_all|mode_rbtree)$/,
    cache: /^kmalloc-(?:192|256)$/,
    object: true,
  },
  workfreed: { says: /the byte 0x77/ },
  fortify: { says: /memcpy\(\) for more bytes/, function: /^engraves$/, module: 'labmem' },
  usercopy: { says: /SLUB object mem_crate/, function: /^shows_crate$/, module: 'labmem', cache: /^mem_crate$/ },
  userread: { says: /memory of user space, \[stack\] of lab-crash/, function: /^crate_weight$/, module: 'labmem' },
  usercall: { says: /Call into user space.*labproc/s, function: /^crate_notify$/, module: 'labmem', object: true },
  negoffset: { says: /NULL less 0x10/, function: /^first_number$/, module: 'labmem' },
  errptr: { says: /error code -12 .*crate_find/, function: /^crate_weight$/, module: 'labmem' },
  percpu: { says: /Per-CPU pointer/, function: /^counts_in$/, module: 'labmem' },
  negindex: { says: /4294967295/, function: /^last_slot$/, module: 'labmem' },
  midjump: {
    says: /Call into the middle of crate_colour.*crate_colour\+0x\w+, where no instruction begins/s,
    function: /^asks_colour$/,
    module: 'labmem',
  },
  divoverflow: { says: /quotient does not fit/, function: /^share_of$/, module: 'labmem' },
  unaligned: { says: /Misaligned access.*no multiple of 4/s, function: /^counts_up$/, module: 'labmem', object: true },
  extabort: {
    says: /Bus error.*physical 0xf800008 that mode_extabort \[labmem\] mapped/s,
    function: /^reads_register$/,
    module: 'labmem',
    object: true,
  },
  irqoverflow: { says: /overflow by recursion of digs/, function: /^digs$/, module: 'labmem' },
  slableak: { says: /most of them mem_crate, hold .*crate_make/s, cache: /^mem_crate$/ },
  kmalloc: { says: /most of them kmalloc-1k, hold .*mode_kmalloc/s, cache: /^kmalloc-1k$/ },
  vmleak: { says: /vmalloc, most of it .*mode_vmleak/s, function: /^mode_vmleak$/, module: 'labmem' },
  pageleak: { says: /in no counter.*mode_pageleak/s },
  tmpfs: { says: /the largest file \/fill\/big/, object: true },
  dentrybusy: { says: /Warning in umount_check/ },
  unloaddata: { says: /Use of data of a module that was removed, labmem/, module: 'labmem', object: true },
  unloadtimer: { says: /Call to code of a module that was removed, labmem/, module: 'labmem', object: true },
};

/** What is expected of a kernel that has no names of data. */
export function withoutData(expected: Expected): Expected {
  const { data, module, says, plain } = expected;
  if (!data || module === undefined) return expected;
  const source = data.reduce((text, name) => text.replaceAll(name, `(?:${name}|${module}\\+0x[0-9a-f]+)`), says.source);
  return { ...expected, says: new RegExp(source, says.flags), ...(plain && { plain: withoutData(plain) }) };
}
