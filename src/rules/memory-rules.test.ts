import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type MadeMachine, memoryMachine } from '../../test/build/memory-machine.ts';
import type { Case } from '../diagnosis/case.ts';
import type { Rule } from '../diagnosis/rule.ts';
import type { Finding } from '../report/finding.ts';
import { littleFreeMemory } from './little-free-memory.ts';
import { memoryExhausted } from './memory-exhausted.ts';
import { oomGroup } from './oom-group.ts';
import { oomKill } from './oom-kill.ts';
import { oomPanic } from './oom-panic.ts';
import { overcommitted } from './overcommit.ts';
import { pageCachePressure } from './page-cache.ts';
import { slabGrowth } from './slab-growth.ts';
import { swapSpace } from './swap-space.ts';
import { unaccountedMemory } from './unaccounted-memory.ts';

const all: readonly Rule[] = [
  ...[oomPanic, oomKill, memoryExhausted, littleFreeMemory, overcommitted, swapSpace, pageCachePressure],
  ...[slabGrowth, unaccountedMemory],
];

/** 100000 pages; `free` of them free, all but `lost` of the rest anonymous. */
function machine(free: number, more: Partial<MadeMachine> = {}, lost = 0): MadeMachine {
  return {
    zones: [{ name: 'Normal', managed: 100_000, free, marks: [600, 750, 900] }],
    node: { NR_INACTIVE_ANON: 100_000 - free - lost },
    swap: { total: 1000, free: 500 },
    ...more,
  };
}

function findings(made: MadeMachine, rules: readonly Rule[] = all, lines: readonly string[] = []): Finding[] {
  const log = lines.map((text) => ({ text }));
  const prog = memoryMachine(made).program();
  const of = { prog, log, panic: { how: '' }, modules: { modules: [] } } as unknown as Case;
  return rules.flatMap((rule) => [...rule.check(of)]);
}

const titles = (found: readonly Finding[]) => found.map((f) => `${f.severity}: ${f.title.en}`);

test('a machine with memory enough is not accused', () => {
  assert.deepEqual(titles(findings(machine(50_000))), []);
});

test('exhausted: the arithmetic of the zone is the evidence', () => {
  const [found] = findings(machine(500, { swap: { total: 1000, free: 0 } }), [memoryExhausted]);
  assert.equal(found?.severity, 'suspect');
  assert.match(found?.sentence.en ?? '', /OOM killer.*anonymous memory of processes \(100%\)/);
  assert.deepEqual(
    found?.evidence.slice(0, 2).map((e) => [e.value, e.command]),
    [
      ['500 - 0 = 500 <= 600 + 0 = 600', 'memory -z'],
      ['99500', 'memory'],
    ],
  );
});

test('tight memory is context; little that is above the marks is none', () => {
  assert.deepEqual(titles(findings(machine(700), [memoryExhausted])), ['context: Memory is tight: kswapd works']);
  assert.deepEqual(titles(findings(machine(2000), [memoryExhausted, littleFreeMemory])), [
    'context: Little memory is free, but it is not short',
  ]);
});

test('a commit over the limit is a fault in mode 2 alone', () => {
  const commit = (mode: number, committed: number) =>
    titles(findings(machine(50_000, { overcommit: { mode }, committed }), [overcommitted]));
  assert.deepEqual(commit(0, 190_000), ['context: 373% of the commit limit is committed, which is no fault']);
  assert.deepEqual(commit(1, 190_000), ['context: 373% of the commit limit is committed, which is no fault']);
  assert.deepEqual(commit(2, 49_000), ['suspect: Requests for memory fail: the commit limit is reached']);
  assert.deepEqual(commit(2, 40_000), []);
  assert.deepEqual(commit(0, 40_000), []);
});

test('swap that is full, or absent while processes hold the memory', () => {
  const swap = (total: number, free: number, pages = 50_000) =>
    titles(findings(machine(pages, { swap: { total, free } }), [swapSpace]));
  assert.deepEqual(swap(1000, 0), ['context: Swap space is full']);
  assert.deepEqual(swap(0, 0, 20_000), ['context: There is no swap space']);
  assert.deepEqual(swap(0, 0, 80_000), []);
  assert.deepEqual(swap(1000, 1), []);
  const [full] = findings(machine(50_000, { swap: { total: 256, free: 0 } }), [swapSpace]);
  const proof = full?.evidence[0];
  assert.equal(proof?.command, 'memory', 'swap needs a symbol that not every kernel keeps');
  assert.equal(proof?.value, 'All of the 1 MB of swap space is used: no more memory of processes can be reclaimed.');
});

