import assert from 'node:assert/strict';
import { test } from 'node:test';
import { oomReports } from './oom-report.ts';

const newer = [
  'systemd[1]: something else',
  'stress-ng-vm invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=2, oom_score_adj=1000',
  'Mem-Info:',
  'Tasks state (memory values in pages):',
  '[  pid  ]   uid  tgid total_vm      rss rss_anon rss_file rss_shmem pgtables_bytes swapents oom_score_adj name',
  '[    169]     0   169      344        5        3        2         0    36864       11             0 (sd-pam)',
  '[   4711]  1000  4711   130121   109055   109000       55         0  1077248    19507          -250 my tool',
  'oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=/a.slice,task_memcg=/a.slice/b,task=my tool,pid=4711,uid=1000',
  'Memory cgroup out of memory: Killed process 4711 (my tool) total-vm:520484kB, anon-rss:436000kB, file-rss:220kB, shmem-rss:0kB, UID:1000 pgtables:1052kB oom_score_adj:-250',
];

test('a report of a newer kernel: columns by their header, group and victim', () => {
  const [report, ...rest] = oomReports(newer);
  assert.equal(rest.length, 0);
  assert.deepEqual(report, {
    line: 1,
    comm: 'stress-ng-vm',
    gfp: 'GFP_KERNEL',
    order: 2,
    constraint: 'CONSTRAINT_MEMCG',
    group: '/a.slice',
    groupKiB: undefined,
    rows: [
      {
        pid: 169,
        uid: 0,
        tgid: 169,
        totalVm: 344,
        rss: 5,
        pageTableBytes: 36864,
        swap: 11,
        adjust: 0,
        name: '(sd-pam)',
      },
      {
        pid: 4711,
        uid: 1000,
        tgid: 4711,
        totalVm: 130121,
        rss: 109055,
        pageTableBytes: 1077248,
        swap: 19507,
        adjust: -250,
        name: 'my tool',
      },
    ],
    victim: { pid: 4711, comm: 'my tool', anonKiB: 436000 },
    panic: undefined,
  });
});

test('a report of 4.19, one after the other, and a panic', () => {
  const older = [
    'java invoked oom-killer: gfp_mask=0x6280ca(GFP_HIGHUSER_MOVABLE|__GFP_ZERO), nodemask=(null),  order=0, oom_score_adj=0',
    '[  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name',
    '[    300]     0   300    10000     9000    80000        0             0 java',
    'Out of memory: Kill process 300 (java) score 900 or sacrifice child',
    'Killed process 300 (java) total-vm:40000kB, anon-rss:36000kB, file-rss:0kB, shmem-rss:0kB',
    'sh invoked oom-killer: gfp_mask=0x0(), order=0, oom_score_adj=0',
    'Kernel panic - not syncing: Out of memory: compulsory panic_on_oom is enabled',
    'Killed process 1 (nobody) total-vm:1kB, anon-rss:1kB, file-rss:0kB, shmem-rss:0kB',
  ];
  const [killed, stopped] = oomReports(older);
  assert.deepEqual(killed?.victim, { pid: 300, comm: 'java', anonKiB: 36000 });
  assert.equal(killed?.rows[0]?.pageTableBytes, 80000);
  assert.equal(stopped?.panic, 'Out of memory: compulsory panic_on_oom is enabled');
  assert.equal(stopped?.victim, undefined);
  const limit = 'Task in /x killed as a result of limit of /memory/x';
  assert.equal(oomReports([older[0] as string, limit])[0]?.group, '/memory/x');
});

test('rows without a header, or with words where numbers belong, are none', () => {
  const start = newer[1] as string;
  assert.deepEqual(oomReports([start, newer[5] as string])[0]?.rows, []);
  const broken =
    '[    169]     0   169      344        x        3        2         0    36864       11             0 a';
  assert.deepEqual(oomReports([start, newer[4] as string, broken])[0]?.rows, []);
  assert.deepEqual(oomReports(['invoked oom-killer', 'x invoked oom-killer: order=0']), []);
});

test('a panic comes before the line with the constraint: the group is known by its statistics', () => {
  const [report] = oomReports([
    'java invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0',
    'memory: usage 98304kB, limit 98304kB, failcnt 41',
    'swap: usage 0kB, limit 9007199254740988kB, failcnt 0',
    'Memory cgroup stats for /kubepods/pod7:',
    'Kernel panic - not syncing: Out of memory: compulsory panic_on_oom is enabled',
  ]);
  assert.equal(report?.constraint, 'CONSTRAINT_MEMCG');
  assert.equal(report?.group, '/kubepods/pod7');
  assert.deepEqual(report?.groupKiB, { usage: 98304, limit: 98304 });
  const [whole] = oomReports([newer[1] as string, 'memory allocator stats', 'Mem-Info:']);
  assert.equal(whole?.group, undefined);
});
