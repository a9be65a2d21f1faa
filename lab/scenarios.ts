import { DRIVERS, DRIVERS_ARM, DRIVERS_NEW } from './driver-kinds.ts';
import type { KernelTag } from './kernels.ts';
import { OPERATIONS } from './operation-kinds.ts';
import type { DumpFormat } from './qemu.ts';
import { HANGS, KINDS, type Kind, type KindName, MISUSES } from './scenario-kinds.ts';

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
   * `big`: the guest of guest/init-big instead of the common one; `more`, `mem`, `hang`, `kasan`, `drv`: the common one with labmore.ko, labmem.ko, labhang.ko, labkasan.ko;
   * `storage`: with disks and file systems of many kinds; `ops`: the guest of guest/init-ops, which has no crash module.
   */
  readonly guest?: 'big' | 'more' | 'mem' | 'hang' | 'kasan' | 'storage' | 'drv' | 'ops';
  /** The disks of the guest `storage`. */
  readonly storage?: true;
  /** Console text upon which a command is given to QEMU's monitor. */
  readonly monitorAt?: { readonly text: string; readonly command: string };
  /** More devices of QEMU. */
  readonly devices?: readonly string[];
  /** It dies before there is a guest that could tell its truth. */
  readonly early?: true;
  /** A third disk, with ext4, that takes so many bytes a second. */
  readonly slowDisk?: number;
}

export function scenario(kernel: KernelTag, kind: KindName, more: Partial<Kind> & { label?: string } = {}): Scenario {
  const { label = kernel, append, ...rest } = more;
  const base: Kind = KINDS[kind];
  const both = [base.append, append].filter((a) => a !== undefined).join(' ');
  return { name: `${label}-${kind}`, kernel, ...base, ...rest, append: both };
}

function scenarios(kernel: KernelTag, kinds: readonly KindName[]): Scenario[] {
  return kinds.map((kind) => scenario(kernel, kind));
}

/** Kinds of a list but for some. */
function without(kinds: readonly KindName[], ...left: readonly KindName[]): KindName[] {
  return kinds.filter((kind) => !left.includes(kind));
}

// Since 7.0 the slab allocator's per-CPU sheaves take an object twice without a word, so that only the plain double free
// (`inode`) ends in a crash there: two inodes are one, and a list notices.

/** The slab allocator warns by itself (v6.12), before the one who destroyed the cache is told. */
const LEFT_OBJECTS = { expect: /Objects remaining on __kmem_cache_shutdown/ };
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
/** Debian keeps the images and modules of these, but not the headers that another module wants. */
const BETWEEN = [
  ...(['amd64-6.16', 'amd64-6.17', 'amd64-6.18'] as const),
  ...(['arm64-6.16', 'arm64-6.17', 'arm64-6.18'] as const),
];
/** Of everything a little. */
const NEWER: readonly KindName[] = [
  ...([
    'null',
    'sysrq',
    'inode',
    'softfault',
    'overflow',
    'abba',
    'oom',
    'uaf',
    'kfenceuaf',
    'hungmutex',
    'locks',
  ] as const),
  ...(['refunder', 'listtwice', 'timerfreed', 'pageafter', 'vfreed', 'badpage', 'wrongcache'] as const),
  ...(['workfreed', 'skbtwice', 'ring', 'freeze', 'slableak'] as const),
];
/** What the modules of these guests know that compile for 5.10. */
const OLDER: readonly KindName[] = [
  ...([
    'softfault',
    'callnull',
    'bug',
    'inode',
    'dfree',
    'uaf',
    'oom',
    'spin',
    'hungmutex',
    'hungrwsem',
    'locks',
  ] as const),
  ...([
    'refunder',
    'listtwice',
    'bitflip',
    'divide',
    'timerfreed',
    'rcustall',
    'selfmutex',
    'freelist',
    'iostuck',
  ] as const),
];
/** Small and with few processes, for the dumps that live in the repository. */
const SAMPLE = { append: 'lab.quiet=1', memMiB: 256 };