test('memory that nobody counts, and shared memory', () => {
  assert.deepEqual(titles(findings(machine(50_000, {}, 20_000), [unaccountedMemory])), [
    'context: Much memory is accounted to nobody',
  ]);
  assert.deepEqual(titles(findings(machine(700, {}, 20_000), [unaccountedMemory])), [
    'suspect: Much memory is accounted to nobody',
  ]);
  const node = { NR_INACTIVE_ANON: 99_300, NR_SHMEM: 60_000 };
  assert.deepEqual(titles(findings(machine(700, { node }), [pageCachePressure])), [
    'suspect: Shared memory and tmpfs hold much of the memory',
  ]);
});

test('every sentence is in both languages', () => {
  const made = machine(500, { swap: { total: 1000, free: 0 }, committed: 900_000 }, 30_000);
  const found = findings(made);
  assert.ok(found.length >= 4);
  for (const f of found) {
    for (const phrase of [f.title, f.sentence, ...f.evidence.map((e) => e.what)]) {
      assert.match(phrase.zh, /[\u4e00-\u9fff]/);
      assert.doesNotMatch(phrase.en, /[\u4e00-\u9fff]/);
    }
  }
});

const STOP = 'Kernel panic - not syncing: Out of memory: compulsory panic_on_oom is enabled';

test('a control group at its limit is not the machine', () => {
  const lines = [
    'java invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0',
    'memory: usage 98304kB, limit 98304kB, failcnt 41',
    'Memory cgroup stats for /kubepods/pod7:',
    '[  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name',
    '[    180]     0   180   103058    14416   155648        0             0 java',
    '[    181]     0   181    10898    10416   126976        0             0 side car',
    STOP,
  ];
  const [found, ...more] = findings(machine(50_000), [oomGroup, oomPanic], lines);
  assert.deepEqual(more, []);
  assert.match(
    found?.sentence.en ?? '',
    /^Control group \/kubepods\/pod7 ran out of memory: it uses 96 MB of its limit of 96 MB/,
  );
  assert.match(
    found?.sentence.en ?? '',
    /of its 2 processes java \(pid 180\) holds the most: 56\.5 MB\. The machine itself/,
  );
  const [short] = findings(machine(500), [oomGroup], lines);
  assert.doesNotMatch(short?.sentence.en ?? '', /The machine itself/);
  const small = lines.map((line) => line.replace(/14416|10416/, '100'));
  assert.match(
    findings(machine(50_000), [oomGroup], small)[0]?.sentence.en ?? '',
    /the rest is page cache, files in tmpfs/,
  );
});

test('pages that only their use names: huge pages, page tables, slabs that are called reclaimable', () => {
  const lines = ['app invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0', STOP];
  const said = (node: MadeMachine['node']): string =>
    findings(machine(500, { node: { NR_INACTIVE_ANON: 10_000, ...node } }), [oomPanic], lines)[0]?.sentence.en ?? '';
  assert.match(
    said({ NR_PAGETABLE: 80_000 }),
    /it is not in the pages of processes: page tables, .* hold 312\.5 MB \(80%\)/,
  );
  assert.match(said({ NR_SLAB_RECLAIMABLE_B: 80_000 }), /slab objects of the reclaimable sort that are in use/);
  assert.match(said({ NR_SLAB_UNRECLAIMABLE_B: 20_000 }), /pages that are in no counter/);
  assert.doesNotMatch(said({ NR_INACTIVE_ANON: 99_000 }), /no process holds it|not in the pages/);
});

test('the beginning of a long report was overwritten in the log; the panic stays', () => {
  const prog = memoryMachine(machine(500)).program();
  const panic = { how: '', message: 'Kernel panic - not syncing: Out of memory: system-wide panic_on_oom is enabled' };
  const of = { prog, log: [], panic, modules: { modules: [] } } as unknown as Case;
  const [found] = [...oomPanic.check(of), ...memoryExhausted.check(of)];
  assert.equal(found?.title.en, 'Out of memory: the kernel stopped');
  assert.ok(!found?.evidence.some((e) => e.value.includes('invoked')));
});
