import type { CrashReport } from '../../src/report/crash-report.ts';
import type { RankedFinding } from '../../src/report/finding-data.ts';
import type { FrameData } from '../../src/report/stack-data.ts';

function frame(symbol: string, pc: string, more: Partial<FrameData> = {}): FrameData {
  const place = { pc, symbol, offset: 0x118, size: 0x2d0, module: null, inlined: false };
  const line = { file: null, line: null, column: null };
  return { ...place, ...line, trust: 'orc', stack: 'task', sp: '0xffffcf3b400d0e38', interrupted: false, ...more };
}

const DOUBLE_FREE: RankedFinding = {
  rule: 'slab.double-free',
  severity: 'cause',
  confidence: 'likely',
  title: { en: 'Double free of an ext4_inode_cache object', zh: 'ext4_inode_cache 对象被释放两次' },
  sentence: {
    en: 'An inode of ext4 was given back to its cache although it was free already.',
    zh: 'ext4 的一个 inode 已经空闲,却又被还给其缓存。',
  },
  subject: { function: '__slab_free', module: 'third', address: '0xffff888004242420', cache: 'ext4_inode_cache' },
  evidence: [
    {
      what: { en: 'first object of the free list', zh: '空闲链表的第一个对象' },
      value: 'ffff888004242420',
      command: 'struct slab.freelist ffffea0000109080',
    },
  ],
  against: [
    { what: { en: 'no track of the free was kept', zh: '没有保留释放的记录' }, value: 'SLAB_STORE_USER is not set' },
  ],
  settle: [{ en: 'Boot with slub_debug=UFPZ,ext4_inode_cache.', zh: '用 slub_debug=UFPZ,ext4_inode_cache 启动。' }],
};

const ZONE = { node: 0, boost: 0, highAtomic: 0, freeCma: 0, reserves: [0, 0, 0], thumbLow: 0, thumbHigh: 0 };

/** Memory of a machine that is short of it. Pages. */
const MEMORY: CrashReport['memoryJudgement'] = {
  pageBytes: 4096,
  watermarks: {
    minFreeKiB: 67_584,
    scaleFactor: 10,
    zones: [
      { ...ZONE, zone: 'DMA32', managed: 500_000, free: 11_000, min: 8000, low: 10_000, high: 12_000 },
      { ...ZONE, zone: 'Normal', managed: 1_500_000, free: 14_000, min: 16_896, low: 21_120, high: 25_344 },
    ],
    allocations: [],
  },
  overcommit: {
    mode: 'heuristic',
    ratio: 50,
    kbytes: 0,
    ram: 2_000_000,
    hugetlb: 0,
    swap: 0,
    limit: 1_000_000,
    committed: 3_700_000,
  },
  swap: { total: 0, free: 0 },
  balance: {
    total: 2_000_000,
    held: {
      free: 25_000,
      anonymous: 500_000,
      pageCache: 1_250_000,
      slabReclaimable: 80_000,
      slabUnreclaimable: 20_000,
    },
    unaccounted: 125_000,
  },
  slab: [{ cache: 'ext4_inode_cache', pages: 60_000, objects: 220_000, objectBytes: 1096, reclaimable: true }],
  processes: {
    totalPages: 2_000_000,
    count: 1,
    processes: [
      {
        pid: 153,
        comm: 'web',
        task: '0xffff8e3042c98000',
        rss: 400_000,
        swap: 0,
        pageTables: 900,
        adjust: 0,
        points: 400_900,
      },
    ],
  },
  reclaim: [{ pid: 67, comm: 'kswapd0', kind: 'kswapd', function: 'balance_pgdat', shrinker: 'super_cache_scan' }],
  groups: [],
};

const PAGE_CACHE: CrashReport['pageCache'] = {
  pageBytes: 4096,
  pages: 1_250_000,
  fileCount: 2,
  inodes: 900,
  cut: false,
  filesystems: [{ filesystem: 'ext4', pages: 1_250_000 }],
  files: [
    {
      inode: '0xffff888004242548',
      number: '13',
      pages: 900_000,
      fileBytes: 4_000_000_000,
      filesystem: 'ext4',
      path: '/srv/customers/ACME/secret.db',
      mappedBy: [{ pid: 153, comm: 'web' }],
    },
  ],
};