export const SCENARIOS: readonly Scenario[] = [
  scenario('amd64-6.1', 'null', { formats: ['kdump-zlib', 'elf', 'elf-paging'] }),
  ...scenarios('amd64-6.1', ['rcuinode', 'sysrq']),
  scenario('arm64-6.1', 'rcuinode', { formats: ['kdump-zlib', 'elf'] }),
  ...scenarios('amd64-6.1', [
    'softnull',
    'irqnull',
    'worknull',
    'nminull',
    'nmi',
    'callnull',
    'callwild',
    'overflow',
    'bug',
    'inode',
    'dfree',
    'uaf',
    'abba',
    'spin',
    'oom',
    'swap',
  ]),
  scenario('amd64-6.1', 'null', { label: 'amd64-6.1-la57', cpu: 'max' }),
  scenario('amd64-6.1', 'rcuinode', { label: 'amd64-6.1-la57', cpu: 'max' }),
  ...scenarios('amd64-sid', ['null', 'inode', 'softfault', 'softnull', 'overflow', 'sysrq', 'abba']),
  ...scenarios('amd64-6.12', ['null', 'rcuinode', 'sysrq', 'abba', 'callnull']),
  scenario('amd64-5.10', 'null', OLD),
  scenario('amd64-5.10', 'rcuinode', OLD),
  scenario('amd64-5.10', 'sysrq', OLD),
  scenario('amd64-5.10', 'abba', OLD),
  scenario('amd64-5.10', 'overflow', { ...OLD, until: 'Kernel Offset:' }), // hangs before the last line of its panic
  ...scenarios('arm64-6.1', ['null', 'sysrq', 'abba', 'softnull', 'irqnull', 'callnull', 'overflow', 'spin']),
  scenario('arm64-6.12-16k', 'null', BIG_PAGES),
  scenario('arm64-6.12-16k', 'rcuinode', BIG_PAGES),
  scenario('arm64-6.12-16k', 'sysrq', BIG_PAGES),
  scenario('ppc64el-6.12', 'sysrq'),
  scenario('ppc64el-6.12', 'null', { formats: ['kdump-zlib', 'elf'] }),
  ...scenarios('ppc64el-6.12', ['abba', 'softnull']),
  scenario('ppc64el-6.12', 'bug', SLOW),
  scenario('ppc64el-6.12', 'callnull', SLOW),
  scenario('ppc64el-6.12', 'irqnull', SLOW),
  scenario('ppc64el-6.12', 'sysrq', { ...HASH, label: 'ppc64el-6.12-hash' }),
  ...scenarios('ppc64el-6.12-64k', ['sysrq', 'null']),
  scenario('ppc64el-6.12-64k', 'sysrq', { ...HASH, label: 'ppc64el-6.12-64k-hash' }),
  ...scenarios('ppc64el-6.1', ['sysrq', 'null', 'abba', 'softnull']),
  scenario('ppc64el-6.1', 'sysrq', { ...HASH, label: 'ppc64el-6.1-hash' }),
  ...scenarios('arm64-sid', ['null', 'sysrq', 'softfault']),
  scenario('amd64-6.1', 'big'),
  ...OLDER.map((kind) => scenario('amd64-5.10', kind, OLD)),
  ...scenarios('arm64-5.10', ['null', 'sysrq', 'rcuinode', 'overflow', 'abba', ...OLDER]),
  // kernels between the suites' own, and the newest
  ...scenarios('amd64-7.3', without(NEWER, 'wrongcache', 'skbtwice')),
  scenario('amd64-7.3', 'wrongcache', { expect: /object belongs to different cache/ }),
  ...scenarios('arm64-7.3', without(NEWER, 'overflow', 'kfenceuaf', 'wrongcache', 'skbtwice')),
  ...BETWEEN.flatMap((kernel) => scenarios(kernel, ['sysrq', 'oom', 'noroot'])),
  scenario('loong64-sid', 'sysrq'),
  scenario('loong64-sid', 'null', { expect: /ERA: \w+ gadget_home/ }),
  ...scenarios('loong64-sid', ['abba', 'softnull']),
  ...scenarios('riscv64-6.12', ['sysrq', 'null', 'abba', 'softnull', 'irqnull', 'callnull', 'overflow', 'bug']),
  scenario('riscv64-6.12', 'sysrq', { label: 'riscv64-6.12-sv48', append: 'no5lvl', formats: ['kdump-zlib', 'elf'] }),
  scenario('riscv64-6.12', 'null', { label: 'riscv64-6.12-sv39', append: 'no4lvl' }),
  scenario('s390x-6.1', 'sysrq', { formats: ['kdump-zlib', 'elf'] }),
  ...scenarios('s390x-6.1', ['bug', 'abba']),
  scenario('s390x-6.1', 'rcuinode', { expect: /rcu_core[\s\S]*__do_pgm_check/ }),
  ...scenarios('s390x-6.1', ['callnull', 'overflow']),
  ...scenarios('s390x-6.12', ['sysrq', 'bug']),
  ...scenarios('s390x-sid', ['sysrq', 'callnull', 'abba']),
  ...scenarios('amd64-6.1', [
    'rcustall',
    'rcureader',
    'wqstall',
    'iostuck',
    'hungmutex',
    'hungrwsem',
    'completion',
    'locks',
    'refunder',
    'refzero',
    'listtwice',
    'liststray',
    'bitflip',
  ]),
  ...scenarios('amd64-6.12', ['kfenceuaf', 'kfenceoob', 'rcustall', 'hungrwsem']),
  ...scenarios('amd64-sid', ['locks', 'kfenceuaf']),
  ...scenarios('arm64-6.1', ['rcustall', 'hungmutex']),
  scenario('arm64-6.12-16k', 'hardlockup', BIG_PAGES),
  ...scenarios('amd64-6.12-rt', ['sysrq', 'null']),
  scenario('amd64-6.12-rt', 'rcuinode', RT),
  ...scenarios('amd64-6.12-rt', [
    'abba',
    'hungmutex',
    'hungrwsem',
    'locks',
    'irqnull',
    'softnull',
    'spin',
    'overflow',
    'completion',
  ]),
  scenario('amd64-6.1-rt', 'rcuinode', RT),
  ...scenarios('amd64-6.1-rt', ['abba', 'hungmutex']),
  ...scenarios('arm64-6.12-rt', ['null', 'abba']),
  scenario('arm64-6.12-rt', 'rcuinode', RT),
  scenario('amd64-6.12-server', 'sysrq', NUMA),
  scenario('amd64-6.12-server', 'oom', NUMA),
  scenario('amd64-6.12-server', 'rcuinode', { ...NUMA, ...RT }), // with four CPUs hardly ever upon a page fault
  ...scenarios('amd64-6.12-server', ['storage', 'null', 'inode', 'locks']),
  ...scenarios('amd64-6.1', [
    'divide',
    'listgone',
    'atomic',
    'selfspin',
    'selfmutex',
    'freelist',
    'protector',
    'timerfreed',
    'readonly',
  ]),
  ...scenarios('arm64-6.1', ['listgone', 'freelist', 'protector', 'readonly']),
  ...scenarios('amd64-6.12', ['freelist', 'selfspin', 'timerfreed', 'listgone']),
  ...scenarios('amd64-sid', ['timerfreed', 'atomic']),
  ...scenarios('amd64-6.1', [
    'ownpanic',
    'initdead',
    'noroot',
    'noinit',
    'nmiabba',
    'divoverflow',
    ...HANGS,
    ...MISUSES,
  ]),
  // Debian's arm64 kernels neither count preemption nor have preemptible RCU: they do not notice a sleep in atomic context or in a
  // reader (atomic, rcureader, rcuself, rcuflood), and a thread that does not give way stops the guest before its last step (kstop).
  ...scenarios('arm64-6.1', ['unaligned', 'extabort']),
  ...scenarios('arm64-6.1', [
    'bug',
    'callwild',
    'worknull',
    'inode',
    'dfree',
    'uaf',
    'oom',
    'swap',
    'wqstall',
    'hungrwsem',
    'completion',
    'locks',
    'refunder',
    'refzero',
    'listtwice',
    'liststray',
    'bitflip',
    'selfspin',
    'selfmutex',
    'timerfreed',
  ]),
  ...scenarios('arm64-6.1', [...without(HANGS, 'kstop', 'rcuself', 'rcuflood')]),
  ...scenarios('arm64-6.1', [...without(MISUSES, 'badpte')]),
  ...scenarios('amd64-6.12', [...HANGS]),
  ...scenarios('amd64-6.12', [...without(MISUSES, 'cachebusy')]),
  scenario('amd64-6.12', 'cachebusy', LEFT_OBJECTS),
  ...scenarios('amd64-sid', [
    'warnpanic',
    'ext4panic',
    'oopsheld',
    'ownerexit',
    'flushown',
    'workring',
    'kstop',
    'ring',
    'ringsem',
    'inodelock',
    'freeze',
    'holdspin',
    'wornspin',
    'seqdead',
    'csdlock',
    'timerloop',
    'fifohog',
    'freevmalloc',
    'freestack',
    'wrongcache',
    'skbtwice',
    'taskput',
    'badpage',
    'pageafter',
    'vfreed',
    'vguard',
    'unloadtimer',
    'overrun',
    'heapcall',
    'rbtree',
    'workfreed',
    'fortify',
    'userread',
    'usercall',
    'errptr',
    'percpu',
    'slableak',
    'vmleak',
    'pageleak',
    'tmpfs',
  ]),
  scenario('amd64-sid', 'cachebusy', LEFT_OBJECTS),
  ...scenarios('amd64-6.12-server', ['rbtree', 'freeze', 'taskput']),
  scenario('amd64-6.12-rt', 'ring'),
  ...scenarios('amd64-6.12-server', [...OPERATIONS]),
  ...scenarios('amd64-6.1', ['cgoom', 'fuse', 'pipes', 'nfs', 'dmsuspend', 'throttled']),
  ...scenarios('arm64-6.1', ['cgoom', 'fuse', 'grouppids']),
  ...scenarios('amd64-sid', ['cgoom', 'fuse', 'manyfiles']),
  ...scenarios('amd64-6.12', DRIVERS),
  // 6.1 does not look at the page's counts there
  ...scenarios('amd64-6.1', without(DRIVERS, 'pagemapped')),
  ...scenarios('amd64-sid', DRIVERS_NEW),
  ...scenarios('arm64-6.1', DRIVERS_ARM),
];

/** What the repository's sample dumps are filtered from. */
export const SAMPLE_SCENARIOS: readonly Scenario[] = [
  scenario('amd64-6.1', 'rcuinode', { label: 'sample-amd64-6.1', ...SAMPLE, formats: ['elf'] }),
  scenario('arm64-6.1', 'rcuinode', { label: 'sample-arm64-6.1', ...SAMPLE, formats: ['elf'] }),
];
