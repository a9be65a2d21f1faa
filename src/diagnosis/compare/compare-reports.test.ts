import assert from 'node:assert/strict';
import { test } from 'node:test';
import { madeUpFinding } from '../../../test/build/made-up-facts.ts';
import { madeUpReport } from '../../../test/build/made-up-report.ts';
import { comparisonBlocks } from '../../report/comparison-blocks.ts';
import { type Comparison, comparisonSchema } from '../../report/comparison-data.ts';
import type { CrashReport } from '../../report/crash-report.ts';
import { blocksPage } from '../../report/html/blocks-html.ts';
import { renderText } from '../../report/render-text.ts';
import { schemaProblems } from '../../report/schema-check.ts';
import { compareReports } from './compare-reports.ts';

const GIB = 2 ** 20; // in KiB

interface Change {
  readonly functions: readonly string[];
  readonly freeMiB?: number;
  readonly host?: string;
  readonly uptime?: number;
  readonly date?: number;
  readonly kind?: string;
  readonly findings?: CrashReport['findings'];
}

/** A report of a machine with 15 GiB and no swap that died in the first of some functions. */
function report(change: Change): CrashReport {
  const made = madeUpReport();
  const pc = (i: number): string => `0xffffffffb2900${String(i).padStart(3, '0')}`;
  const sample = made.stack?.frames[0];
  assert.ok(made.stack && sample);
  return {
    ...made,
    crash: {
      ...made.crash,
      signature: null,
      kind: change.kind ?? 'NULL pointer dereference',
      function: change.functions[0] ?? null,
      pc: pc(0),
    },
    findings: change.findings ?? [],
    stack: { ...made.stack, frames: change.functions.map((symbol, i) => ({ ...sample, symbol, pc: pc(i) })) },
    memory: { MemTotal: 15 * GIB, MemFree: Math.round((change.freeMiB ?? 8000) * 1024), SwapTotal: 0 },
    system: {
      ...made.system,
      nodename: change.host ?? 'one',
      uptimeSeconds: change.uptime ?? 1000,
      dateSeconds: change.date ?? 1_700_000_000,
    },
  };
}

function compared(...changes: readonly Change[]): Comparison {
  return compareReports(changes.map((c, i) => ({ name: `report-${i + 1}.json`, report: report(c) })));
}

const FREED = ['kmem_cache_free', 'ext4_i_callback', 'rcu_process_callbacks', '__do_softirq'];
const SHRUNK = [
  'kmem_cache_free',
  'dentry_free',
  '__dentry_kill',
  'shrink_dentry_list',
  'prune_dcache_sb',
  'shrink_slab',
  'kswapd',
];
const INODES = ['__slab_free', 'ext4_i_callback', 'rcu_do_batch', 'handle_softirqs'];

test('four dumps with about 100 MiB free that all died in slab reclaim: that is a finding', () => {
  const data = compared(
    { functions: FREED, freeMiB: 112.5, uptime: 201_866 },
    { functions: SHRUNK, freeMiB: 98.2, uptime: 90_000 },
    { functions: INODES, freeMiB: 104, uptime: 400_000 },
    { functions: FREED, freeMiB: 87, uptime: 30_000 },
  );
  assert.deepEqual(schemaProblems(comparisonSchema, data), []);
  const finding = data.findings.find((f) => f.rule === 'compare.short-of-memory');
  assert.equal(finding?.title.en, 'All 4 died with about 100.4 MB free, in slab reclaim');
  assert.equal(finding?.title.zh, '全部 4 次崩溃时都只剩约 100.4 MB 空闲内存，且都在回收 slab');
  assert.equal(finding?.confidence, 'likely');
  assert.match(finding?.sentence.en ?? '', /87 MB - 112\.5 MB.*None of them had swap/);
  assert.equal(finding?.evidence.length, 4);
  const text = [...renderText(comparisonBlocks(data, 'en'))].join('');
  assert.match(text, /about 100\.4 MB free, in slab reclaim/);
  assert.ok(blocksPage([...comparisonBlocks(data, 'zh')], 'zh').includes('lang="zh-Hans"'));
});