function taskName(pid: number, comm: string): { pid: number; comm: string; task: string; cpu: number } {
  return { pid, comm, task: `0xffff8e3042c9${String(pid).padStart(4, '0')}`, cpu: 0 };
}

const LEFT = taskName(41, 'left');
const RIGHT = taskName(42, 'right');

function mutex(name: string, address: string, holder: typeof LEFT): CrashReport['waits']['resources'][number] {
  const lock = { kind: 'mutex', type: 'struct mutex', address, name, module: 'third', state: 'held' } as const;
  return { ...lock, holders: [{ ...holder, how: 'owner', sure: true }], waiting: 1 };
}

/** Two tasks that hold what the other wants, and three that wait behind them. */
const WAITS: CrashReport['waits'] = {
  waits: [
    ...[LEFT, RIGHT].map((t, i) => ({ ...t, resource: i })),
    ...[43, 44, 45].map((pid) => ({ ...taskName(pid, 'web'), resource: 0 })),
  ].map(
    (w) => ({ ...w, state: 'UN', kind: 'mutex', function: '__mutex_lock', seconds: 312, found: 'waiter' }) as const,
  ),
  total: 5,
  resources: [mutex('lock_b', '0xffffffffc0584240', RIGHT), mutex('lock_a', '0xffffffffc0584280', LEFT)],
  cycles: [{ sure: true, tasks: [LEFT, RIGHT], resources: [0, 1], behind: 3 }],
  roots: [],
};

/** A report as a dump could give it; no dump did. */
export function madeUpReport(change: Partial<CrashReport> = {}): CrashReport {
  return {
    schema: 1,
    crash: {
      kind: 'BUG assertion',
      title: 'kernel BUG in ext4_i_callback',
      signature: 'ffb98c9be2e7fdad',
      message: 'kernel BUG at mm/slub.c:419!',
      panic: 'Kernel panic - not syncing: Fatal exception in interrupt',
      function: '__slab_free',
      offset: 0x118,
      size: 0x2d0,
      module: null,
      pc: '0xffffffffb29199b8',
      context: 'softirq',
      contextText: 'softirq on CPU 1, having interrupted web (pid 153) in clear_page',
      preemptCount: '0x0000000000000100',
    },
    findings: [DOUBLE_FREE],
    objects: [],
    system: {
      release: '6.1.0-56-cloud-amd64',
      version: '#1 SMP PREEMPT_DYNAMIC Debian 6.1.192-2 (2026-11-16)',
      machine: 'x86_64',
      nodename: 'lab',
      hardware: 'QEMU Standard PC (Q35 + ICH9, 2009), BIOS 1.16.2-1 04/01/2014',
      cpus: 2,
      memoryBytes: 8 * 2 ** 30,
      dateSeconds: 1_795_000_000,
      uptimeSeconds: 201_866,
      loadAverage: ['0.31', '0.07', '0.02'],
      tainted: 'DOE',
      commandLine: 'console=ttyS0 crashkernel=256M quiet',
    },
    stack: {
      pid: 153,
      comm: 'web',
      task: '0xffff8e3042c98000',
      cpu: 1,
      frames: [
        frame('panic', '0xffffffffb2fcd21a'),
        frame('__slab_free', '0xffffffffb29199b8', { interrupted: true, registers: { rax: '0xffff8e304252f330' } }),
        frame('ext4_i_callback', '0xffffffffb2a199b8', { module: 'ext4' }),
        frame('rcu_do_batch', '0xffffffffb272a27a'),
        frame('handle_softirqs', '0xffffffffb269c597'),
      ],
    },
    log: {
      records: [{ timestampNs: '0x00000002bc8b2a28', level: 2, text: 'kernel BUG at mm/slub.c:419!' }],
      before: 365,
      after: 34,
    },
    cpus: [],
    memory: { MemTotal: 8_000_000, MemFree: 100_000, Cached: 5_000_000, Slab: 400_000, SwapTotal: 0, SwapFree: 0 },
    tasks: { total: 210, states: { IN: 180, ID: 25, RU: 4, UN: 1 }, blocked: [] },
    modules: { total: 12, tainting: [{ name: 'third', taints: 'OE', version: null }] },
    memoryJudgement: MEMORY,
    pageCache: PAGE_CACHE,
    storage: { filesystems: [], requests: [] },
    waits: WAITS,
    missing: [],
    ...change,
  };
}