test('enough memory in one of them, or amounts that are not alike, are no finding', () => {
  const free = (...mib: readonly number[]): boolean =>
    compared(...mib.map((m) => ({ functions: FREED, freeMiB: m }))).findings.some(
      (f) => f.rule === 'compare.short-of-memory',
    );
  assert.equal(free(100, 110, 105), true);
  assert.equal(free(100, 110, 4000), false);
  assert.equal(free(20, 300, 100), false);
});

test('deaths of one cause are one group; other ones are not', () => {
  const data = compared(
    { functions: FREED },
    { functions: ['tcp_ack', 'tcp_rcv_established', 'tcp_v4_do_rcv'], kind: 'BUG assertion' },
    { functions: FREED },
    { functions: ['mutex_spin', 'ext4_fill', 'mount_fs'], kind: 'soft lockup' },
  );
  assert.deepEqual(
    data.groups.map((g) => g.members),
    [[0, 2], [1], [3]],
  );
  assert.ok(data.groups[0]?.reasons.some((r) => r.en === 'both died in kmem_cache_free'));
  assert.deepEqual(data.groups[0]?.functions, ['kmem_cache_free', 'ext4_i_callback']);
});

test('the same finding about the same cache joins deaths in different functions', () => {
  const findings = [madeUpFinding({ cache: 'ext4_inode_cache' })];
  const other = [{ ...madeUpFinding({ cache: 'ext4_inode_cache' }), rule: 'memory.exhausted' }];
  const data = compared(
    { functions: FREED, findings },
    { functions: ['ext4_alloc_inode', 'new_inode'], findings },
    { functions: ['kmem_cache_free', 'tcp_ack', 'tcp_v4_rcv'], findings: other },
  );
  assert.deepEqual(
    data.groups.map((g) => g.members),
    [[0, 1], [2]],
  );
});

test('one machine and different places, many machines, the same uptime, the same hour', () => {
  const day = 86_400;
  const rules = (...changes: readonly Change[]): string[] => compared(...changes).findings.map((f) => f.rule);
  const places = ['a_b', 'c_d', 'e_f'];
  assert.ok(rules(...places.map((f) => ({ functions: [f] }))).includes('compare.one-machine'));
  assert.ok(rules(...places.map((f) => ({ functions: [f], host: f }))).includes('compare.many-machines'));
  assert.ok(
    rules(...[50_000, 52_000, 51_000].map((uptime) => ({ functions: FREED, uptime }))).includes('compare.same-uptime'),
  );
  assert.ok(
    !rules(...[50_000, 99_000, 51_000].map((uptime) => ({ functions: FREED, uptime }))).includes('compare.same-uptime'),
  );
  const midnight = [day - 600, 2 * day + 300, 4 * day + 100];
  assert.ok(rules(...midnight.map((date) => ({ functions: FREED, date }))).includes('compare.same-hour'));
  assert.ok(
    !rules(...[day, 2 * day + 40_000, 4 * day].map((date) => ({ functions: FREED, date }))).includes(
      'compare.same-hour',
    ),
  );
  assert.deepEqual(rules({ functions: FREED }), []);
});

test('what is the same and what differs stand apart, and what none tells is left out', () => {
  const data = compared({ functions: FREED, host: 'a' }, { functions: FREED, host: 'b' });
  assert.ok(data.common.some((f) => f.what.en === 'Kernel' && f.values[0] === '6.1.0-56-cloud-amd64'));
  assert.deepEqual(data.different.find((f) => f.what.en === 'Host')?.values, ['a', 'b']);
  assert.ok(![...data.common, ...data.different].some((f) => f.what.en === 'Slab cache'));
});

test('a hung task is about what hangs, not about the thread that noticed it', () => {
  const hang = (name: string) => [{ ...madeUpFinding({ function: name }), rule: 'wait.hang' }];
  const data = compared(
    { functions: ['watchdog', 'kthread'], kind: 'hung task', findings: hang('waits_here') },
    { functions: ['watchdog', 'kthread'], kind: 'hung task', findings: hang('waits_there') },
  );
  assert.deepEqual(
    data.dumps.map((d) => d.function),
    ['waits_here', 'waits_there'],
  );
  assert.ok(!data.common.some((f) => f.what.en === 'Died in'));
});
